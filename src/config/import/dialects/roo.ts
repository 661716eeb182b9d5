import { takeAddress, takeDisabled, takeProcess, takeSeconds, takeTools, takeType } from '../common-keys.ts';
import { editor } from '../expansion/styles.ts';
import type { Host } from '../host.ts';
import { configFolder, inFolder } from '../host-folders.ts';
import { readServerMap } from '../server-map.ts';

const ID = 'roo';

/** Roo Code: times in seconds. */
export const roo: Host = {
  id: ID,
  title: 'Roo Code',
  files: (places) => [
    { path: inFolder(places, places.cwd, '.roo', 'mcp.json'), folder: places.cwd },
    {
      path: configFolder(
        places,
        'Code',
        'User',
        'globalStorage',
        'rooveterinaryinc.roo-cline',
        'settings',
        'mcp_settings.json',
      ),
    },
  ],
  read: (document, context) =>
    readServerMap(
      { host: ID, document, path: ['mcpServers'], context, expansion: editor(context) },
      (draft) => {
        takeType(draft);
        takeProcess(draft);
        takeAddress(draft);
        takeDisabled(draft);
        takeTools(draft, 'alwaysAllow', 'alwaysAllow');
        takeTools(draft, 'disabledTools', 'disabledTools');
        takeSeconds(draft, 'timeout');
        return undefined;
      },
    ),
};
