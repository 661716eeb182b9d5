import type { ResolvedOpenApi } from '../../../config/openapi-settings.ts';

/** What the filters of an entry look at. */
export interface FilteredOperation {
  readonly id: string | undefined;
  readonly tags: readonly string[];
  readonly deprecated: boolean;
}

/** True for an operation that becomes a tool. Its name counts like its id, so that those without an id can be named. */
export function isWanted(
  { id, tags, deprecated }: FilteredOperation,
  name: string,
  settings: Pick<ResolvedOpenApi, 'tags' | 'operations' | 'exclude' | 'deprecated'>,
): boolean {
  if (deprecated && !settings.deprecated) return false;
  const isNamed = (pattern: string): boolean =>
    matches(pattern, name) || (id !== undefined && matches(pattern, id));
  if (settings.tags !== undefined && !tags.some((tag) => settings.tags?.includes(tag))) return false;
  if (settings.operations !== undefined && !settings.operations.some(isNamed)) return false;
  return !settings.exclude.some(isNamed);
}

/** Whether a text is what a pattern says, `*` being any text. Linear: every piece is looked for once. */
export function matches(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length)
    return false;
  const end = text.length - last.length;
  let from = first.length;
  for (const piece of rest) {
    const at = text.indexOf(piece, from);
    if (at < 0 || at + piece.length > end) return false;
    from = at + piece.length;
  }
  return true;
}
