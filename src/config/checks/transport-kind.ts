import type { BuiltInKind } from '../entry.ts';
import { type Findings, shown } from './findings.ts';

/** The kinds that every program knows. */
export const BUILT_IN_KINDS: readonly BuiltInKind[] = Object.freeze([
  'stdio',
  'http',
  'sse',
  'rest',
] as const);

const ALIASES: ReadonlyMap<string, BuiltInKind> = new Map([
  ['streamable-http', 'http'],
  ['streamableHttp', 'http'],
]);

/** Kinds of other hosts that mean one of ours, without being the same. */
const FOREIGN_KINDS: ReadonlyMap<string, BuiltInKind> = new Map([
  ['local', 'stdio'],
  ['remote', 'http'],
  ['streamable_http', 'http'],
  ['streamablehttp', 'http'],
  ['https', 'http'],
]);

/** Keys of other hosts that hold what a transport needs, and what they are called here. */
const FOREIGN_NEEDS: ReadonlyMap<string, string> = new Map([
  ['serverUrl', 'url'],
  ['baseUrl', 'url'],
  ['httpUrl', 'url'],
  ['uri', 'url'],
  ['endpoint', 'url'],
  ['cmd', 'command'],
]);

/** What kind of transport an entry asks for; `auto` is HTTP with a fall back to HTTP+SSE. Undefined: a problem. */
export function transportKind(
  entry: Readonly<Record<string, unknown>>,
  kinds: readonly string[],
  findings: Findings,
): string | undefined {
  const has = (key: string): boolean => entry[key] !== undefined;
  const { type } = entry;
  if (type === undefined && has('transport')) {
    return findings.problem(['transport'], 'is not read; write "type" instead');
  }
  if (type !== undefined && typeof type !== 'string') {
    return findings.problem(['type'], `is ${shown(type)}; write one of ${known(kinds)}`);
  }
  const kind = type === undefined ? undefined : (ALIASES.get(type) ?? type);
  if (kind !== undefined && !isBuiltIn(kind)) {
    if (kinds.includes(kind)) return kind;
    const meant = FOREIGN_KINDS.get(kind);
    if (meant !== undefined) return findings.problem(['type'], `is ${shown(kind)}; write "${meant}" instead`);
    return findings.problem(
      ['type'],
      `is ${shown(kind)}, which nobody registered; known are ${known(kinds)}`,
    );
  }
  if (has('command') && has('url')) {
    return findings.problem(['url'], 'and "command" stand side by side; keep the one that is meant');
  }
  const needed = kind === undefined ? undefined : kind === 'stdio' ? 'command' : 'url';
  if (needed === undefined ? has('command') || has('url') : has(needed)) {
    return kind ?? (has('command') ? 'stdio' : 'auto');
  }
  for (const [foreign, ours] of FOREIGN_NEEDS) {
    if (!has(foreign) || (needed !== undefined && needed !== ours)) continue;
    return findings.problem([foreign], `is not read; write "${ours}" instead`);
  }
  if (needed === undefined) {
    return findings.problem([], 'there is neither "command" (a program) nor "url" (an address); write one');
  }
  return findings.problem([needed], `is missing, which type "${kind}" needs`);
}

function isBuiltIn(kind: string): boolean {
  return (BUILT_IN_KINDS as readonly string[]).includes(kind);
}

function known(kinds: readonly string[]): string {
  return [...BUILT_IN_KINDS, ...kinds].map((kind) => JSON.stringify(kind)).join(', ');
}
