import { type Node, parseTree } from 'jsonc-parser';
import type { KeyPath } from '../checks/findings.ts';
import { isRecord } from '../checks/value-checks.ts';
import { ConfigDocument } from '../file/config-document.ts';
import { fileError } from '../file/file-error.ts';
import { isSameEntry } from './plan-import.ts';

/** What stands in the place of no file. */
export const EMPTY_CONFIG = '{\n  "mcpServers": {}\n}\n';

/** Longest list that stands on one line, in characters. */
const MAX_LIST_LINE = 100;

/** A replacement of a part of a text. */
interface Edit {
  readonly offset: number;
  readonly length: number;
  readonly text: string;
}

/**
 * Puts servers into the text of a config file: new ones at the end, those that are there already in the place of their
 * entry. Comments, the order of keys, indentation, line ends and BOM stay as they are, except within replaced entries.
 *
 * @param path where the servers stand: `['mcpServers']`; empty for a file that is the map itself
 * @throws SignalboxError `CONFIG_INVALID` if the text cannot be changed safely
 */
export function insertServers(
  text: string,
  file: string,
  path: KeyPath,
  servers: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
): string {
  const bom = text.startsWith('\uFEFF') ? '\uFEFF' : '';
  const content = text.slice(bom.length);
  const eol = /\r\n|\n|\r/u.exec(content)?.[0] ?? '\n';
  const unit = indentation(content);
  const root = parseTree(content, [], { allowTrailingComma: true });
  const map = nodeAt(root, path);
  if (map?.type !== 'object') throw fileError(file, 'the object of servers cannot be found in it');
  const base = unit.repeat(path.length + 1);
  const edits: Edit[] = [];
  const added: string[] = [];
  for (const [name, entry] of servers) {
    const value = jsonText(entry, unit).replaceAll('\n', `${eol}${base}`);
    // The last one counts, should a name stand twice.
    const before = map.children?.findLast(({ children }) => children?.[0]?.value === name)?.children?.[1];
    if (before === undefined) added.push(`${base}${JSON.stringify(name)}: ${value}`);
    else edits.push({ offset: before.offset, length: before.length, text: value });
  }
  if (added.length > 0) edits.push(...appended(content, map, added, eol, unit.repeat(path.length)));
  let result = content;
  for (const { offset, length, text: by } of edits.toSorted((one, other) => other.offset - one.offset)) {
    result = result.slice(0, offset) + by + result.slice(offset + length);
  }
  assertWritten(result, file, path, servers);
  return bom + result;
}

/** JSON as people write it: lists of a few words stay on one line. */
function jsonText(value: unknown, unit: string): string {
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => jsonText(item, unit));
    const line = `[${items.join(', ')}]`;
    const isShort =
      line.length <= MAX_LIST_LINE && !value.some((item) => typeof item === 'object' && item !== null);
    return isShort ? line : block('[', items, ']', unit);
  }
  if (!isRecord(value)) return JSON.stringify(value) ?? 'null';
  const properties = Object.entries(value).filter(([, inner]) => inner !== undefined);
  if (properties.length === 0) return '{}';
  return block(
    '{',
    properties.map(([key, inner]) => `${JSON.stringify(key)}: ${jsonText(inner, unit)}`),
    '}',
    unit,
  );
}

function block(open: string, lines: readonly string[], close: string, unit: string): string {
  const inner = lines.map((line) => `${unit}${line.replaceAll('\n', `\n${unit}`)}`).join(',\n');
  return `${open}\n${inner}\n${close}`;
}

/** Adds properties behind everything that is in an object, comments included. */
function appended(content: string, map: Node, added: readonly string[], eol: string, outer: string): Edit[] {
  const edits: Edit[] = [];
  const close = map.offset + map.length - 1;
  const last = map.children?.at(-1);
  const inside = content.slice(map.offset + 1, close);
  if (last !== undefined) {
    const end = last.offset + last.length;
    if (!hasComma(content.slice(end, close))) edits.push({ offset: end, length: 0, text: ',' });
  }
  const spaces = /\s*$/u.exec(inside)?.[0].length ?? 0;
  const lines = `${eol}${added.join(`,${eol}`)}${eol}${outer}`;
  edits.push({ offset: close - spaces, length: spaces, text: lines });
  // Both at one place: the comma comes first.
  const [comma, rest] = edits;
  if (comma !== undefined && rest !== undefined && comma.offset === rest.offset) {
    return [{ ...rest, text: `,${rest.text}` }];
  }
  return edits;
}

/** Whether there is a comma outside of comments. */
function hasComma(text: string): boolean {
  return text.replace(/\/\/[^\r\n]*|\/\*[^]*?\*\//gu, '').includes(',');
}

function indentation(content: string): string {
  return /^[^\S\r\n]+(?=")/mu.exec(content)?.[0] ?? '  ';
}

function nodeAt(root: Node | undefined, path: KeyPath): Node | undefined {
  let node = root;
  for (const part of path) {
    node = node?.children?.findLast(({ children }) => children?.[0]?.value === part)?.children?.[1];
  }
  return node;
}

/** An edit that went wrong must never reach the disk. */
function assertWritten(
  text: string,
  file: string,
  path: KeyPath,
  servers: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
): void {
  let value: unknown = new ConfigDocument(text, file).value;
  for (const part of path) value = (value as Record<string, unknown> | undefined)?.[part];
  for (const [name, entry] of servers) {
    if (!isSameEntry((value as Record<string, unknown> | undefined)?.[name], entry)) {
      throw fileError(file, 'it is written in a way that cannot be changed safely; nothing was written');
    }
  }
}
