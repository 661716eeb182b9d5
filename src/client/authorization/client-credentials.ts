import type { CredentialSource } from '../../auth/credential-source.ts';
import { OnDemandSource } from '../../auth/on-demand-source.ts';
import { type StaticCredential, staticSource } from '../../auth/static/static-source.ts';
import { ClientOAuth } from './client-oauth.ts';
import type { CredentialOwner } from './credential-owner.ts';

/** Kinds of transport that credentials go along with. */
const KINDS: ReadonlySet<string> = new Set(['auto', 'http', 'sse', 'rest']);

/**
 * The source that an entry asks for: fixed credentials, or OAuth. Without a word about it, OAuth stands ready for the day that the
 * server wants it, unless `headers` hold credentials already. Undefined: those `headers` are all there is.
 */
export function clientCredentials(client: CredentialOwner): CredentialSource | undefined {
  const { name, kind, entry } = client.parsed;
  const { auth } = client.settings;
  const { url } = entry;
  if (!KINDS.has(kind) || auth === false || url === undefined || !URL.canParse(url)) return undefined;
  const taken = new Set(Object.keys(entry.headers ?? {}).map((header) => header.toLowerCase()));
  if (auth !== undefined && auth.type !== 'oauth') {
    const { clock, logger, authorization } = client.environment;
    const context = { server: name, clock, logger, taken, onSecret: authorization.onSecret };
    return staticSource(auth satisfies StaticCredential, context);
  }
  return taken.has('authorization') ? undefined : new OnDemandSource(new ClientOAuth(client));
}
