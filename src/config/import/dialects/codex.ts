import { isRecord } from '../../checks/value-checks.ts';
import { bearer, takeAddress, takeEnabled, takeProcess, takeSeconds, takeTools } from '../common-keys.ts';
import type { EntryDraft } from '../entry-draft.ts';
import { nothing } from '../expansion/styles.ts';
import { reference } from '../expansion/translate.ts';
import type { Host, Places } from '../host.ts';
import { inFolder, inHome } from '../host-folders.ts';
import { readServerMap } from '../server-map.ts';

const ID = 'codex';

/** Codex: TOML, times in seconds, variables by their names. */
export const codex: Host = {
  id: ID,
  title: 'Codex',
  files: (places) => [
    { path: inFolder(places, places.cwd, '.codex', 'config.toml'), folder: places.cwd },
    { path: userFile(places) },
  ],
  read: (document, context) =>
    readServerMap({ host: ID, document, path: ['mcp_servers'], context, expansion: nothing }, (draft) => {
      takeProcess(draft);
      takeEnvVars(draft);
      takeCodexAddress(draft);
      takeSeconds(draft, 'startup_timeout_sec', ['x-signalbox', 'timeouts', 'connect']);
      if (!draft.has('startup_timeout_sec')) {
        draft.move('startup_timeout_ms', ['x-signalbox', 'timeouts', 'connect']);
      }
      takeSeconds(draft, 'tool_timeout_sec');
      takeEnabled(draft);
      if (draft.get('required') !== false) draft.move('required', ['x-signalbox', 'required']);
      takeTools(draft, 'enabled_tools', 'enabledTools');
      takeTools(draft, 'disabled_tools', 'disabledTools');
      draft.move('scopes', ['oauth', 'scopes']);
      return undefined;
    }),
};

function userFile(places: Places): string {
  const own = places.env['CODEX_HOME'];
  return own === undefined || own === ''
    ? inHome(places, '.codex', 'config.toml')
    : inFolder(places, own, 'config.toml');
}

/** Variables that are passed on: names, or `{ name, source }`. */
function takeEnvVars(draft: EntryDraft): void {
  const list = draft.get('env_vars');
  if (list === undefined) return;
  if (!Array.isArray(list)) {
    draft.note(['env_vars'], 'is no list of names, and is left out');
    return;
  }
  for (const [index, one] of list.entries()) {
    const name: unknown = isRecord(one) ? one['name'] : one;
    if (typeof name !== 'string' || name === '' || /[={}$]/u.test(name)) {
      draft.note(['env_vars', index], 'names no variable, and is left out');
    } else {
      draft.set(['env', name], reference(name), ['env_vars', index], '"env_vars" → "env"');
    }
  }
}

function takeCodexAddress(draft: EntryDraft): void {
  if (draft.has('url')) draft.set(['type'], 'http', ['url'], '"url" means Streamable HTTP there');
  takeAddress(draft, 'url', 'http_headers');
  const variable = draft.get('bearer_token_env_var');
  if (typeof variable === 'string') bearer(draft, 'bearer_token_env_var', reference(variable), true);
  const token = draft.get('bearer_token');
  if (typeof token === 'string') bearer(draft, 'bearer_token', token, false);
  const fromEnv = draft.get('env_http_headers');
  if (!isRecord(fromEnv)) return;
  for (const [header, name] of Object.entries(fromEnv)) {
    if (typeof name === 'string' && header !== '__proto__') {
      draft.set(
        ['headers', header],
        reference(name),
        ['env_http_headers', header],
        '"env_http_headers" → "headers"',
      );
    }
  }
}
