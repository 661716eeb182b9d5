import { SignalboxError } from '../../core/errors.ts';
import { readSecret, type SecretOrigin } from '../static/secret-reader.ts';
import type { StoredClient } from '../store/stored-grant.ts';
import type { Discovery, DiscoveryTools } from './discovery.ts';
import type { DpopSession } from './dpop-key.ts';
import type { OAuthEngine } from './engine.ts';
import { authFailed } from './engine-error.ts';
import { clientInformation } from './oauth-client.ts';

export type EngineTokens = Awaited<ReturnType<OAuthEngine['fetchToken']>>;

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** Who asks for a token, and what for. */
export interface TokenRequest {
  readonly discovery: Discovery;
  readonly client: StoredClient;
  readonly scope: string | undefined;
  readonly dpop: DpopSession | undefined;
}

/**
 * Gets a token without a person: by the credentials of the client, by the token of a workload, or by the identity provider of
 * an enterprise. One attempt; nothing else is tried when it is refused.
 * @throws SignalboxError AUTH_FAILED, CONFIG_INVALID
 */
export async function tokenWithoutPerson(
  tools: DiscoveryTools,
  request: TokenRequest,
): Promise<EngineTokens> {
  const { options } = tools.context;
  switch (options.grant) {
    case 'client-credentials':
      return await requestToken(tools, request, { grant_type: 'client_credentials' });
    case 'jwt-bearer': {
      const assertion = await reveal(tools, options.assertion!);
      return await requestToken(tools, request, { grant_type: JWT_BEARER, assertion });
    }
    case 'enterprise': {
      const assertion = await identityAssertion(tools, request);
      return await requestToken(tools, request, { grant_type: JWT_BEARER, assertion });
    }
    default: {
      const message = `the grant "${options.grant ?? 'authorization-code'}" needs a person`;
      throw new SignalboxError('AUTH_FAILED', message, { server: tools.context.server });
    }
  }
}

/** True for grants that need nobody at the screen. */
export function needsNoPerson(grant: string | undefined): boolean {
  return grant === 'client-credentials' || grant === 'jwt-bearer' || grant === 'enterprise';
}

/** One request to the token endpoint, with the parameters of a grant. @throws SignalboxError AUTH_FAILED */
export async function requestToken(
  tools: DiscoveryTools,
  request: TokenRequest,
  params: Readonly<Record<string, string>>,
): Promise<EngineTokens> {
  try {
    return await rawTokenRequest(tools, request, params);
  } catch (error) {
    tools.hops.throwFault();
    const { server } = tools.context;
    throw authFailed('the authorization server gives no token', error, { server, conceal: tools.conceal });
  }
}

/** {@link requestToken} with the errors of the engine as they are. */
export async function rawTokenRequest(
  tools: DiscoveryTools,
  { discovery, client, scope, dpop }: TokenRequest,
  params: Readonly<Record<string, string>>,
): Promise<EngineTokens> {
  const { engine, hops } = tools;
  const { authorizationServer, issuer, metadata, resource } = discovery;
  const authentication = await clientAuthentication(tools, client);
  const body = new URLSearchParams(params);
  if (scope !== undefined) body.set('scope', scope);
  // In the words of the server: the engine's URL would add a slash to a resource without path.
  if (resource !== undefined) body.set('resource', resource);
  const provider = {
    redirectUrl: undefined,
    clientMetadata: { redirect_uris: [] },
    // A workload needs no client: its assertion says all.
    clientInformation: () => (client.clientId === '' ? undefined : clientInformation(client, issuer)),
    prepareTokenRequest: () => body,
    ...(authentication === undefined ? {} : { addClientAuthentication: authentication }),
    ...(dpop === undefined ? {} : { dpop: () => dpop }),
    tokens: () => undefined,
    saveTokens: () => undefined,
    redirectToAuthorization: () => undefined,
    saveCodeVerifier: () => undefined,
    codeVerifier: () => '',
  };
  return await engine.fetchToken(provider, authorizationServer, {
    ...(metadata === undefined ? {} : { metadata }),
    fetchFn: hops.fetch,
  });
}

/** How the client proves who it is by a key of its own; undefined: by its secret, or not at all. */
export async function clientAuthentication(
  tools: DiscoveryTools,
  { kind, clientId }: StoredClient,
): Promise<ReturnType<OAuthEngine['createPrivateKeyJwtAuth']> | undefined> {
  const { options } = tools.context;
  if (options.privateKey === undefined || kind === 'registered') return undefined;
  const privateKey = await reveal(tools, options.privateKey);
  const alg = options.algorithm ?? 'ES256';
  return tools.engine.createPrivateKeyJwtAuth({ issuer: clientId, subject: clientId, privateKey, alg });
}

/** The identity of a person, exchanged at the identity provider for an assertion for this authorization server. */
async function identityAssertion(tools: DiscoveryTools, { discovery, scope }: TokenRequest): Promise<string> {
  const { engine, hops, context, conceal } = tools;
  const { issuer, tokenEndpoint, clientId, clientSecret, idToken } = context.options.idp!;
  const { server, serverUrl } = context;
  const secret = clientSecret === undefined ? undefined : await reveal(tools, clientSecret);
  try {
    const endpoint = tokenEndpoint ?? (await foundTokenEndpoint(tools, issuer));
    const { jwtAuthGrant } = await engine.requestJwtAuthorizationGrant({
      tokenEndpoint: endpoint,
      audience: discovery.issuer,
      resource: discovery.resource ?? serverUrl.href,
      idToken: await reveal(tools, idToken),
      clientId,
      ...(secret === undefined ? {} : { clientSecret: secret }),
      ...(scope === undefined ? {} : { scope }),
      fetchFn: hops.fetch,
    });
    context.onSecret(jwtAuthGrant);
    return jwtAuthGrant;
  } catch (error) {
    hops.throwFault();
    throw authFailed('the identity provider gives no assertion', error, { server, conceal });
  }
}

async function foundTokenEndpoint({ engine, hops }: DiscoveryTools, issuer: string): Promise<string> {
  const metadata = await engine.discoverAuthorizationServerMetadata(issuer, { fetchFn: hops.fetch });
  if (metadata === undefined) throw new Error('it has no metadata');
  return metadata.token_endpoint;
}

async function reveal({ context }: DiscoveryTools, origin: SecretOrigin): Promise<string> {
  const text = (await readSecret(origin, context)).reveal();
  context.onSecret(text);
  return text;
}
