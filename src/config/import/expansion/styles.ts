import { type Expansion, type Meaning, reference, translate, variableName } from './translate.ts';

const NAME = /^[A-Za-z_]\w*$/u;

/** For hosts that fill in nothing. */
export const nothing: Expansion = (text) => translate(text, undefined, () => undefined);

/** `${VAR}` and `${VAR:-default}`, and the `${env:VAR}` and `${workspaceFolder}` that Signalbox knows too; else plain text. */
export const braces: Expansion = (text) => translate(text, /\$\{([^}]*)\}/gu, bracesMeaning);

function bracesMeaning([whole, content = '']: RegExpExecArray): Meaning | undefined {
  if (content === 'workspaceFolder' || content === 'userHome') return { text: whole };
  const [, name, fallback] = /^((?:env:)?[^:=]+?)(?::-([^]*))?$/u.exec(content) ?? [];
  if (name === undefined || !NAME.test(name.replace(/^env:/u, ''))) return undefined;
  // A default with a placeholder in it is cut at the first brace by everybody.
  if (fallback?.includes('${') === true) return undefined;
  return { text: whole, variable: { name: name.replace(/^env:/u, '') } };
}

/** What an editor knows of where it is. */
export interface EditorScope {
  /** The folder of the project whose file it is; undefined for a file of the user. */
  readonly folder: string | undefined;
  readonly platform: NodeJS.Platform;
  /** What `${input:id}` asks for. Default: nothing is known. */
  readonly inputs?: ReadonlyMap<string, { readonly hint?: string; readonly preset?: string }>;
}

/** `${env:VAR}`, `${workspaceFolder}` and their like, as VS Code and the editors made of it have them. */
export function editor(scope: EditorScope): Expansion {
  return (text) =>
    translate(text, /\$\{([^}]*)\}/gu, ([whole, content = '']) => editorMeaning(whole, content, scope));
}

function editorMeaning(whole: string, content: string, { folder, platform, inputs }: EditorScope): Meaning {
  if (content === 'userHome') return { text: whole };
  if (content === 'workspaceFolder') {
    // Which folder that is here is settled when it is known where the file is written.
    return folder === undefined
      ? { text: whole, note: '${workspaceFolder} is the folder of the file that is written' }
      : { text: whole };
  }
  if (content === 'workspaceFolderBasename' && folder !== undefined) {
    const change = '${workspaceFolderBasename} → the name of the folder';
    return { text: folder.split(/[\\/]/u).findLast((part) => part !== '') ?? '', isPlain: true, change };
  }
  if (content === 'pathSeparator' || content === '/') {
    return { text: platform === 'win32' ? '\\' : '/', isPlain: true, change: `\${${content}} → itself` };
  }
  const [, kind, name = ''] = /^(env|input):(.+)$/u.exec(content) ?? [];
  if (kind === 'env') {
    const text = reference(name);
    return { text, variable: { name }, ...(text === whole ? {} : { change: '${env:NAME} → ${NAME}' }) };
  }
  if (kind === 'input') {
    const variable = variableName(name);
    const { hint, preset } = inputs?.get(name) ?? {};
    const change = '${input:id} → a variable, as nobody is asked here';
    return { text: reference(variable, preset), change, variable: { name: variable, hint } };
  }
  if (NAME.test(content) && content !== 'workspaceFolderBasename')
    return { text: whole, variable: { name: content } };
  return { text: whole, isPlain: true, note: 'holds a placeholder that nothing here stands for; replace it' };
}

/** `$VAR`, `${VAR}`, on Windows `%VAR%`. */
export function shellLike(platform: NodeJS.Platform): Expansion {
  const pattern =
    platform === 'win32'
      ? /\$\{(\w+)(?::-([^}]*))?\}|\$([A-Za-z_]\w*)|%([A-Za-z_]\w*)%/gu
      : /\$\{(\w+)(?::-([^}]*))?\}|\$([A-Za-z_]\w*)/gu;
  return (text) =>
    translate(text, pattern, ([whole, braced, fallback, bare, percent]) => {
      const name = braced ?? bare ?? percent ?? '';
      if (!NAME.test(name)) return undefined;
      const meant = reference(name, fallback);
      const change =
        bare === undefined ? (percent === undefined ? undefined : '%NAME% → ${NAME}') : '$NAME → ${NAME}';
      return {
        text: meant,
        variable: { name },
        ...(meant === whole || change === undefined ? {} : { change }),
      };
    });
}

/** `{env:VAR}` and `{file:path}` of opencode. */
export const opencodeStyle: Expansion = (text) =>
  translate(text, /\{(env|file):([^{}]+)\}/gu, ([, kind, rest = '']) => {
    if (kind === 'env')
      return { text: reference(rest), change: '{env:NAME} → ${NAME}', variable: { name: rest } };
    const name = variableName(rest.replace(/^.*[\\/]/u, '').replace(/\.[a-z]{2,4}$/iu, ''));
    const change = '{file:path} → a variable';
    return { text: reference(name), change, variable: { name, hint: `the content of ${rest}` } };
  });

/** `${VAR}`, `${VAR:-default}`, `$env:VAR` of mcporter. */
export const mcporterStyle: Expansion = (text) =>
  translate(
    text,
    /\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}|\$env:([A-Za-z_]\w*)/gu,
    ([, braced, fallback, env]) => {
      if (env !== undefined)
        return { text: reference(env), change: '$env:NAME → ${NAME}', variable: { name: env } };
      return { text: reference(braced ?? '', fallback), variable: { name: braced ?? '' } };
    },
  );

/** `${{ secrets.NAME }}` of Continue. */
export const continueStyle: Expansion = (text) =>
  translate(text, /\$\{\{\s*(?:[\w-]+\.)*([\w-]+)\s*\}\}/gu, ([, secret = '']) => {
    const name = variableName(secret);
    const hint = 'a secret that Continue keeps';
    return { text: reference(name), change: '${{ secrets.NAME }} → ${NAME}', variable: { name, hint } };
  });
