import { OAUTH_NAMES, takeAddress, takeOauth, takeProcess, takeType } from '../common-keys.ts';
import { nothing } from '../expansion/styles.ts';
import type { Host } from '../host.ts';
import { readServerMap } from '../server-map.ts';

const ID = 'inspector';

/** MCP Inspector: its file is named on its command line; times in ms. */
export const inspector: Host = {
  id: ID,
  title: 'MCP Inspector',
  files: () => [],
  read: (document, context) =>
    readServerMap({ host: ID, document, path: ['mcpServers'], context, expansion: nothing }, (draft) => {
      takeType(draft);
      takeProcess(draft);
      takeAddress(draft);
      takeOauth(draft, 'oauth', OAUTH_NAMES);
      draft.move('protocolEra', ['x-signalbox', 'protocol']);
      draft.move('connectionTimeout', ['x-signalbox', 'timeouts', 'connect']);
      draft.move('requestTimeout', 'timeout');
      return undefined;
    }),
};
