import { isRecord } from '../../checks/value-checks.ts';
import {
  bearer,
  takeAddress,
  takeArguments,
  takeDisabled,
  takeProcess,
  takeTools,
  takeType,
} from '../common-keys.ts';
import type { EntryDraft } from '../entry-draft.ts';
import { mcporterStyle } from '../expansion/styles.ts';
import { reference } from '../expansion/translate.ts';
import type { Host } from '../host.ts';
import { inFolder, inHome, xdgFolder } from '../host-folders.ts';
import { readServerMap, together, valueAt } from '../server-map.ts';
import { takeCommandList } from './opencode.ts';

const ID = 'mcporter';

/** mcporter: the address has many names; a variable that is not set is an error, as here. */
export const mcporter: Host = {
  id: ID,
  title: 'mcporter',
  files: (places) => [
    { path: inFolder(places, places.cwd, 'config', 'mcporter.json'), folder: places.cwd },
    { path: inHome(places, '.mcporter', 'mcporter.json') },
    { path: inHome(places, '.mcporter', 'mcporter.jsonc') },
    { path: xdgFolder(places, 'mcporter', 'mcporter.json') },
    { path: xdgFolder(places, 'mcporter', 'mcporter.jsonc') },
  ],
  read(document, context) {
    const reading = readServerMap(
      { host: ID, document, path: ['mcpServers'], context, expansion: mcporterStyle },
      readEntry,
    );
    const imports = valueAt(document, ['imports']);
    if (!Array.isArray(imports) || imports.length === 0) return reading;
    const message = 'what it takes over from other hosts is not followed: import from them';
    const { line } = document.place(['imports']);
    return together(reading, { servers: [], notes: [{ from: ['imports'], line, message }] });
  },
};

function readEntry(draft: EntryDraft): undefined {
  takeType(draft, draft.has('type') ? 'type' : 'transport');
  if (Array.isArray(draft.source.raw['command'])) {
    takeCommandList(draft);
    takeArguments(draft);
  } else {
    takeProcess(draft);
  }
  const url = ['baseUrl', 'base_url', 'url', 'serverUrl', 'server_url'].find((key) => draft.has(key));
  takeAddress(draft, url);
  for (const key of ['bearerTokenEnv', 'bearer_token_env']) {
    const variable = draft.get(key);
    if (typeof variable === 'string') bearer(draft, key, reference(variable), true);
  }
  for (const key of ['bearerToken', 'bearer_token']) {
    const token = draft.get(key);
    if (typeof token === 'string') bearer(draft, key, token, false);
  }
  takeDisabled(draft);
  takeTools(draft, draft.has('allowedTools') ? 'allowedTools' : 'allowed_tools', 'enabledTools');
  takeTools(draft, draft.has('blockedTools') ? 'blockedTools' : 'blocked_tools', 'disabledTools');
  draft.move('protocolVersion', ['x-signalbox', 'protocol']);
  takeLifecycle(draft);
  return undefined;
}

/** `keep-alive` is what Signalbox does anyway. */
function takeLifecycle(draft: EntryDraft): void {
  const given = draft.get('lifecycle');
  const { mode, idleTimeoutMs } = isRecord(given) ? given : { mode: given, idleTimeoutMs: undefined };
  if (mode !== 'ephemeral' && idleTimeoutMs === undefined) return;
  const from = ['lifecycle'];
  draft.set(
    ['x-signalbox', 'lazy'],
    true,
    from,
    '"lifecycle" → "lazy": started by the first call, stopped when idle',
  );
  if (idleTimeoutMs !== undefined) {
    draft.put(
      ['x-signalbox', 'timeouts', 'idle'],
      idleTimeoutMs,
      ['lifecycle', 'idleTimeoutMs'],
      '"idleTimeoutMs" → "idle"',
    );
  }
}
