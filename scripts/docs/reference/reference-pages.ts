import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Declaration, exportedDeclarations, type Member } from './declarations.ts';

/** What a room of the library is to those who look for something in it. */
const ROOMS: Readonly<Record<string, string>> = {
  client: 'Clients',
  registry: 'The registry',
  config: 'Configuration',
  auth: 'Authorization',
  protocol: 'The protocol',
  transports: 'Transports and processes',
  resilience: 'Resilience',
  core: 'Errors, logging, time',
};

interface Entry {
  /** As it is imported. */
  readonly specifier: string;
  /** Below `src/`. */
  readonly file: string;
}

/** The entries of the package that hold types, as `package.json` lists them. */
function entriesOf(root: string): Entry[] {
  const { name, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    name: string;
    exports: Record<string, string | { types?: string }>;
  };
  return Object.entries(exports).flatMap(([path, target]) =>
    typeof target === 'object' && target.types !== undefined
      ? [
          {
            specifier: join(name, path),
            file: target.types.replace(/^\.\/dist\//u, '').replace(/\.d\.ts$/u, '.ts'),
          },
        ]
      : [],
  );
}

/** One page and the names on it. */
interface Page {
  readonly path: string;
  readonly title: string;
  readonly specifier: string;
  readonly declarations: readonly Declaration[];
}

/** What the reference consists of. */
export interface Reference {
  readonly files: ReadonlyMap<string, string>;
  /** Exported names without a docstring. */
  readonly silent: readonly string[];
  readonly names: ReadonlyMap<string, readonly string[]>;
}

/** Every public name with its signature and docstring, as Markdown. */
export function reference(root: string): Reference {
  const entries = entriesOf(root);
  const found = exportedDeclarations(
    root,
    entries.map(({ file }) => file),
  );
  const pages = entries.flatMap(({ specifier, file }): Page[] => {
    const declarations = found.get(file) ?? [];
    if (specifier !== 'signalbox') {
      const name = specifier.slice('signalbox/'.length).replaceAll('/', '-');
      return [{ path: `docs/reference/${name}.md`, title: specifier, specifier, declarations }];
    }
    return Object.entries(ROOMS).map(([room, title]) => ({
      path: `docs/reference/${room}.md`,
      title,
      specifier,
      declarations: declarations.filter((one) => one.file.startsWith(`${room}/`)),
    }));
  });
  const placed = new Map<string, string>();
  for (const { path, declarations } of pages) {
    for (const { name } of declarations)
      if (!placed.has(name)) placed.set(name, path.slice('docs/reference/'.length));
  }
  const files = new Map(pages.map((page) => [page.path, pageText(page, placed)]));
  files.set('docs/reference/README.md', indexText(pages));
  return {
    files,
    silent: [...found.values()].flat().flatMap(({ name, comment }) => (comment === '' ? [name] : [])),
    names: new Map(
      entries.map(({ specifier, file }) => [specifier, (found.get(file) ?? []).map(({ name }) => name)]),
    ),
  };
}

const anchor = (name: string): string => name.toLowerCase();
const BEGINNING = '<!-- Made from the docstrings by `npm run docs`. Correct them there. -->';

function indexText(pages: readonly Page[]): string {
  const lines = pages.map(({ path, title, specifier, declarations }) => {
    const file = path.slice('docs/reference/'.length);
    const names = declarations.map(({ name }) => `[${name}](${file}#${anchor(name)})`);
    return `## [${title}](${file})\n\n\`${specifier}\`: ${names.toSorted((a, b) => a.localeCompare(b)).join(', ')}`;
  });
  const words =
    'Every public name with its signature and what its author says of it: units, defaults, bounds, errors.';
  return `${BEGINNING}\n\n# Reference\n\n${words}\n\n${lines.join('\n\n')}\n`;
}

function pageText({ title, specifier, declarations }: Page, placed: ReadonlyMap<string, string>): string {
  const parts = declarations
    .toSorted((a, b) => a.name.localeCompare(b.name))
    .map((declaration) => declarationText(declaration, placed));
  return `${BEGINNING}\n\n# ${title}\n\nExported by \`${specifier}\`. [All names](README.md)\n\n${parts.join('\n\n')}\n`;
}

function declarationText(declaration: Declaration, placed: ReadonlyMap<string, string>): string {
  const { name, kind, signature, comment, members } = declaration;
  const parts = [`## ${name}`, `\`${kind}\``, ...prose(comment, placed), `\`\`\`ts\n${signature}\n\`\`\``];
  const told = members.map((member) => memberText(member, placed));
  return [...parts, ...(told.length === 0 ? [] : [told.join('\n')])].join('\n\n');
}

/** `- signature`, and below it what is said of it. */
function memberText({ signature, comment }: Member, placed: ReadonlyMap<string, string>): string {
  const isLong = signature.includes('\n');
  const head = isLong ? `\n  \`\`\`ts\n${indented(signature)}\n  \`\`\`` : ` \`${signature}\``;
  const words = prose(comment, placed).map(indented).join('\n\n');
  return `-${head}${words === '' ? '' : `\n\n${words}\n`}`;
}

const indented = (text: string): string => text.replaceAll(/^(?=.)/gmu, '  ');

const TAGS: Readonly<Record<string, string>> = {
  throws: 'Throws',
  returns: 'Returns',
  example: 'Example',
  default: 'Default',
};

/** A docstring as paragraphs. Its links lead to the names they mean, its tags become sentences. */
function prose(comment: string, placed: ReadonlyMap<string, string>): string[] {
  if (comment === '') return [];
  const linked = comment.replaceAll(
    /\{@link ([\w.]+)(?:\s+([^}]+))?\}/gu,
    (_, target: string, words?: string) => {
      const page = placed.get(target.split('.')[0] ?? '');
      const shown = words ?? `\`${target}\``;
      return page === undefined ? shown : `[${shown}](${page}#${anchor(target.split('.')[0] ?? '')})`;
    },
  );
  const [text = '', ...tags] = linked.split(/^@/mu);
  const paragraphs = text.trim() === '' ? [] : [text.trim()];
  for (const tag of tags) {
    const [, name = '', rest = ''] = /^(\w+)\s*([^]*)$/u.exec(tag.trim()) ?? [];
    const words = rest.trim();
    if (name === 'param') {
      const [, parameter = '', meaning = ''] = /^(\S+)\s*(?:- )?([^]*)$/u.exec(words) ?? [];
      paragraphs.push(`\`${parameter}\`: ${meaning.trim()}`);
    } else if (name === 'example') paragraphs.push(words.includes('\n') ? words : `Example: \`${words}\``);
    else paragraphs.push(`${TAGS[name] ?? name}: ${words}`);
  }
  return paragraphs;
}
