import { takeAddress, takeDisabled, takeProcess, takeSeconds, takeTools, takeType } from '../common-keys.ts';
import type { EntryDraft } from '../entry-draft.ts';
import { editor } from '../expansion/styles.ts';
import type { Host } from '../host.ts';
import { configFolder, inHome } from '../host-folders.ts';
import { readServerMap } from '../server-map.ts';

const ID = 'cline';

/** Cline: times in seconds; an address without type means HTTP+SSE. */
export const cline: Host = {
  id: ID,
  title: 'Cline',
  files: (places) => [
    {
      path: configFolder(
        places,
        'Code',
        'User',
        'globalStorage',
        'saoudrizwan.claude-dev',
        'settings',
        'cline_mcp_settings.json',
      ),
    },
    { path: inHome(places, '.cline', 'data', 'settings', 'cline_mcp_settings.json') },
  ],
  read: (document, context) =>
    readServerMap(
      { host: ID, document, path: ['mcpServers'], context, expansion: editor(context) },
      (draft) => {
        takeClineType(draft);
        takeProcess(draft);
        takeAddress(draft);
        takeDisabled(draft);
        takeTools(draft, draft.has('alwaysAllow') ? 'alwaysAllow' : 'autoApprove', 'alwaysAllow');
        takeSeconds(draft, 'timeout');
        return undefined;
      },
    ),
};

function takeClineType(draft: EntryDraft): void {
  const key = draft.has('type') ? 'type' : 'transportType';
  if (draft.has(key)) takeType(draft, key);
  else if (draft.has('url')) draft.set(['type'], 'sse', ['url'], '"url" without "type" means HTTP+SSE there');
}
