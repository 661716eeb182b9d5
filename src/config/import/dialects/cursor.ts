import { takeAddress, takeOauth, takeProcess, takeType } from '../common-keys.ts';
import { editor } from '../expansion/styles.ts';
import type { Host } from '../host.ts';
import { inFolder, inHome } from '../host-folders.ts';
import { readServerMap } from '../server-map.ts';

const ID = 'cursor';

/** Cursor: `url` alone means HTTP, then HTTP+SSE, as here. */
export const cursor: Host = {
  id: ID,
  title: 'Cursor',
  files: (places) => [
    { path: inFolder(places, places.cwd, '.cursor', 'mcp.json'), folder: places.cwd },
    { path: inHome(places, '.cursor', 'mcp.json') },
  ],
  read: (document, context) =>
    readServerMap(
      { host: ID, document, path: ['mcpServers'], context, expansion: editor(context) },
      (draft) => {
        takeType(draft);
        takeProcess(draft);
        draft.move('envFile');
        takeAddress(draft);
        takeOauth(draft, 'auth', { CLIENT_ID: 'clientId', CLIENT_SECRET: 'clientSecret', scopes: 'scopes' });
        return undefined;
      },
    ),
};
