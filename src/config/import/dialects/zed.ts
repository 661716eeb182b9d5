import { isRecord } from '../../checks/value-checks.ts';
import { takeAddress, takeEnabled, takeOauth, takeProcess, takeSeconds } from '../common-keys.ts';
import type { EntryDraft } from '../entry-draft.ts';
import { nothing } from '../expansion/styles.ts';
import type { Host } from '../host.ts';
import { inFolder, inHome } from '../host-folders.ts';
import { readServerMap, type Skipped } from '../server-map.ts';

const ID = 'zed';

/** Zed: `context_servers` in its settings; times in seconds. */
export const zed: Host = {
  id: ID,
  title: 'Zed',
  files: (places) => [
    { path: inFolder(places, places.cwd, '.zed', 'settings.json'), folder: places.cwd },
    {
      path:
        places.platform === 'win32'
          ? inFolder(
              places,
              places.env['APPDATA'] ?? inHome(places, 'AppData', 'Roaming'),
              'Zed',
              'settings.json',
            )
          : inHome(places, '.config', 'zed', 'settings.json'),
    },
  ],
  read: (document, context) =>
    readServerMap({ host: ID, document, path: ['context_servers'], context, expansion: nothing }, readEntry),
};

function readEntry(draft: EntryDraft): Skipped | undefined {
  if (!draft.has('command') && !draft.has('url')) {
    return { skipped: 'an extension of Zed provides it' };
  }
  draft.get('source');
  const command = draft.get('command');
  // Until 2025 the command was an object.
  if (isRecord(command)) {
    for (const [key, value] of Object.entries(command)) {
      const ours = key === 'path' ? 'command' : key;
      if (['command', 'args', 'env'].includes(ours) && value !== null) {
        draft.put([ours], value, ['command', key], `"command.${key}" → "${ours}"`);
      }
    }
  } else {
    takeProcess(draft);
  }
  takeAddress(draft);
  takeOauth(draft, 'oauth', { client_id: 'clientId', client_secret: 'clientSecret' });
  takeSeconds(draft, 'timeout');
  takeEnabled(draft);
  return undefined;
}
