import type { Range } from './secret-forms.ts';

/** One of our placeholders in a text. */
export interface FoundPlaceholder {
  readonly range: Range;
  /** Name of the variable; undefined for `${workspaceFolder}` and its like. */
  readonly name: string | undefined;
  readonly fallback: string | undefined;
}

/** Our placeholders in a text, escaped ones left out. */
export function placeholdersIn(text: string): FoundPlaceholder[] {
  const found: FoundPlaceholder[] = [];
  for (const match of text.matchAll(/\$\{([^}]*)\}/gu)) {
    if (match.index > 0 && text[match.index - 1] === '$') continue;
    const content = match[1] ?? '';
    const [, name, fallback] = /^(?:env:)?([^:=]+)(?::-([^]*))?$/u.exec(content) ?? [];
    const isPlace = content === 'workspaceFolder' || content === 'userHome';
    const range: Range = [match.index, match.index + match[0].length];
    found.push({ range, name: isPlace ? undefined : name, fallback });
  }
  return found;
}

/** What our escapes stand for. */
export function unescaped(text: string): string {
  return text.replaceAll('$${', () => '${');
}
