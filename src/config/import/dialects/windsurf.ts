import { takeAddress, takeDisabled, takeProcess, takeTools, takeType } from '../common-keys.ts';
import { editor } from '../expansion/styles.ts';
import type { Host } from '../host.ts';
import { inHome } from '../host-folders.ts';
import { readServerMap } from '../server-map.ts';

const ID = 'windsurf';

/** Windsurf: the address is called `serverUrl`. */
export const windsurf: Host = {
  id: ID,
  title: 'Windsurf',
  files: (places) => [{ path: inHome(places, '.codeium', 'windsurf', 'mcp_config.json') }],
  read: (document, context) =>
    readServerMap(
      { host: ID, document, path: ['mcpServers'], context, expansion: editor(context) },
      (draft) => {
        takeType(draft);
        takeProcess(draft);
        takeAddress(draft, draft.has('serverUrl') ? 'serverUrl' : 'url');
        takeDisabled(draft);
        takeTools(draft, 'alwaysAllow', 'alwaysAllow');
        takeTools(draft, 'disabledTools', 'disabledTools');
        return undefined;
      },
    ),
};
