import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { KeyPath } from '../../checks/findings.ts';
import type { DuplicateKey } from '../../file/config-document.ts';
import { fileError, type TextPlace } from '../../file/file-error.ts';
import { type PlacedNode, PlacedTree, ValueBudget } from './placed-tree.ts';
import type { SourceDocument, SourceLimits } from './source-document.ts';

/**
 * Parses YAML 1.2. Aliases are followed within the bounds on depth and number of values, so that neither a bomb nor a
 * circle can be made of them. Tags make nothing but text.
 * @throws SignalboxError `CONFIG_INVALID` with line and column
 */
export function parseYaml(text: string, file: string, limits: SourceLimits): SourceDocument {
  return new YamlReader(text, file, limits).read();
}

class YamlReader {
  readonly #file: string;
  readonly #lines: LineCounter = new LineCounter();
  readonly #budget: ValueBudget;
  readonly #document: Document.Parsed;
  readonly #duplicates: DuplicateKey[] = [];

  constructor(text: string, file: string, limits: SourceLimits) {
    this.#file = file;
    this.#budget = new ValueBudget(file, limits);
    // Its own check for keys that stand twice takes a time that is quadratic in their number; and its pretty errors quote
    // the file, which may hold secrets.
    const options = {
      lineCounter: this.#lines,
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'silent',
    } as const;
    this.#document = parseDocument(text, options);
    const [error] = this.#document.errors;
    if (error !== undefined) {
      const place = this.#at(error.pos[0]);
      throw fileError(file, `not valid YAML: ${SYNTAX.get(error.code) ?? 'it cannot be read'}`, place);
    }
  }

  read(): SourceDocument {
    const { contents } = this.#document;
    const root = contents === null ? undefined : this.#node(contents, this.#at(0), [], 0);
    return new PlacedTree(this.#file, root, this.#duplicates);
  }

  #node(node: unknown, place: TextPlace, path: KeyPath, depth: number): PlacedNode {
    this.#budget.take(depth, place);
    if (isAlias(node)) {
      const target = node.resolve(this.#document);
      if (target === undefined) throw fileError(this.#file, 'an alias stands for nothing', place);
      return this.#node(target, place, path, depth + 1);
    }
    if (isSeq(node)) {
      const items = node.items.map((item, index) =>
        this.#node(item, this.#placeOf(item, place), [...path, index], depth + 1),
      );
      return { kind: 'list', place, items };
    }
    if (!isMap(node)) return { kind: 'scalar', place, value: isScalar(node) ? scalar(node.value) : null };
    const entries = new Map<string, PlacedNode>();
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : '?';
      const at = this.#placeOf(key, place);
      const first = entries.get(name);
      if (first !== undefined) {
        this.#duplicates.push({ path: [...path, name], first: first.place, second: at });
      }
      entries.set(name, this.#node(value, at, [...path, name], depth + 1));
    }
    return { kind: 'map', place, entries };
  }

  #placeOf(node: unknown, otherwise: TextPlace): TextPlace {
    const range = (node as Node | null | undefined)?.range;
    return range === null || range === undefined ? otherwise : this.#at(range[0]);
  }

  #at(offset: number): TextPlace {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }
}

/** What JSON has too. The core schema of YAML 1.2 makes nothing else. */
function scalar(value: unknown): unknown {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

const SYNTAX: ReadonlyMap<string, string> = new Map([
  ['BAD_ALIAS', 'an alias stands for nothing'],
  ['BAD_DQ_ESCAPE', 'a backslash is followed by a character that it cannot escape'],
  ['BAD_INDENT', 'the indentation is wrong'],
  ['BLOCK_AS_IMPLICIT_KEY', 'a nested mapping stands on the line of its key'],
  ['DUPLICATE_KEY', 'a key stands twice'],
  ['MISSING_CHAR', 'a character is missing: a quote, a bracket, a colon or a comma'],
  ['MULTILINE_IMPLICIT_KEY', 'a key goes over several lines'],
  ['MULTIPLE_DOCS', 'there are several documents in it'],
  ['TAB_AS_INDENT', 'tabs cannot indent; use spaces'],
  ['UNEXPECTED_TOKEN', 'there is something that does not belong here'],
]);
