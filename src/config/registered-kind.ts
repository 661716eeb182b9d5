import { messageOf } from '../core/errors.ts';

/** One thing that is wrong with an entry. */
export interface EntryProblem {
  /** Where: `['headers', 'x-token']`; empty for the entry as a whole. */
  readonly path: readonly (string | number)[];
  /** What is wrong, and what to write instead; it follows the quoted key. */
  readonly message: string;
}

/** A kind of transport that a program has registered, as far as configurations are concerned. */
export interface RegisteredKind {
  readonly kind: string;
  /**
   * Looks at an entry of this kind when it is read, so that what is wrong is told with file and line. What Signalbox
   * reads itself (`timeout`, `x-signalbox`, …) has been checked. Every problem makes the entry unusable.
   */
  readonly check?: ((entry: Readonly<Record<string, unknown>>) => readonly EntryProblem[]) | undefined;
}

/** The names of kinds. */
export function namesOfKinds(kinds: readonly (string | RegisteredKind)[]): string[] {
  return kinds.map((one) => (typeof one === 'string' ? one : one.kind));
}

/** What the check of a kind says about an entry of it. */
export function problemsOf(
  kind: string,
  kinds: readonly (string | RegisteredKind)[],
  entry: Readonly<Record<string, unknown>>,
): readonly EntryProblem[] {
  const registered = kinds.find((one) => typeof one !== 'string' && one.kind === kind);
  if (registered === undefined || typeof registered === 'string') return [];
  try {
    return registered.check?.(entry) ?? [];
  } catch (error) {
    // One bad server harms no other, however its check is written.
    return [{ path: [], message: `cannot be checked: ${messageOf(error)}` }];
  }
}
