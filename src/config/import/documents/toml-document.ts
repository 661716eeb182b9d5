import { type AST, ParseError, parseTOML } from 'toml-eslint-parser';
import { fileError, type TextPlace } from '../../file/file-error.ts';
import { type PlacedNode, PlacedTree, ValueBudget } from './placed-tree.ts';
import type { SourceDocument, SourceLimits } from './source-document.ts';

type MapNode = Extract<PlacedNode, { kind: 'map' }>;

/**
 * Parses TOML 1.0. A key that stands twice is an error there.
 * @throws SignalboxError `CONFIG_INVALID` with line and column
 */
export function parseToml(text: string, file: string, limits: SourceLimits): SourceDocument {
  const body = topLevel(text, file);
  const budget = new ValueBudget(file, limits);
  const root: MapNode = { kind: 'map', place: { line: 1, column: 1 }, entries: new Map() };
  for (const node of body) {
    if (node.type === 'TOMLKeyValue') {
      addKeyValue(root, node, budget, 1);
    } else {
      const table = tableAt(root, node.resolvedKey, placeOf(node.key), budget);
      for (const one of node.body) addKeyValue(table, one, budget, node.resolvedKey.length + 1);
    }
  }
  return new PlacedTree(file, root);
}

function topLevel(text: string, file: string): (AST.TOMLKeyValue | AST.TOMLTable)[] {
  try {
    return parseTOML(text).body[0].body;
  } catch (cause) {
    if (!(cause instanceof ParseError)) throw cause;
    const place = { line: cause.lineNumber, column: cause.column + 1 };
    throw fileError(file, `not valid TOML: ${wording(cause.message)}`, { ...place, cause });
  }
}

function wording(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}

/** The table of a header; those above it come into being on the way. A number is an item of an array of tables. */
function tableAt(
  root: MapNode,
  path: readonly (string | number)[],
  place: TextPlace,
  budget: ValueBudget,
): MapNode {
  let node: PlacedNode = root;
  for (const [index, part] of path.entries()) {
    budget.take(index + 1, place);
    const isList = typeof path[index + 1] === 'number';
    const isLast = index === path.length - 1;
    const made = (): PlacedNode =>
      isList ? { kind: 'list', place, items: [] } : { kind: 'map', place, entries: new Map() };
    const before: PlacedNode | undefined = childOf(node, part);
    // A table that was only implied by a deeper one stands where its own header is.
    const next: PlacedNode =
      before === undefined || (isLast && before.kind === 'map' && before.entries.size === 0)
        ? made()
        : before;
    if (next !== before) put(node, part, next);
    node = next;
  }
  return node.kind === 'map' ? node : root;
}

function childOf(node: PlacedNode, part: string | number): PlacedNode | undefined {
  if (node.kind === 'map') return node.entries.get(String(part));
  return node.kind === 'list' && typeof part === 'number' ? node.items[part] : undefined;
}

function put(node: PlacedNode, part: string | number, child: PlacedNode): void {
  if (node.kind === 'map') node.entries.set(String(part), child);
  else if (node.kind === 'list' && typeof part === 'number') node.items[part] = child;
}

/** `a.b = 1` makes `b` in `a`. */
function addKeyValue(table: MapNode, pair: AST.TOMLKeyValue, budget: ValueBudget, depth: number): void {
  const names = pair.key.keys.map((key) => (key.type === 'TOMLBare' ? key.name : key.value));
  const place = placeOf(pair.key);
  const holder = tableAt(table, names.slice(0, -1), place, budget);
  holder.entries.set(names.at(-1) ?? '', nodeOf(pair.value, place, budget, depth + names.length));
}

function nodeOf(node: AST.TOMLContentNode, place: TextPlace, budget: ValueBudget, depth: number): PlacedNode {
  budget.take(depth, place);
  switch (node.type) {
    case 'TOMLArray':
      return {
        kind: 'list',
        place,
        items: node.elements.map((item) => nodeOf(item, placeOf(item), budget, depth + 1)),
      };
    case 'TOMLInlineTable': {
      const map: MapNode = { kind: 'map', place, entries: new Map() };
      for (const pair of node.body) addKeyValue(map, pair, budget, depth);
      return map;
    }
    case 'TOMLValue':
      return {
        kind: 'scalar',
        place,
        value: node.value instanceof Date ? node.value.toISOString() : node.value,
      };
  }
}

function placeOf({ loc }: { readonly loc: AST.SourceLocation }): TextPlace {
  return { line: loc.start.line, column: loc.start.column + 1 };
}
