/** One way in which a value breaks its schema. All text is bounded and safe to print. */
export interface ValidationProblem {
  /** JSON pointer into the value; empty for the value itself. */
  readonly path: string;
  /** What is wrong, to be read after the path: `must be string, is null`. */
  readonly message: string;
}

/**
 * What became of a check. `valid` means that no violation was found; `unchecked` then names the keywords on which it
 * would still depend and which are never evaluated, because a peer's regular expression can take forever (S21).
 * `unusable` says why there is no verdict: the schema or the value goes beyond what is checked at all.
 */
export type ValidationOutcome =
  | { readonly valid: true; readonly unchecked?: readonly string[] }
  | { readonly valid: false; readonly problems: readonly ValidationProblem[] }
  | { readonly unusable: string };
