import type { CredentialSource } from '../../auth/credential-source.ts';
import type { OAuthContext, OAuthOptions } from '../../auth/oauth/oauth-options.ts';
import { OnDemandSource } from '../../auth/on-demand-source.ts';
import { type StaticCredential, staticSource } from '../../auth/static/static-source.ts';
import type { ParsedEntry } from '../../config/parse-entry.ts';
import type { ResolvedSettings } from '../../config/settings.ts';
import type { SignalboxError } from '../../core/errors.ts';
import { VERSION } from '../../core/version.ts';
import { hopDialer } from '../../transports/http/hop-dialer.ts';
import type { ClientEnvironment } from '../connection/connector.ts';

/** What a client tells about itself where its credentials depend on it. */
export interface CredentialOwner {
  readonly isConnected: () => boolean;
  /** The token in use is good no more, and only a person can help. */
  readonly lost: (error: SignalboxError) => void;
  /** Fires when it is released for good. */
  readonly ending: () => AbortSignal;
}

/** Where the credentials of one client come from. */
export interface ClientCredentials {
  /** Undefined: nowhere, beside the `headers` of the entry. */
  readonly source: CredentialSource | undefined;
  /** The same, if it is OAuth. */
  readonly oauth: OnDemandSource | undefined;
}

const NONE: ClientCredentials = { source: undefined, oauth: undefined };

/** Kinds of transport that credentials go along with. */
const KINDS: ReadonlySet<string> = new Set(['auto', 'http', 'sse', 'rest']);

/**
 * The source that an entry asks for: fixed credentials, or OAuth. Without a word about it, OAuth stands ready for the day that the
 * server wants it, unless `headers` hold credentials already.
 */
export function clientCredentials(
  { name, kind, entry }: ParsedEntry,
  settings: ResolvedSettings,
  environment: ClientEnvironment,
  owner: CredentialOwner,
): ClientCredentials {
  const { auth } = settings;
  const { url } = entry;
  if (!KINDS.has(kind) || auth === false || url === undefined || !URL.canParse(url)) return NONE;
  const taken = new Set(Object.keys(entry.headers ?? {}).map((header) => header.toLowerCase()));
  if (auth !== undefined && auth.type !== 'oauth') {
    const { clock, logger, authorization } = environment;
    const context = { server: name, clock, logger, taken, onSecret: authorization.onSecret };
    return { source: staticSource(auth satisfies StaticCredential, context), oauth: undefined };
  }
  if (taken.has('authorization')) return NONE;
  const oauth = oauthSource({ name, url: new URL(url) }, auth ?? {}, auth !== undefined, {
    settings,
    environment,
    owner,
  });
  return { source: oauth, oauth };
}

function oauthSource(
  { name, url }: { readonly name: string; readonly url: URL },
  options: OAuthOptions,
  isConfigured: boolean,
  parts: {
    readonly settings: ResolvedSettings;
    readonly environment: ClientEnvironment;
    readonly owner: CredentialOwner;
  },
): OnDemandSource {
  const { settings, environment, owner } = parts;
  const { authorization, clock, random, logger, pools } = environment;
  const { handler, store, turns, clientName, onSecret } = authorization;
  url.hash = '';
  const mayAsk = (): boolean => handler !== undefined && owner.isConnected();
  const load = async () => {
    const { OAuthSession } = await import('../../auth/oauth/oauth-session.ts');
    const transport = { server: name, clock, random, logger, limits: settings.limits };
    const context: OAuthContext = {
      server: name,
      serverUrl: url,
      options: {
        ...options,
        clientMetadataUrl: options.clientMetadataUrl ?? authorization.clientMetadataUrl,
      },
      store,
      clock,
      logger,
      dial: hopDialer(transport, url, settings.http, pools),
      clientName,
      softwareVersion: VERSION,
      handler,
      mayAsk,
      turns,
      ending: owner.ending,
      onLost: (error) => owner.lost(error),
      onSecret,
    };
    return await OAuthSession.open(context);
  };
  return new OnDemandSource({ server: name, serverUrl: url, store, isConfigured, mayAsk, load });
}
