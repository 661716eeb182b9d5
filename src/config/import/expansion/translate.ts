/** What a placeholder of a host becomes. */
export interface Meaning {
  /** A placeholder of ours, or plain text. */
  readonly text: string;
  /** Whether `text` is plain, so that a `${` in it has to be escaped. Default `false`. */
  readonly isPlain?: boolean;
  /** How it was changed, in a few words. Default: it was not. */
  readonly change?: string;
  /** What somebody has to know or do about it. */
  readonly note?: string;
  /** The variable that it stands for now, and what belongs into it. */
  readonly variable?: { readonly name: string; readonly hint?: string | undefined };
}

/** A text with placeholders in our syntax. */
export interface Translated {
  readonly text: string;
  readonly changes: readonly string[];
  readonly notes: readonly string[];
  readonly variables: readonly NonNullable<Meaning['variable']>[];
}

/** Translates the placeholders of one host into ours. */
export type Expansion = (text: string) => Translated;

/**
 * Replaces what matches a pattern by what it means, from left to right, and escapes every other `${`, which is plain text
 * in that host and would be a placeholder here.
 *
 * @param pattern global; `meaning` returns undefined for matches that are plain text after all
 */
export function translate(
  text: string,
  pattern: RegExp | undefined,
  meaning: (match: RegExpExecArray) => Meaning | undefined,
): Translated {
  const changes = new Set<string>();
  const notes = new Set<string>();
  const variables: NonNullable<Meaning['variable']>[] = [];
  let result = '';
  let plain = '';
  const flush = (): void => {
    if (plain.includes('${')) changes.add('a plain "${" is escaped as "$${"');
    result += plain.replaceAll('${', () => '$${');
    plain = '';
  };
  let from = 0;
  for (const match of pattern === undefined ? [] : text.matchAll(pattern)) {
    const meant = meaning(match);
    if (meant === undefined) continue;
    plain += text.slice(from, match.index);
    from = match.index + match[0].length;
    if (meant.change !== undefined) changes.add(meant.change);
    if (meant.note !== undefined) notes.add(meant.note);
    if (meant.variable !== undefined) variables.push(meant.variable);
    if (meant.isPlain === true) {
      plain += meant.text;
      continue;
    }
    if (plain.endsWith('$')) notes.add('a "$" right before a placeholder cannot be written; look at it');
    flush();
    result += meant.text;
  }
  plain += text.slice(from);
  flush();
  return { text: result, changes: [...changes], notes: [...notes], variables };
}

/** Our placeholder for a variable. A default that it cannot hold is left out. */
export function reference(name: string, fallback?: string): string {
  const usable = fallback === undefined || /[}]|\$\{/u.test(fallback) ? '' : `:-${fallback}`;
  return `\${${/^[A-Za-z_]\w*$/u.test(name) ? '' : 'env:'}${name}${usable}}`;
}

/** A name that a variable can have: `github-token` becomes `GITHUB_TOKEN`. */
export function variableName(text: string): string {
  const name = text
    .replace(/([a-z\d])([A-Z])/gu, '$1_$2')
    .replace(/[^A-Za-z\d]+/gu, '_')
    .replace(/^_+|_+$/gu, '')
    .toUpperCase();
  return /^[A-Z_]/u.test(name) ? name : `V_${name}`;
}
