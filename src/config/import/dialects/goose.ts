import { takeAddress, takeEnabled, takeSeconds, takeTexts, takeTools } from '../common-keys.ts';
import type { EntryDraft } from '../entry-draft.ts';
import { nothing } from '../expansion/styles.ts';
import { reference } from '../expansion/translate.ts';
import type { Host } from '../host.ts';
import { configFolder, xdgFolder } from '../host-folders.ts';
import { readServerMap, type Skipped } from '../server-map.ts';

const ID = 'goose';

/** Goose: YAML, times in seconds, secrets in the keychain of the system. */
export const goose: Host = {
  id: ID,
  title: 'Goose',
  files: (places) => [
    {
      path:
        places.platform === 'win32'
          ? configFolder(places, 'Block', 'goose', 'config', 'config.yaml')
          : xdgFolder(places, 'goose', 'config.yaml'),
    },
  ],
  read: (document, context) =>
    readServerMap({ host: ID, document, path: ['extensions'], context, expansion: nothing }, readEntry),
};

function readEntry(draft: EntryDraft): Skipped | undefined {
  const type = draft.get('type');
  if (type === 'builtin' || type === 'platform') return { skipped: 'it is a part of Goose itself' };
  if (type !== 'stdio' && type !== 'sse' && type !== 'streamable_http') {
    return { skipped: 'its type is one that only Goose can run, or missing' };
  }
  // The key is what everything else calls it; the name is for people.
  for (const key of ['name', 'description', 'display_name', 'bundled']) draft.get(key);
  if (type === 'streamable_http') draft.set(['type'], 'http', ['type'], '"streamable_http" → "http"');
  if (type === 'sse') draft.move('type');
  draft.move('cmd', 'command');
  draft.move('args');
  takeTexts(draft, 'envs', 'env');
  takeAddress(draft, 'uri');
  takeKeychain(draft, type);
  takeSeconds(draft, 'timeout');
  takeEnabled(draft);
  takeTools(draft, 'available_tools', 'enabledTools');
  return undefined;
}

/** What Goose keeps in the keychain cannot be read: a variable of the same name takes its place. */
function takeKeychain(draft: EntryDraft, type: string): void {
  const keys = draft.get('env_keys');
  for (const [index, key] of (Array.isArray(keys) ? keys : []).entries()) {
    if (typeof key !== 'string' || key === '' || /[={}$]/u.test(key)) continue;
    const from = ['env_keys', index];
    draft.hint(key, 'kept in the keychain by Goose');
    if (type === 'stdio') draft.set(['env', key], reference(key), from, '"env_keys" → a variable');
    else
      draft.note(from, 'is left out: put its variable where the server wants it, into "headers" for example');
  }
}
