import { SignalboxError } from '../../core/errors.ts';
import {
  currentGrant,
  grantOf,
  type StoredClient,
  type StoredGrant,
  type StoredServer,
  type StoredTokens,
  withGrant,
} from '../store/stored-grant.ts';
import type { Discovery, DiscoveryTools } from './discovery.ts';
import type { DpopKey } from './dpop-key.ts';
import { authFailed, oauthErrorCode } from './engine-error.ts';
import { clientInformation } from './oauth-client.ts';
import type { OAuthContext } from './oauth-options.ts';
import { clientAuthentication, type EngineTokens } from './token-grants.ts';

/** What became of a renewal. `gone`: the authorization server takes the refresh token no more. */
export type Renewal =
  | { readonly kind: 'renewed'; readonly grant: StoredGrant }
  | { readonly kind: 'adopted'; readonly grant: StoredGrant }
  | { readonly kind: 'none' }
  | { readonly kind: 'gone' };

/** Tokens as they are kept. @throws SignalboxError AUTH_FAILED for a kind of token that nobody here can use */
export function storedTokens(context: OAuthContext, tokens: EngineTokens, isDpop: boolean): StoredTokens {
  const { clock, server, onSecret } = context;
  const type = tokens.token_type.toLowerCase();
  if (type !== 'bearer' && type !== 'dpop') {
    throw new SignalboxError('AUTH_FAILED', 'the authorization server gave a token that is no bearer token', {
      server,
    });
  }
  if (/[^\u0021-\u007E]/u.test(tokens.access_token) || tokens.access_token === '') {
    throw new SignalboxError(
      'AUTH_FAILED',
      'the authorization server gave a token that no header can carry',
      { server },
    );
  }
  onSecret(tokens.access_token);
  if (tokens.refresh_token !== undefined) onSecret(tokens.refresh_token);
  return {
    accessToken: tokens.access_token,
    isDpop: isDpop && type === 'dpop',
    refreshToken: tokens.refresh_token,
    scope: tokens.scope,
    expiresAtMs: tokens.expires_in === undefined ? undefined : clock.wallNow() + tokens.expires_in * 1000,
  };
}

/** What of the context keeps the tokens of one server, in the store that all processes share. */
export class TokenKeeper {
  readonly #context: OAuthContext;
  readonly #url: string;

  constructor(context: OAuthContext) {
    this.#context = context;
    this.#url = context.serverUrl.href;
  }

  load(): Promise<StoredServer | undefined> {
    return this.#context.store.load(this.#url);
  }

  /** Keeps what was granted, in place of what the same authorization server granted before. */
  keep(
    discovery: Discovery,
    granted: {
      client: StoredClient;
      tokens: StoredTokens;
      requestedScope: string | undefined;
      key: DpopKey | undefined;
    },
  ): Promise<StoredGrant> {
    const grant: StoredGrant = {
      issuer: discovery.issuer,
      resource: discovery.resource,
      client: granted.client,
      tokens: granted.tokens,
      requestedScope: granted.requestedScope,
      dpopKey: granted.key?.stored,
      savedAtMs: this.#context.clock.wallNow(),
    };
    return this.#context.store.update(this.#url, (stored) =>
      Promise.resolve({ next: withGrant(stored, this.#url, grant), result: grant }),
    );
  }

  /**
   * Renews an access token by its refresh token, once among all processes: whoever comes second finds the token of the
   * first and takes that. What the authorization server gives is kept before anybody uses it, and only the refresh token
   * that was refused is thrown away, never one that came meanwhile.
   *
   * @param used the access token that is no good any more
   * @throws SignalboxError AUTH_FAILED, or what a hop failed with; then everything is as before
   */
  renew(
    tools: DiscoveryTools,
    discovery: Discovery,
    used: string | undefined,
    key: DpopKey | undefined,
  ): Promise<Renewal> {
    const { store } = this.#context;
    return store.update<Renewal>(this.#url, async (stored) => {
      const grant = grantOf(stored, discovery.issuer, discovery.resource);
      const tokens = grant?.tokens;
      if (grant === undefined || tokens === undefined || !this.#isOurs(grant))
        return { next: stored, result: { kind: 'none' } };
      if (tokens.accessToken !== used) return { next: stored, result: { kind: 'adopted', grant } };
      if (tokens.refreshToken === undefined) return { next: stored, result: { kind: 'none' } };
      try {
        const renewed = await this.#renewed(tools, discovery, grant, tokens.refreshToken, key);
        return { next: withGrant(stored, this.#url, renewed), result: { kind: 'renewed', grant: renewed } };
      } catch (error) {
        tools.hops.throwFault();
        const code = oauthErrorCode(error);
        const { server } = this.#context;
        const failure = authFailed('the token cannot be renewed', error, { server, conceal: tools.conceal });
        if (code === 'invalid_client' || code === 'unauthorized_client') {
          // It does not know us any more: the next login introduces us again.
          return { next: without(stored, grant), result: { kind: 'gone' } };
        }
        if (code !== 'invalid_grant' && code !== 'invalid_dpop_proof') throw failure;
        const { refreshToken: _refused, ...others } = tokens;
        const next = withGrant(stored, this.#url, { ...grant, tokens: others });
        return { next, result: { kind: 'gone' } };
      }
    });
  }

  /** Forgets the tokens of this server, and with them every client that was made for it. */
  forget(): Promise<StoredServer | undefined> {
    return this.#context.store.update(this.#url, (stored) =>
      Promise.resolve({ next: undefined, result: stored }),
    );
  }

  /** The grant in use, unless it belongs to another client than the one that is configured now. */
  inUse(stored: StoredServer | undefined): StoredGrant | undefined {
    const grant = currentGrant(stored);
    if (grant === undefined || !this.#isOurs(grant)) return undefined;
    return grant;
  }

  #isOurs({ client, issuer }: StoredGrant): boolean {
    const { clientId, issuer: wanted } = this.#context.options;
    if (wanted !== undefined && wanted !== issuer) return false;
    return clientId === undefined ? client.kind !== 'configured' : client.clientId === clientId;
  }

  async #renewed(
    tools: DiscoveryTools,
    discovery: Discovery,
    grant: StoredGrant,
    refreshToken: string,
    key: DpopKey | undefined,
  ): Promise<StoredGrant> {
    const { engine, hops, context } = tools;
    const { authorizationServer, issuer, metadata, resource } = discovery;
    const authentication = await clientAuthentication(tools, grant.client);
    const tokens = await engine.refreshAuthorization(authorizationServer, {
      ...(metadata === undefined ? {} : { metadata }),
      clientInformation: clientInformation(grant.client, issuer),
      refreshToken,
      ...(resource === undefined ? {} : { resource }),
      ...(authentication === undefined ? {} : { addClientAuthentication: authentication }),
      ...(key === undefined ? {} : { dpop: key.session }),
      fetchFn: hops.fetch,
    });
    const kept = storedTokens(context, tokens, key !== undefined);
    return {
      ...grant,
      // RFC 6749, 5.1: a scope that is not told has not changed.
      tokens: { ...kept, scope: kept.scope ?? grant.tokens?.scope },
      savedAtMs: context.clock.wallNow(),
    };
  }
}

function without(stored: StoredServer | undefined, grant: StoredGrant): StoredServer | undefined {
  const grants = (stored?.grants ?? []).filter((one) => one !== grant);
  return stored === undefined || grants.length === 0 ? undefined : { ...stored, grants };
}
