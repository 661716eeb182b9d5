import { takeProcess } from '../common-keys.ts';
import { nothing } from '../expansion/styles.ts';
import type { Host } from '../host.ts';
import { configFolder } from '../host-folders.ts';
import { readServerMap } from '../server-map.ts';

const ID = 'claude-desktop';

/** Claude Desktop: starts programs only, and fills in nothing. */
export const claudeDesktop: Host = {
  id: ID,
  title: 'Claude Desktop',
  files: (places) => [{ path: configFolder(places, 'Claude', 'claude_desktop_config.json') }],
  read: (document, context) =>
    readServerMap({ host: ID, document, path: ['mcpServers'], context, expansion: nothing }, (draft) => {
      takeProcess(draft);
      return undefined;
    }),
};
