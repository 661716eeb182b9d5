import { bearer, takeAddress, takeProcess, takeType } from '../common-keys.ts';
import type { EntryDraft } from '../entry-draft.ts';
import { nothing } from '../expansion/styles.ts';
import type { Host } from '../host.ts';
import { readServerMap } from '../server-map.ts';

const ID = 'fastmcp';

/** FastMCP: the transport is guessed from the address; times in ms. */
export const fastmcp: Host = {
  id: ID,
  title: 'FastMCP',
  files: () => [],
  read: (document, context) =>
    readServerMap({ host: ID, document, path: ['mcpServers'], context, expansion: nothing }, (draft) => {
      takeFastType(draft);
      takeProcess(draft);
      takeAddress(draft);
      takeAuth(draft);
      draft.move('timeout');
      return undefined;
    }),
};

function takeFastType(draft: EntryDraft): void {
  const key = draft.has('transport') ? 'transport' : 'type';
  if (draft.has(key)) {
    takeType(draft, key);
    return;
  }
  const url = draft.source.raw['url'];
  if (typeof url !== 'string') return;
  const isSse = /\/sse(?:\/|\?|&|$)/u.test(url);
  const change = `an address ${isSse ? 'with' : 'without'} "/sse" means ${isSse ? 'HTTP+SSE' : 'Streamable HTTP'} there`;
  draft.set(['type'], isSse ? 'sse' : 'http', ['url'], change);
}

/** `"oauth"`, or a token. */
function takeAuth(draft: EntryDraft): void {
  const auth = draft.get('auth');
  if (auth === 'oauth')
    draft.note(['auth'], 'says nothing that is needed here: a server that wants OAuth gets it');
  else if (typeof auth === 'string') bearer(draft, 'auth', auth, false);
}
