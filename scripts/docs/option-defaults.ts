import { resolveSettings } from '../../src/config/settings.ts';

/** Settings of a server that says nothing, so that what is used and what is told are the same. */
const PLAIN: unknown = resolveSettings({ url: 'http://h', 'x-signalbox': { launch: { command: 'x' } } });
/** Keys that have no default: the settings above had to name them. */
const NAMED = new Set(['launch.command']);

/** What holds where `retry.baseMs` is not written; `false` for what is off; undefined where a word has to say it. */
export function defaultOf(path: string): number | boolean | string | undefined {
  if (NAMED.has(path)) return undefined;
  let value = PLAIN;
  for (const key of path.split('.')) {
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  }
  if (value === Number.POSITIVE_INFINITY) return false;
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string'
    ? value
    : undefined;
}
