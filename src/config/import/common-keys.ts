import { isRecord } from '../checks/value-checks.ts';
import { type EntryDraft, secondsToMs } from './entry-draft.ts';

/** Types of hosts that mean Streamable HTTP. */
const HTTP_TYPES: ReadonlySet<unknown> = new Set([
  'http',
  'streamable-http',
  'streamableHttp',
  'streamable_http',
  'streamablehttp',
]);

/** `type` (or what it is called) in our words. What nobody knows stays, for the check of the entry to refuse. */
export function takeType(draft: EntryDraft, key: string = 'type'): void {
  const type = draft.get(key);
  if (type === undefined) return;
  const ours = HTTP_TYPES.has(type) ? 'http' : type;
  const changed = typeof type !== 'string' || ours === type ? undefined : `"${type}" → "http"`;
  draft.set(['type'], ours, [key], changed ?? (key === 'type' ? undefined : `"${key}" → "type"`));
}

/** Program, arguments, variables, folder. Keys that are missing are no matter. */
export function takeProcess(draft: EntryDraft): void {
  draft.move('command');
  takeArguments(draft);
}

/** The same without the program. */
export function takeArguments(draft: EntryDraft): void {
  draft.move('args');
  takeTexts(draft, 'env', 'env');
  draft.move('cwd');
}

/** Address and headers. */
export function takeAddress(draft: EntryDraft, url: string = 'url', headers: string = 'headers'): void {
  draft.move(url, 'url');
  takeTexts(draft, headers, 'headers');
}

/** A map of texts. Numbers and booleans become text, as hosts pass them on; null means that the variable is not set. */
export function takeTexts(draft: EntryDraft, key: string, to: string): void {
  const value = draft.get(key);
  if (value === undefined) return;
  if (!isRecord(value)) {
    draft.put([to], value, [key]);
    return;
  }
  for (const [name, one] of Object.entries(value)) {
    const renamed = key === to ? undefined : `"${key}" → "${to}"`;
    if (name === '__proto__') draft.note([key, name], 'is ignored: no setting can have this name');
    else if (one === null) draft.note([key, name], 'is null, which means "not set", and is left out');
    else if (typeof one === 'number' || typeof one === 'boolean') {
      draft.put([to, name], String(one), [key, name], `${typeof one} → text`);
    } else draft.put([to, name], one, [key, name], renamed);
  }
}

/** `disabled: true`; false says nothing and is left out. */
export function takeDisabled(draft: EntryDraft): void {
  if (draft.get('disabled') !== false) draft.move('disabled');
}

/** `enabled: false`, the other way round. */
export function takeEnabled(draft: EntryDraft): void {
  const enabled = draft.get('enabled');
  if (enabled === undefined || enabled === true) return;
  draft.set(
    ['disabled'],
    enabled === false ? true : enabled,
    ['enabled'],
    '"enabled": false → "disabled": true',
  );
}

/** A time limit in seconds, as ms. */
export function takeSeconds(
  draft: EntryDraft,
  key: string,
  to: string | readonly string[] = 'timeout',
): void {
  draft.move(key, to, { convert: secondsToMs, change: 'seconds → ms' });
}

/** A list of tool names. One that is empty, or `["*"]`, allows what is allowed anyway and is left out. */
export function takeTools(draft: EntryDraft, key: string, to: string): void {
  const tools = draft.get(key);
  const saysNothing =
    Array.isArray(tools) && (tools.length === 0 || (to === 'enabledTools' && tools.includes('*')));
  if (saysNothing) return;
  draft.move(key, to);
}

/** An `Authorization: Bearer` header from a secret, or from the name of the variable that holds one. */
export function bearer(draft: EntryDraft, key: string, text: string, isPlaceholder: boolean): void {
  const path = ['headers', 'Authorization'];
  const change = `"${key}" → an "Authorization" header`;
  if (isPlaceholder) draft.set(path, `Bearer ${text}`, [key], change);
  else draft.put(path, `Bearer ${text}`, [key], change);
}

/** OAuth settings under the names that Signalbox reads; the others are told of. */
export function takeOauth(
  draft: EntryDraft,
  key: string,
  names: Readonly<Record<string, 'clientId' | 'clientSecret' | 'scopes' | 'callbackPort'>>,
): void {
  const value = draft.get(key);
  if (value === undefined) return;
  if (!isRecord(value)) {
    draft.note([key], 'says nothing that is needed here: a server that wants OAuth gets it');
    return;
  }
  for (const [name, one] of Object.entries(value)) {
    const ours = Object.hasOwn(names, name) ? names[name] : undefined;
    if (ours !== undefined && one !== null) {
      draft.put(['oauth', ours], one, [key, name], ours === name ? undefined : `"${name}" → "${ours}"`);
    } else if (one !== null) {
      draft.note(
        [key, name],
        'is left out: Signalbox finds it out by itself, or has "x-signalbox.auth" for it',
      );
    }
  }
}

/** The names of most hosts. */
export const OAUTH_NAMES = {
  clientId: 'clientId',
  clientSecret: 'clientSecret',
  scopes: 'scopes',
  scope: 'scopes',
  callbackPort: 'callbackPort',
} as const;
