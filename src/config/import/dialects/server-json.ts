import { isRecord } from '../../checks/value-checks.ts';
import type { SourceDocument } from '../documents/source-document.ts';
import { EntryDraft } from '../entry-draft.ts';
import { nothing } from '../expansion/styles.ts';
import { reference, translate, variableName } from '../expansion/translate.ts';
import type { Host } from '../host.ts';
import type { HostReading, ImportNote } from '../imported-server.ts';

const ID = 'server-json';

type Fields = Readonly<Record<string, unknown>>;

/** A `server.json` of the MCP registry: one server, as an address or as a package. The first way that works is taken. */
export const serverJson: Host = {
  id: ID,
  title: 'server.json of the MCP registry',
  files: () => [],
  read(document, { folder }): HostReading {
    const root = document.value;
    const notes: ImportNote[] = [];
    if (!isRecord(root)) return { servers: [], notes };
    const title = typeof root['name'] === 'string' ? root['name'] : 'server';
    const name = title.split('/').at(-1) ?? title;
    for (const [path, raw] of waysOf(document)) {
      const draft = new EntryDraft({ host: ID, name, document, path, raw, folder, expansion: nothing });
      const refused = path[0] === 'remotes' ? readRemote(draft) : readPackage(draft);
      if (refused === undefined) return { servers: [draft.finish()], notes };
      notes.push({ from: path, line: document.place(path).line, message: `is not taken: ${refused}` });
    }
    return { servers: [], notes };
  },
};

function waysOf(document: SourceDocument): (readonly [readonly (string | number)[], Fields])[] {
  const root = document.value as Fields;
  return ['remotes', 'packages'].flatMap((key) =>
    listOf(root[key]).flatMap((raw, index) => (isRecord(raw) ? [[[key, index], raw] as const] : [])),
  );
}

function readRemote(draft: EntryDraft): string | undefined {
  const type = draft.get('type');
  if (type !== 'streamable-http' && type !== 'sse') return 'its type is not known here';
  const url = draft.get('url');
  if (typeof url !== 'string') return 'it has no address';
  draft.set(
    ['type'],
    type === 'sse' ? 'sse' : 'http',
    ['type'],
    type === 'sse' ? undefined : '"streamable-http" → "http"',
  );
  draft.set(['url'], filled(draft, url, fieldsOf(draft.get('variables'))), ['url']);
  for (const [index, header] of listOf(draft.get('headers')).entries()) {
    if (!isRecord(header) || typeof header['name'] !== 'string') continue;
    const from = ['headers', index];
    const value = inputValue(draft, header['name'], header);
    if (value !== undefined)
      draft.set(['headers', header['name']], value, from, 'a described header → "headers"');
  }
  return undefined;
}

/** How a package of each kind is started. */
const RUNNERS: Readonly<Record<string, (id: string, version: string) => readonly string[]>> = {
  npm: (id, version) => ['npx', '-y', version === '' ? id : `${id}@${version}`],
  pypi: (id, version) => ['uvx', version === '' ? id : `${id}@${version}`],
  nuget: (id, version) => ['dnx', version === '' ? id : `${id}@${version}`, '--yes'],
};

function readPackage(draft: EntryDraft): string | undefined {
  const kind = draft.get('registryType');
  const id = draft.get('identifier');
  const transport = fieldsOf(draft.get('transport'))['type'] ?? 'stdio';
  if (transport !== 'stdio') return 'it listens on an address of its own once it is started';
  if (typeof kind !== 'string' || typeof id !== 'string') return 'it does not say what is to be started';
  const version = draft.get('version');
  const variables = listOf(draft.get('environmentVariables')).filter(isRecord);
  const before = argumentsOf(draft, 'runtimeArguments');
  const after = argumentsOf(draft, 'packageArguments');
  const run = Object.hasOwn(RUNNERS, kind) ? RUNNERS[kind] : undefined;
  let words: readonly string[];
  if (kind === 'oci') {
    const names = variables.flatMap(({ name }) => (typeof name === 'string' ? ['-e', name] : []));
    words = ['docker', 'run', '-i', '--rm', ...names, ...before, id];
  } else if (run === undefined) {
    return 'packages of its kind are not known here';
  } else {
    const [program = '', ...rest] = run(id, typeof version === 'string' ? version : '');
    words = [program, ...before, ...rest];
  }
  for (const key of ['runtimeHint', 'fileSha256', 'registryBaseUrl']) draft.get(key);
  const change = `a package of ${kind} → "command" and "args"`;
  draft.set(['command'], words[0], ['registryType'], change);
  draft.set(['args'], [...words.slice(1), ...after], ['identifier'], change);
  for (const [index, variable] of variables.entries()) {
    const { name } = variable;
    if (typeof name !== 'string' || name === '' || name === '__proto__' || /[={}$]/u.test(name)) continue;
    const value = inputValue(draft, name, variable, name);
    const from = ['environmentVariables', index];
    if (value !== undefined) draft.set(['env', name], value, from, 'a described variable → "env"');
  }
  return undefined;
}

function argumentsOf(draft: EntryDraft, key: string): string[] {
  return listOf(draft.get(key)).flatMap((one) => {
    if (!isRecord(one)) return [];
    const { type, name, valueHint } = one;
    const label = typeof name === 'string' ? name : typeof valueHint === 'string' ? valueHint : 'argument';
    const value = inputValue(draft, label, one);
    if (type !== 'named') return value === undefined ? [] : [value];
    return value === undefined ? (one['isRequired'] === true ? [label] : []) : [label, value];
  });
}

/** What stands there, else what is to be filled in; undefined for what may stay away. */
function inputValue(
  draft: EntryDraft,
  label: string,
  input: Fields,
  variable: string = variableName(`${draft.source.name}_${label.replace(/^x-/iu, '')}`),
): string | undefined {
  const { value, default: preset, description, isRequired, isSecret } = input;
  if (typeof value === 'string') return filled(draft, value, fieldsOf(input['variables']));
  if (isRequired !== true && preset === undefined) return undefined;
  if (typeof description === 'string') draft.hint(variable, description);
  return reference(variable, isSecret === true || typeof preset !== 'string' ? undefined : preset);
}

/** `{name}` of a template as a variable. */
function filled(draft: EntryDraft, template: string, variables: Fields): string {
  const translated = translate(template, /\{([\w.-]+)\}/gu, ([, key = '']) => {
    const input = fieldsOf(variables[key]);
    const name = variableName(`${draft.source.name}_${key}`);
    const { default: preset, description, isSecret } = input;
    if (typeof description === 'string') draft.hint(name, description);
    const fallback = isSecret === true || typeof preset !== 'string' ? undefined : preset;
    return { text: reference(name, fallback), variable: { name } };
  });
  return translated.text;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function fieldsOf(value: unknown): Fields {
  return isRecord(value) ? value : {};
}
