import { takeAddress, takeDisabled, takeEnabled, takeProcess, takeType } from '../common-keys.ts';
import { nothing } from '../expansion/styles.ts';
import type { Host } from '../host.ts';
import { inFolder, inHome } from '../host-folders.ts';
import { readServerMap } from '../server-map.ts';

const ID = 'junie';

/** Junie, the agent of the JetBrains IDEs. Other servers of these IDEs stand in files that are not meant to be read. */
export const junie: Host = {
  id: ID,
  title: 'JetBrains Junie',
  files: (places) => [
    { path: inFolder(places, places.cwd, '.junie', 'mcp', 'mcp.json'), folder: places.cwd },
    { path: inHome(places, '.junie', 'mcp', 'mcp.json') },
  ],
  read: (document, context) =>
    readServerMap({ host: ID, document, path: ['mcpServers'], context, expansion: nothing }, (draft) => {
      takeType(draft);
      takeProcess(draft);
      takeAddress(draft);
      takeEnabled(draft);
      takeDisabled(draft);
      return undefined;
    }),
};
