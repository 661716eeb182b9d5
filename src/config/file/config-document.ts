import { createScanner, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { KeyPath } from '../checks/findings.ts';
import { fileError, type TextPlace } from './file-error.ts';

/** A key that stands twice in one object. */
export interface DuplicateKey {
  readonly path: KeyPath;
  readonly first: TextPlace;
  readonly second: TextPlace;
}

/** Deeper nesting is no configuration, and would exhaust the stack of the parser. */
const MAX_DEPTH = 64;

const SYNTAX: ReadonlyMap<string, string> = new Map([
  ['InvalidSymbol', 'there is something that JSON does not know; texts and keys stand in double quotes'],
  ['InvalidNumberFormat', 'this is not a number'],
  ['PropertyNameExpected', 'a key in double quotes is expected'],
  ['ValueExpected', 'a value is expected'],
  ['ColonExpected', 'a colon is expected'],
  ['CommaExpected', 'a comma is expected'],
  ['CloseBraceExpected', 'a closing } is expected'],
  ['CloseBracketExpected', 'a closing ] is expected'],
  ['EndOfFileExpected', 'the end of the file is expected'],
  ['InvalidCommentToken', 'this is not a comment; write // or /* */'],
  ['UnexpectedEndOfComment', 'a comment has no end'],
  ['UnexpectedEndOfString', 'a text has no closing double quote'],
  ['UnexpectedEndOfNumber', 'a number has no end'],
  ['InvalidUnicode', 'a \\u escape needs four hexadecimal digits'],
  ['InvalidEscapeCharacter', 'a backslash is followed by a character that it cannot escape; write \\\\'],
  ['InvalidCharacter', 'a text contains a control character; write it as an escape'],
]);

/** A parsed JSON file with comments, trailing commas and perhaps a BOM, which knows where everything stands. */
export class ConfigDocument {
  readonly file: string;
  /** Its content. Objects have no prototype (S20); of a duplicate key the last one counts. */
  readonly value: unknown;
  readonly duplicates: readonly DuplicateKey[];
  readonly #root: Node | undefined;
  readonly #lineStarts: readonly number[];
  /** The properties of the objects that were asked for, as a search in a large object for each of its keys is slow. */
  readonly #properties: Map<Node, ReadonlyMap<string, Node>> = new Map();

  /** @throws SignalboxError `CONFIG_INVALID` with line and column of the first syntax error. */
  constructor(text: string, file: string) {
    const content = text.startsWith('\uFEFF') ? text.slice(1) : text;
    this.file = file;
    this.#lineStarts = lineStarts(content);
    this.#checkDepth(content);
    const errors: ParseError[] = [];
    this.#root = parseTree(content, errors, { allowTrailingComma: true, allowEmptyContent: true });
    const [error] = errors;
    if (error !== undefined) {
      const code = printParseErrorCode(error.error);
      throw fileError(file, `not valid JSON: ${SYNTAX.get(code) ?? code}`, this.#at(error.offset));
    }
    const duplicates: DuplicateKey[] = [];
    this.value = this.#root === undefined ? undefined : this.#read(this.#root, [], duplicates);
    this.duplicates = duplicates;
  }

  /** Where a key or an item stands; for one that is missing, what would hold it. */
  place(path: KeyPath): TextPlace {
    return this.#at(this.#find(path).offset);
  }

  /** The keys of an object in the order of the file, which an object would lose for keys like "10". */
  keys(path: KeyPath): string[] {
    const { node } = this.#find(path);
    const keys = (node?.children ?? []).map((property) => String(property.children?.[0]?.value));
    return node?.type === 'object' ? [...new Set(keys)] : [];
  }

  /** The value at a path, and where its key begins; without a value, where the last key begins that is there. */
  #find(path: KeyPath): { node: Node | undefined; offset: number } {
    let node = this.#root;
    let offset = node?.offset ?? 0;
    for (const part of path) {
      const next: Node | undefined =
        typeof part === 'number' ? itemOf(node, part) : this.#propertyOf(node, part);
      if (next === undefined) return { node: undefined, offset };
      offset = next.offset;
      node = typeof part === 'number' ? next : next.children?.[1];
    }
    return { node, offset };
  }

  #propertyOf(node: Node | undefined, key: string): Node | undefined {
    if (node?.type !== 'object') return undefined;
    let properties = this.#properties.get(node);
    if (properties === undefined) {
      properties = new Map((node.children ?? []).map((one) => [String(one.children?.[0]?.value), one]));
      this.#properties.set(node, properties);
    }
    return properties.get(key);
  }

  #checkDepth(text: string): void {
    const scanner = createScanner(text, true);
    let depth = 0;
    // 17 is SyntaxKind.EOF, 1 to 4 are { } [ ]: a const enum, which isolated modules cannot read.
    for (let token: number = scanner.scan(); token !== 17; token = scanner.scan()) {
      if (token === 1 || token === 3) depth += 1;
      if (token === 2 || token === 4) depth -= 1;
      if (depth > MAX_DEPTH) {
        throw fileError(
          this.file,
          `nested deeper than ${MAX_DEPTH} levels`,
          this.#at(scanner.getTokenOffset()),
        );
      }
    }
  }

  #read(node: Node, path: KeyPath, duplicates: DuplicateKey[]): unknown {
    const children = node.children ?? [];
    if (node.type === 'array')
      return children.map((child, index) => this.#read(child, [...path, index], duplicates));
    if (node.type !== 'object') return node.value as unknown;
    const record = Object.create(null) as Record<string, unknown>;
    const seen = new Map<string, number>();
    for (const property of children) {
      const [keyNode, valueNode] = property.children ?? [];
      if (keyNode === undefined || valueNode === undefined) continue;
      const key = String(keyNode.value);
      const first = seen.get(key);
      if (first !== undefined) {
        duplicates.push({
          path: [...path, key],
          first: this.#at(first),
          second: this.#at(property.offset),
        });
      }
      seen.set(key, property.offset);
      record[key] = this.#read(valueNode, [...path, key], duplicates);
    }
    return record;
  }

  #at(offset: number): TextPlace {
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.#lineStarts[low] ?? 0) + 1 };
  }
}

function itemOf(node: Node | undefined, index: number): Node | undefined {
  return node?.type === 'array' ? node.children?.[index] : undefined;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (const match of text.matchAll(/\r\n|\n|\r/gu)) starts.push(match.index + match[0].length);
  return starts;
}
