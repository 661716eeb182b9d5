import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { type Comment, parseSync } from 'oxc-parser';

/** One member of an interface or a class. */
export interface Member {
  readonly name: string;
  readonly signature: string;
  readonly comment: string;
}

/** One exported name: what the compiler says of it, and what its author did. */
export interface Declaration {
  readonly name: string;
  readonly kind: 'interface' | 'class' | 'type' | 'const' | 'function';
  /** Below `src/`, with slashes. */
  readonly file: string;
  /** Without members, where those are told one by one. */
  readonly signature: string;
  readonly comment: string;
  readonly members: readonly Member[];
}

interface Span {
  readonly start: number;
  readonly end: number;
}
type Node = Span & Readonly<Record<string, unknown>> & { readonly type: string };

interface DeclarationFile {
  readonly text: string;
  readonly body: readonly Node[];
  readonly comments: readonly Comment[];
}

/** The declarations that the compiler writes for the package; read once each. */
class DeclarationFolder {
  readonly #folder: string;
  readonly #files = new Map<string, DeclarationFile>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param path below `src/`: `core/clock.ts` */
  file(path: string): DeclarationFile {
    let file = this.#files.get(path);
    if (file === undefined) {
      const text = readFileSync(join(this.#folder, path.replace(/\.ts$/u, '.d.ts')), 'utf8');
      const { program, comments } = parseSync(path.replace(/\.ts$/u, '.d.ts'), text);
      file = { text, body: program.body as unknown as readonly Node[], comments };
      this.#files.set(path, file);
    }
    return file;
  }
}

const KINDS: Readonly<Record<string, Declaration['kind']>> = {
  TSInterfaceDeclaration: 'interface',
  ClassDeclaration: 'class',
  TSTypeAliasDeclaration: 'type',
  VariableDeclaration: 'const',
  TSDeclareFunction: 'function',
  FunctionDeclaration: 'function',
};

/** Every name that each entry of the package exports, in the order of its file. */
export function exportedDeclarations(root: string, entries: readonly string[]): Map<string, Declaration[]> {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-declarations-'));
  try {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const project = ['-p', join(root, 'tsconfig.build.json'), '--emitDeclarationOnly', '--outDir', folder];
    execFileSync(process.execPath, [tsc, ...project, '--declarationMap', 'false', '--sourceMap', 'false'], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const declarations = new DeclarationFolder(folder);
    return new Map(entries.map((entry) => [entry, exportsOf(declarations, entry)]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function exportsOf(folder: DeclarationFolder, path: string): Declaration[] {
  const file = folder.file(path);
  return file.body.flatMap((statement) => {
    const source = (statement['source'] as { value: string } | null | undefined)?.value;
    const from = source?.startsWith('.') ? relative('.', join(dirname(path), source)) : undefined;
    if (statement.type === 'ExportAllDeclaration' && from !== undefined) return exportsOf(folder, from);
    if (statement.type !== 'ExportNamedDeclaration') return [];
    const own = statement['declaration'] as Node | null;
    if (own !== null) return declarationsIn(file, path, statement, own);
    return (statement['specifiers'] as readonly Node[]).flatMap((specifier) => {
      const local = (specifier['local'] as { name: string }).name;
      const exported = (specifier['exported'] as { name: string }).name;
      if (from === undefined) return [];
      return exportsOf(folder, from)
        .filter(({ name }) => name === local)
        .map((declaration) => ({ ...declaration, name: exported }));
    });
  });
}

function declarationsIn(file: DeclarationFile, path: string, statement: Node, node: Node): Declaration[] {
  const kind = KINDS[node.type];
  if (kind === undefined) throw new Error(`${path}: nobody knows how to tell of a ${node.type}`);
  const holders = kind === 'const' ? (node['declarations'] as readonly Node[]) : [node];
  const body = node['body'] as (Node & { body: readonly Node[] }) | null | undefined;
  const hasMembers = kind === 'interface' || kind === 'class';
  const end = hasMembers && body ? body.start : node.end;
  return holders.map((holder) => ({
    name: (holder['id'] as { name: string }).name,
    kind,
    file: path,
    signature: tidy(file.text.slice(node.start, end).replace(/^declare /u, '')),
    comment: commentBefore(file, statement.start),
    members: hasMembers && body ? body.body.flatMap((member) => memberOf(file, member)) : [],
  }));
}

function memberOf(file: DeclarationFile, node: Node): Member[] {
  const key = node['key'] as (Node & { name?: string }) | undefined;
  if (key?.type === 'PrivateIdentifier' || node['accessibility'] === 'private') return [];
  const signature = tidy(file.text.slice(node.start, node.end));
  const name = key === undefined ? '' : file.text.slice(key.start, key.end);
  return [{ name, signature, comment: commentBefore(file, node.start) }];
}

/** The docstring that ends right before a declaration, without its stars. */
function commentBefore({ text, comments }: DeclarationFile, start: number): string {
  const comment = comments.find(
    (one) => one.end <= start && one.value.startsWith('*') && text.slice(one.end, start).trim() === '',
  );
  if (comment === undefined) return '';
  return comment.value
    .slice(1)
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/u, ''))
    .join('\n')
    .trim();
}

/** Two spaces where the compiler writes four, and no `;` at the end. */
function tidy(text: string): string {
  return text
    .replace(/;\s*$/u, '')
    .trim()
    .replaceAll(/^(?: {4})+/gmu, (indent) => indent.slice(indent.length / 2));
}
