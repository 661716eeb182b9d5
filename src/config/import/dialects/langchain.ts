import { isRecord } from '../../checks/value-checks.ts';
import { takeAddress, takeProcess, takeType } from '../common-keys.ts';
import type { EntryDraft } from '../entry-draft.ts';
import { braces } from '../expansion/styles.ts';
import type { Host } from '../host.ts';
import { readServerMap, valueAt } from '../server-map.ts';

const ID = 'langchain';

/** The MCP adapters of LangChain, written down as JSON: `mcpServers`, or the map alone. */
export const langchain: Host = {
  id: ID,
  title: 'LangChain MCP adapters',
  files: () => [],
  read: (document, context) => {
    const path = valueAt(document, ['mcpServers']) === undefined ? [] : ['mcpServers'];
    // In Python the values of `env` are filled in, elsewhere nobody would write a placeholder.
    return readServerMap({ host: ID, document, path, context, expansion: braces }, (draft) => {
      takeLangchainType(draft);
      takeProcess(draft);
      takeAddress(draft);
      draft.move('defaultToolTimeout', 'timeout');
      takeRestart(draft);
      return undefined;
    });
  },
};

/** `http` falls back to HTTP+SSE unless it is told not to. */
function takeLangchainType(draft: EntryDraft): void {
  const key = draft.has('transport') ? 'transport' : 'type';
  const fallsBack = draft.get('automaticSSEFallback') !== false;
  const type = draft.get(key);
  if (type === 'http' && fallsBack) {
    draft.note([key], '"http" falls back to HTTP+SSE there, as an address without "type" does here');
  } else if (type !== undefined) {
    takeType(draft, key);
  }
}

function takeRestart(draft: EntryDraft): void {
  const restart = draft.get('restart');
  if (!isRecord(restart)) return;
  const path = ['x-signalbox', 'restart'];
  for (const [name, value] of Object.entries(restart)) {
    const from = ['restart', name];
    if (name === 'enabled') {
      if (value === false) draft.set(path, false, from, '"enabled": false → "restart": false');
    } else if (restart['enabled'] === false) {
      continue;
    } else if (name === 'maxAttempts') {
      draft.put([...path, 'limit'], value, from, '"maxAttempts" → "limit"');
    } else {
      draft.note(from, 'is left out: the pauses between restarts grow by themselves here');
    }
  }
}
