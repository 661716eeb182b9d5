import type { KeyPath } from '../../checks/findings.ts';
import type { DuplicateKey } from '../../file/config-document.ts';
import { fileError, type TextPlace } from '../../file/file-error.ts';
import type { SourceDocument, SourceLimits } from './source-document.ts';

/** One value, and where it, or its key, begins. */
export type PlacedNode =
  | { readonly kind: 'scalar'; readonly place: TextPlace; readonly value: unknown }
  | { readonly kind: 'list'; readonly place: TextPlace; readonly items: PlacedNode[] }
  | { readonly kind: 'map'; readonly place: TextPlace; readonly entries: Map<string, PlacedNode> };

/** Counts the values of a file and refuses too many of them, or too deep ones. */
export class ValueBudget {
  readonly #file: string;
  readonly #limits: SourceLimits;
  #count = 0;

  constructor(file: string, limits: SourceLimits) {
    this.#file = file;
    this.#limits = limits;
  }

  /** @throws SignalboxError `CONFIG_INVALID` */
  take(depth: number, place: TextPlace): void {
    const { maxDepth, maxValues } = this.#limits;
    this.#count++;
    if (depth > maxDepth) throw fileError(this.#file, `nested deeper than ${maxDepth} levels`, place);
    if (this.#count > maxValues) throw fileError(this.#file, `has more than ${maxValues} values`, place);
  }
}

/** A document made of placed nodes: what TOML and YAML become. */
export class PlacedTree implements SourceDocument {
  readonly file: string;
  readonly value: unknown;
  readonly duplicates: readonly DuplicateKey[];
  readonly #root: PlacedNode | undefined;

  constructor(file: string, root: PlacedNode | undefined, duplicates: readonly DuplicateKey[] = []) {
    this.file = file;
    this.#root = root;
    this.duplicates = duplicates;
    this.value = root === undefined ? undefined : valueOf(root);
  }

  place(path: KeyPath): TextPlace {
    return this.#find(path).place;
  }

  keys(path: KeyPath): string[] {
    const { node } = this.#find(path);
    return node?.kind === 'map' ? [...node.entries.keys()] : [];
  }

  #find(path: KeyPath): { node: PlacedNode | undefined; place: TextPlace } {
    let node = this.#root;
    let place = node?.place ?? { line: 1, column: 1 };
    for (const part of path) {
      if (node === undefined) break;
      const next: PlacedNode | undefined = child(node, part);
      if (next === undefined) return { node: undefined, place };
      node = next;
      place = next.place;
    }
    return { node, place };
  }
}

function child(node: PlacedNode, part: string | number): PlacedNode | undefined {
  if (node.kind === 'map') return node.entries.get(String(part));
  return node.kind === 'list' && typeof part === 'number' ? node.items[part] : undefined;
}

/** The depth is bounded by the {@link ValueBudget} that the nodes were made within. */
function valueOf(node: PlacedNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(valueOf);
  const record = Object.create(null) as Record<string, unknown>;
  for (const [key, inner] of node.entries) record[key] = valueOf(inner);
  return record;
}
