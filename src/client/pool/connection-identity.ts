import { createHmac } from 'node:crypto';
import type { ServerEntry } from '../../config/entry.ts';
import { isPem } from '../../config/http-settings.ts';
import type { ParsedEntry } from '../../config/parse-entry.ts';
import { isSecretName } from '../../core/redact.ts';
import { canonicalJson } from '../../wire/canonical-json.ts';

/**
 * Tells which entries lead to one and the same connection: those that are the same to the letter, on behalf of the same
 * principal. With a principal the values of what is named as a secret (a token, a password, a cookie, a key) take no
 * part: a rotated token is the same connection. Without one they do, so that two tenants are never mixed.
 *
 * It is a keyed hash: who has it learns nothing of a token, and cannot try out guesses.
 * @param parsed as `parseEntry` returns it
 * @param key random, and kept within the process
 */
export function connectionIdentity(
  { kind, entry }: Pick<ParsedEntry, 'kind' | 'entry'>,
  principal: string | undefined,
  key: Uint8Array,
): string {
  const shown = withoutNameCase(principal === undefined ? entry : withoutSecrets(entry));
  const facts = [
    kind,
    principal === undefined ? [] : [principal],
    JSON.parse(JSON.stringify(shown)) as unknown,
  ];
  return createHmac('sha256', key).update(canonicalJson(facts)).digest('hex');
}

/** The names stay: with a token and without one are two connections. */
function withoutSecrets(entry: ServerEntry): ServerEntry {
  const own = entry['x-signalbox'];
  const launch = own?.launch;
  return {
    ...entry,
    url: entry.url === undefined ? undefined : withoutQuerySecrets(entry.url),
    headers: withoutValues(entry.headers),
    env: withoutValues(entry.env),
    oauth: withoutNested(entry.oauth) as ServerEntry['oauth'],
    'x-signalbox': {
      ...own,
      launch: launch === undefined ? undefined : { ...launch, env: withoutValues(launch.env) },
      http: withoutHttpSecrets(own?.http),
    },
  };
}

function withoutValues(
  record: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> | undefined {
  if (record === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, isSecretName(name) ? '' : value]),
  );
}

function withoutNested(value: unknown, name: string = ''): unknown {
  if (typeof value === 'string') return isSecretName(name) ? '' : value;
  if (Array.isArray(value)) return value.map((item) => withoutNested(item, name));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutNested(item, key)]));
}

function withoutQuerySecrets(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  for (const name of new Set(url.searchParams.keys())) {
    if (isSecretName(name) || /^(?:key|code|sig|signature)$/iu.test(name)) url.searchParams.set(name, '');
  }
  return url.href;
}

type Http = NonNullable<NonNullable<ServerEntry['x-signalbox']>['http']>;

function withoutHttpSecrets(http: Http | undefined): Http | undefined {
  if (http === undefined) return undefined;
  const { tls, proxy } = http;
  return {
    ...http,
    ...(tls === undefined
      ? {}
      : {
          tls: {
            ...tls,
            passphrase: tls.passphrase === undefined ? undefined : '',
            // A path is no secret; a key that stands here is.
            key: tls.key !== undefined && isPem(tls.key) ? '' : tls.key,
          },
        }),
    ...(typeof proxy === 'string' ? { proxy: withoutPassword(proxy) } : {}),
  };
}

function withoutPassword(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  url.password = '';
  return url.href;
}

/** Names of headers mean the same in any case. */
function withoutNameCase(entry: ServerEntry): ServerEntry {
  const { headers } = entry;
  if (headers === undefined) return entry;
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return { ...entry, headers: Object.fromEntries(lower) };
}
