/** How bad something is: `note` is worth knowing, `warning` may hurt one day, `error` keeps something from working. */
export type FindingLevel = 'ok' | 'note' | 'warning' | 'error';

/** From harmless to bad. */
export const LEVELS: readonly FindingLevel[] = ['ok', 'note', 'warning', 'error'];

/** What was looked at. */
export type CheckName =
  | 'config'
  | 'command'
  | 'version'
  | 'variables'
  | 'code'
  | 'reachable'
  | 'auth'
  | 'protocol'
  | 'latency'
  | 'tools'
  | 'drift'
  | 'wire';

/** One thing that was found. Its texts may hold words of peers: they are filtered when they are printed. */
export interface Finding {
  readonly check: CheckName;
  readonly level: FindingLevel;
  /** One sentence. */
  readonly what: string;
  /** What to do about it; every finding that is not ok has one. */
  readonly cure?: string | undefined;
  /** `file:line`, where it is about the config. */
  readonly place?: string | undefined;
}

/** The worst of them; `ok` for none. */
export function worstOf(findings: readonly Finding[]): FindingLevel {
  const worst = Math.max(0, ...findings.map(({ level }) => LEVELS.indexOf(level)));
  return LEVELS[worst]!;
}
