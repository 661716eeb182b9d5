import { isRecord } from '../../checks/value-checks.ts';
import { bearer, takeAddress, takeProcess, takeTexts, takeType } from '../common-keys.ts';
import { EntryDraft } from '../entry-draft.ts';
import { continueStyle } from '../expansion/styles.ts';
import type { Host } from '../host.ts';
import { inHome } from '../host-folders.ts';
import type { ImportedServer, ImportNote } from '../imported-server.ts';
import { valueAt } from '../server-map.ts';

const ID = 'continue';

/** Continue: YAML, with a list of servers. */
export const continueDev: Host = {
  id: ID,
  title: 'Continue',
  files: (places) => [{ path: inHome(places, '.continue', 'config.yaml') }],
  read(document, context) {
    const servers: ImportedServer[] = [];
    const notes: ImportNote[] = [];
    const list = valueAt(document, ['mcpServers']);
    for (const [index, raw] of (Array.isArray(list) ? list : []).entries()) {
      const path = ['mcpServers', index];
      const { line } = document.place(path);
      const name: unknown = isRecord(raw) ? raw['name'] : undefined;
      if (!isRecord(raw) || typeof name !== 'string') {
        const isBlock = isRecord(raw) && raw['uses'] !== undefined;
        const message = isBlock
          ? 'is skipped: it is a block of the Continue hub'
          : 'is skipped: it has no name';
        notes.push({ from: path, line, message });
        continue;
      }
      const { folder } = context;
      servers.push(
        readEntry(new EntryDraft({ host: ID, name, document, path, raw, folder, expansion: continueStyle })),
      );
    }
    return { servers, notes };
  },
};

function readEntry(draft: EntryDraft): ImportedServer {
  draft.get('name');
  takeType(draft);
  takeProcess(draft);
  takeAddress(draft);
  draft.move('connectionTimeout', ['x-signalbox', 'timeouts', 'connect']);
  const key = draft.get('apiKey');
  if (typeof key === 'string') bearer(draft, 'apiKey', key, false);
  const options = draft.get('requestOptions');
  if (isRecord(options)) {
    const inner = new EntryDraft({
      ...draft.source,
      path: [...draft.source.path, 'requestOptions'],
      raw: options,
    });
    takeTexts(inner, 'headers', 'headers');
    draft.adopt(inner, ['requestOptions']);
  }
  return draft.finish();
}
