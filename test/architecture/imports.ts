import { readdirSync, readFileSync } from 'node:fs';
import { dirname, posix, relative, sep } from 'node:path';

export interface ImportEdge {
  /** The importing file, relative to the walked folder, with forward slashes. */
  readonly from: string;
  /** The specifier as written. */
  readonly specifier: string;
  /** The imported file relative to the walked folder; undefined for packages and built-in modules. */
  readonly to: string | undefined;
  readonly kind: 'static' | 'dynamic';
}

// Static imports start a line and dynamic ones stand in code, so text inside `*` and `//` comments is no import.
const STATIC = /^(?:import|export)\b(?:[^'";]*?\bfrom)?\s*['"]([^'"]+)['"]/gm;
const DYNAMIC = /^(?!\s*(?:\*|\/\/|\/\*)).*?\bimport\(\s*['"]([^'"]+)['"]/gm;

/** The imports of one source text. `file` is its path relative to the walked folder. */
export function importsOf(file: string, text: string): ImportEdge[] {
  const edges: ImportEdge[] = [];
  for (const [kind, pattern] of [
    ['static', STATIC],
    ['dynamic', DYNAMIC],
  ] as const) {
    for (const match of text.matchAll(pattern)) {
      const specifier = match[1] ?? '';
      const to = specifier.startsWith('.') ? posix.join(dirname(file), specifier) : undefined;
      edges.push({ from: file, specifier, to, kind });
    }
  }
  return edges;
}

/** Every file below `root` with one of the endings, relative to it, with forward slashes. */
function filesBelow(root: string, endings: readonly string[]): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => relative(root, `${entry.parentPath}${sep}${entry.name}`).split(sep).join('/'))
    .sort();
}

/** All imports of all files below `root`. */
export function importGraph(root: string, endings: readonly string[]): ImportEdge[] {
  return filesBelow(root, endings).flatMap((file) =>
    importsOf(file, readFileSync(`${root}/${file}`, 'utf8')),
  );
}

/** The circles of a graph, each as the list of files that it runs through; every circle is named once. */
export function circles(edges: readonly ImportEdge[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) {
    if (to !== undefined) next.set(from, [...(next.get(from) ?? []), to]);
  }
  const found: string[][] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    const start = path.indexOf(file);
    if (start >= 0) found.push([...path.slice(start), file]);
    if (start >= 0 || done.has(file)) return;
    path.push(file);
    for (const to of next.get(file) ?? []) visit(to);
    path.pop();
    done.add(file);
  };
  for (const file of next.keys()) visit(file);
  return found;
}
