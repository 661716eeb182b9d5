import type { OptionRow } from './option-table.ts';

/** Beginnings of keys that matter only to some servers. All others matter to every server. */
export const APPLIES = {
  every: [],
  stdio: ['framing', 'limits.sendQueueBytes', 'limits.badFrames'],
  process: ['restart', 'stop', 'sandbox', 'limits.stderrBytes'],
  url: ['auth', 'http', 'limits.bodyBytes', 'limits.headerBytes', 'limits.compressionRatio'],
  launch: ['launch'],
  rest: ['rest', 'openapi', 'limits.documentBytes'],
  dialect: ['dialect'],
} as const;

const belongs = (key: string, beginnings: readonly string[]): boolean =>
  beginnings.some((one) => key === one || key.startsWith(`${one}.`));

/** The rows of one group. */
export function optionsOf(group: string, rows: readonly OptionRow[]): OptionRow[] {
  const { every: _, ...groups }: Readonly<Record<string, readonly string[]>> = APPLIES;
  if (group !== 'every') return rows.filter(({ key }) => belongs(key, groups[group] ?? []));
  const others = Object.values(groups).flat();
  return rows.filter(({ key }) => !belongs(key, others));
}
