/** What a requirement asks of a client: the words of the text, or `CHOICE` where the text leaves it to us. */
export type Level = 'MUST' | 'SHOULD' | 'CHOICE';

export type RequirementWire = 'stdio' | 'http' | 'sse';

/** One sentence of the specification that is about clients. */
export interface Requirement {
  /** As tests cite it, at the beginning of their title. */
  readonly id: string;
  readonly level: Level;
  /** Page and section; `26/` is revision 2026-07-28, `2511/` 2025-11-25, `2411/` 2024-11-05. */
  readonly source: string;
  readonly era: 'modern' | 'legacy' | 'both';
  /** The transports that it concerns. */
  readonly transports: readonly RequirementWire[];
  readonly text: string;
  /** Why it is no duty of this library: then no test may cite it. */
  readonly notOurs?: string;
  /** Why it is not met yet: then no test may cite it. */
  readonly later?: string;
}
