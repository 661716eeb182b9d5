import { isRecord } from '../../checks/value-checks.ts';
import { takeAddress, takeDisabled, takeEnabled, takeOauth, takeTexts } from '../common-keys.ts';
import type { SourceDocument } from '../documents/source-document.ts';
import { type EntryDraft, textsOf } from '../entry-draft.ts';
import { opencodeStyle } from '../expansion/styles.ts';
import type { Host } from '../host.ts';
import { inFolder, xdgFolder } from '../host-folders.ts';
import { readServerMap, type Skipped, valueAt } from '../server-map.ts';

const ID = 'opencode';

const OAUTH = {
  clientId: 'clientId',
  clientSecret: 'clientSecret',
  scope: 'scopes',
  client_id: 'clientId',
  client_secret: 'clientSecret',
  callbackPort: 'callbackPort',
  callback_port: 'callbackPort',
} as const;

/** opencode: `mcp.<name>` in version 1, `mcp.servers.<name>` in version 2; times in ms. */
export const opencode: Host = {
  id: ID,
  title: 'opencode',
  files: (places) => [
    ...['opencode.json', 'opencode.jsonc', '.opencode/opencode.json', '.opencode/opencode.jsonc'].map(
      (name) => ({
        path: inFolder(places, places.cwd, ...name.split('/')),
        folder: places.cwd,
      }),
    ),
    { path: xdgFolder(places, 'opencode', 'opencode.json') },
    { path: xdgFolder(places, 'opencode', 'opencode.jsonc') },
  ],
  read: (document, context) =>
    readServerMap(
      { host: ID, document, path: mapPath(document), context, expansion: opencodeStyle },
      readEntry,
    ),
};

/** A server of version 1 may be called "servers"; it has a type then. */
function mapPath(document: SourceDocument): string[] {
  const servers = valueAt(document, ['mcp', 'servers']);
  return isRecord(servers) && typeof servers['type'] !== 'string' ? ['mcp', 'servers'] : ['mcp'];
}

function readEntry(draft: EntryDraft): Skipped | undefined {
  const type = draft.get('type');
  if (type === undefined && !draft.has('command') && !draft.has('url')) {
    return { skipped: 'it only switches a server on or off that is defined elsewhere' };
  }
  takeCommandList(draft);
  takeTexts(draft, 'environment', 'env');
  draft.move('cwd');
  takeAddress(draft);
  takeOauth(draft, 'oauth', OAUTH);
  takeEnabled(draft);
  takeDisabled(draft);
  takeTimeout(draft);
  return undefined;
}

/** A list of program and arguments. */
export function takeCommandList(draft: EntryDraft): void {
  const words = draft.get('command');
  if (words === undefined) return;
  const list = textsOf(words);
  if (typeof list === 'string' || list.length === 0) {
    draft.put(['command'], list.length === 0 ? '' : words, ['command']);
    return;
  }
  const change = 'a list → "command" and "args"';
  for (const [index, word] of list.entries()) {
    draft.put(index === 0 ? ['command'] : ['args', index - 1], word, ['command', index], change);
  }
}

/** One number in version 1, `{ startup, request }` (or by the names of its servers) in version 2. */
function takeTimeout(draft: EntryDraft): void {
  const timeout = draft.get('timeout');
  if (!isRecord(timeout)) {
    draft.move('timeout');
    return;
  }
  for (const [name, value] of Object.entries(timeout)) {
    const from = ['timeout', name];
    if (name === 'startup')
      draft.put(['x-signalbox', 'timeouts', 'connect'], value, from, '"startup" → "connect"');
    else if (name === 'request') draft.put(['timeout'], value, from, '"request" → "timeout"');
    else draft.note(from, 'is left out: no time limit here is like it');
  }
}
