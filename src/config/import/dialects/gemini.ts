import { OAUTH_NAMES, takeAddress, takeOauth, takeProcess, takeTools, takeType } from '../common-keys.ts';
import type { SourceDocument } from '../documents/source-document.ts';
import type { EntryDraft } from '../entry-draft.ts';
import { shellLike } from '../expansion/styles.ts';
import type { Host } from '../host.ts';
import { inFolder, inHome } from '../host-folders.ts';
import { readServerMap, valueAt } from '../server-map.ts';

const ID = 'gemini';

/** Gemini CLI: `url` means HTTP+SSE and `httpUrl` Streamable HTTP; times in ms. */
export const gemini: Host = {
  id: ID,
  title: 'Gemini CLI',
  files: (places) => [
    { path: inFolder(places, places.cwd, '.gemini', 'settings.json'), folder: places.cwd },
    { path: inHome(places, '.gemini', 'settings.json') },
  ],
  read: (document, context) =>
    readServerMap(
      { host: ID, document, path: ['mcpServers'], context, expansion: shellLike(context.platform) },
      (draft) => {
        takeGeminiAddress(draft);
        takeProcess(draft);
        draft.move('timeout');
        takeTools(draft, 'includeTools', 'enabledTools');
        takeTools(draft, 'excludeTools', 'disabledTools');
        takeOauth(draft, 'oauth', OAUTH_NAMES);
        disableUnlisted(draft, document);
        return undefined;
      },
    ),
};

function takeGeminiAddress(draft: EntryDraft): void {
  if (draft.has('httpUrl')) {
    draft.set(['type'], 'http', ['httpUrl'], '"httpUrl" means Streamable HTTP');
    takeAddress(draft, 'httpUrl');
    if (draft.get('url') !== undefined) draft.note(['url'], 'is left out: "httpUrl" wins there');
    draft.get('type');
    return;
  }
  if (draft.has('type')) takeType(draft);
  else if (draft.has('url')) draft.set(['type'], 'sse', ['url'], '"url" means HTTP+SSE there');
  takeAddress(draft);
}

/** `mcp.allowed` and `mcp.excluded` stand beside the servers. */
function disableUnlisted(draft: EntryDraft, document: SourceDocument): void {
  const { name } = draft.source;
  const allowed = valueAt(document, ['mcp', 'allowed']);
  const excluded = valueAt(document, ['mcp', 'excluded']);
  const isExcluded = Array.isArray(excluded) && excluded.includes(name);
  if (isExcluded || (Array.isArray(allowed) && !allowed.includes(name))) {
    const list = isExcluded ? 'it stands in "mcp.excluded"' : 'it does not stand in "mcp.allowed"';
    draft.set(['disabled'], true, [], `${list}, so it is disabled`);
  }
}
