/** What stands in the place of a secret. */
export const REDACTED = '***';

const SECRET_NAME =
  /authorization|cookie|token|secret|passw(?:or)?d|api[-_]?key|credential|private[-_]?key|session[-_]?id/iu;
const BEARER = /\b(Bearer|Basic)\s+[\w.~+/=-]+/giu;
// The lengths are bounded, and a name ends at `?`, so that the cost stays linear whatever a peer sends (S21).
const SECRET_QUERY =
  /([?&][^=&?#\s]{0,64}?(?:token|key|secret|password|code|signature)[^=&?#\s]{0,64}=)[^&#\s"']+/giu;
const USERINFO = /(\b[a-z][a-z0-9+.-]{0,31}:\/\/)[^/?#\s"'@]+@/giu;

/** Shorter values are too common in ordinary text to be replaced wherever they stand. */
const MIN_SECRET_LENGTH = 6;
const MAX_SECRETS = 10_000;
const MAX_DEPTH = 8;

/** True if a header, variable or key of this name usually holds a secret (S18). */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** Takes userinfo and secret-looking query values out of a URL or of text that holds URLs. */
export function redactUrl(text: string): string {
  return text.replace(USERINFO, `$1${REDACTED}@`).replace(SECRET_QUERY, `$1${REDACTED}`);
}

/** Removes secrets from what is logged: known values, credentials by form, fields by name (S18). */
export class Redactor {
  readonly #secrets: Set<string> = new Set();

  /** From now on `value` is replaced wherever it appears. Values under 6 characters are not tracked. */
  add(value: string): void {
    if (value.length >= MIN_SECRET_LENGTH && this.#secrets.size < MAX_SECRETS) this.#secrets.add(value);
  }

  text(text: string): string {
    let clean = text;
    for (const secret of this.#secrets) {
      if (clean.includes(secret)) clean = clean.replaceAll(secret, REDACTED);
    }
    return redactUrl(clean).replace(BEARER, `$1 ${REDACTED}`);
  }

  /** A copy of `value` with secrets replaced, by name and by content; cut at a depth of 8. */
  value(value: unknown, depth: number = 0): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value !== 'object' || value === null) return value;
    if (depth >= MAX_DEPTH) return '[…]';
    if (value instanceof Error) return this.text(value.message);
    if (Array.isArray(value)) return value.map((item) => this.value(item, depth + 1));
    const copy: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    for (const [key, item] of Object.entries(value)) {
      copy[key] = isSecretName(key) && item !== undefined ? REDACTED : this.value(item, depth + 1);
    }
    return copy;
  }
}
