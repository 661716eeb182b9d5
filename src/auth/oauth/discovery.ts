import { SignalboxError } from '../../core/errors.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';
import { redactUrl } from '../../core/redact.ts';
import type { OAuthEngine } from './engine.ts';
import { authFailed } from './engine-error.ts';
import type { GuardedFetch } from './guarded-fetch.ts';
import type { OAuthContext } from './oauth-options.ts';

export type ServerMetadata = NonNullable<
  Awaited<ReturnType<OAuthEngine['discoverAuthorizationServerMetadata']>>
>;
type ResourceMetadata = Awaited<ReturnType<OAuthEngine['discoverOAuthProtectedResourceMetadata']>>;

/** Who gives tokens for a server, and for what. */
export interface Discovery {
  /** The authorization server, as its metadata names it; where it has none, its address. */
  readonly issuer: string;
  /** Where endpoints are relative to. */
  readonly authorizationServer: string;
  /** Undefined only for servers of revision 2025-03-26 that have none. */
  readonly metadata: ServerMetadata | undefined;
  /** The resource indicator, in the words of the server (RFC 8707). */
  readonly resource: string | undefined;
  /** All scopes that the server lists. */
  readonly scopes: readonly string[] | undefined;
}

/** What discovery works with. */
export interface DiscoveryTools {
  readonly engine: OAuthEngine;
  readonly hops: GuardedFetch;
  readonly context: OAuthContext;
  readonly conceal: (text: string) => string;
}

/**
 * Finds the authorization server of a server: RFC 9728, then RFC 8414 or OpenID Connect; where the server has no metadata
 * of its own, as revision 2025-03-26 has it. What does not fit together is refused, never guessed.
 *
 * @param resourceMetadataUrl where the server says that its metadata are
 * @throws SignalboxError AUTH_FAILED, or what a hop failed with
 */
export async function discover(
  tools: DiscoveryTools,
  resourceMetadataUrl: string | undefined,
): Promise<Discovery> {
  const { context } = tools;
  const resource = await resourceMetadata(tools, resourceMetadataUrl);
  const named = chooseServer(tools, resource);
  const authorizationServer = named ?? context.options.issuer ?? `${context.serverUrl.origin}/`;
  if (named === undefined && context.options.issuer === undefined) {
    context.logger.warn(
      'the server does not say who gives its tokens; it is asked itself, as in revision 2025-03-26',
      {
        server: context.server,
      },
    );
  }
  const metadata = await serverMetadata(tools, authorizationServer, named !== undefined);
  return {
    issuer: metadata?.issuer ?? authorizationServer,
    authorizationServer,
    metadata,
    resource: resource?.resource,
    scopes: resource?.scopes_supported,
  };
}

async function resourceMetadata(
  { engine, hops, context, conceal }: DiscoveryTools,
  resourceMetadataUrl: string | undefined,
): Promise<ResourceMetadata | undefined> {
  const { server, serverUrl } = context;
  let found: ResourceMetadata;
  try {
    const at = resourceMetadataUrl === undefined ? {} : { resourceMetadataUrl };
    found = await engine.discoverOAuthProtectedResourceMetadata(serverUrl, at, hops.fetch);
  } catch (error) {
    hops.throwFault();
    // Only a plain "there is none" leads to the older revisions; anything else must not lead to another server.
    if (resourceMetadataUrl === undefined && hops.lastStatus >= 400 && hops.lastStatus < 500)
      return undefined;
    throw authFailed('the server tells nothing usable about who gives its tokens', error, {
      server,
      conceal,
    });
  }
  if (!isFor(engine, serverUrl, found.resource)) {
    const shown = sanitizePeerText(redactUrl(found.resource), 120);
    const message = `the metadata of the server are those of another resource (${shown}); no token is asked for`;
    throw new SignalboxError('AUTH_FAILED', message, { server });
  }
  return found;
}

function isFor(engine: OAuthEngine, serverUrl: URL, resource: string): boolean {
  try {
    return engine.checkResourceAllowed({ requestedResource: serverUrl, configuredResource: resource });
  } catch {
    return false;
  }
}

/** The authorization server to use, of those that the server names; undefined if it names none. */
function chooseServer(
  { context }: DiscoveryTools,
  resource: ResourceMetadata | undefined,
): string | undefined {
  const { server, options } = context;
  const named = resource?.authorization_servers ?? [];
  const { issuer } = options;
  if (issuer === undefined || named.length === 0) return named[0];
  const plain = (text: string): string => text.replace(/\/$/u, '');
  if (named.some((one) => plain(one) === plain(issuer))) return issuer;
  const shown = named.slice(0, 4).map((one) => sanitizePeerText(redactUrl(one), 80));
  const message = `the server takes tokens of ${shown.join(', ')}, not of "auth.issuer" (${issuer}); no credential is sent there`;
  throw new SignalboxError('AUTH_FAILED', message, { server });
}

async function serverMetadata(
  { engine, hops, context, conceal }: DiscoveryTools,
  authorizationServer: string,
  isNamed: boolean,
): Promise<ServerMetadata | undefined> {
  const { server } = context;
  const shown = sanitizePeerText(redactUrl(authorizationServer), 120);
  let metadata: ServerMetadata | undefined;
  try {
    metadata = await engine.discoverAuthorizationServerMetadata(authorizationServer, { fetchFn: hops.fetch });
  } catch (error) {
    hops.throwFault();
    throw authFailed(`the metadata of the authorization server ${shown} cannot be used`, error, {
      server,
      conceal,
    });
  }
  if (metadata === undefined) {
    if (!isNamed && context.options.issuer === undefined) return undefined;
    throw new SignalboxError('AUTH_FAILED', `the authorization server ${shown} has no metadata`, { server });
  }
  // The engine forgives a slash at the end; RFC 8414 does not.
  if (isNamed && metadata.issuer !== authorizationServer) {
    const own = sanitizePeerText(redactUrl(metadata.issuer), 120);
    const message = `the authorization server ${shown} calls itself ${own}; set "auth.issuer" to that if you trust it`;
    throw new SignalboxError('AUTH_FAILED', message, { server });
  }
  return metadata;
}

/** PKCE must be known to be kept: without it a stolen code is a token. @throws SignalboxError AUTH_FAILED */
export function requirePkce({ metadata, issuer }: Discovery, server: string): void {
  if (metadata === undefined) return;
  const methods = metadata.code_challenge_methods_supported;
  if (methods?.includes('S256') === true) return;
  const shown = sanitizePeerText(redactUrl(issuer), 120);
  throw new SignalboxError('AUTH_FAILED', `the authorization server ${shown} does not offer PKCE with S256`, {
    server,
  });
}
