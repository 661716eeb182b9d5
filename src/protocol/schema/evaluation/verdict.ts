/**
 * Whether a value fulfils a schema. `unknown` where it depends on a pattern, which is never evaluated: leaving the
 * pattern out instead would turn `not` and `oneOf` around and refuse good values.
 */
export type Verdict = 'valid' | 'invalid' | 'unknown';

/** Both must hold. */
export function both(a: Verdict, b: Verdict): Verdict {
  if (a === 'invalid' || b === 'invalid') return 'invalid';
  return a === 'unknown' || b === 'unknown' ? 'unknown' : 'valid';
}

/** One must hold. */
export function either(a: Verdict, b: Verdict): Verdict {
  return opposite(both(opposite(a), opposite(b)));
}

export function opposite(verdict: Verdict): Verdict {
  if (verdict === 'unknown') return 'unknown';
  return verdict === 'valid' ? 'invalid' : 'valid';
}

/** A number of which only the limits are known must lie from `min` to `max`. */
export function counted(sure: number, possible: number, min: number, max: number): Verdict {
  if (possible < min || sure > max) return 'invalid';
  return sure >= min && possible <= max ? 'valid' : 'unknown';
}
