import { messageWithoutHead, SignalboxError } from '../../core/errors.ts';
import type { AuthorizationHandler } from '../authorization-handler.ts';
import type { AuthorizationStatus } from '../authorization-result.ts';
import { type AuthChallenge, oauthParam } from '../challenge.ts';
import { concealed } from '../conceal.ts';
import type {
  CredentialHeaders,
  CredentialRefusal,
  CredentialRequest,
  CredentialVerdict,
} from '../credential-source.ts';
import type { StoredGrant, StoredServer } from '../store/stored-grant.ts';
import { type BrowserLogin, loginInBrowser } from './browser-login.ts';
import { loginOnDevice } from './device-login.ts';
import { type Discovery, type DiscoveryTools, discover } from './discovery.ts';
import { type DpopKey, dpopKey } from './dpop-key.ts';
import { loadEngine } from './engine.ts';
import { GuardedFetch } from './guarded-fetch.ts';
import { clientFor } from './oauth-client.ts';
import type { OAuthContext } from './oauth-options.ts';
import { revokeTokens } from './revocation.ts';
import { chosenScope, holdsScopes, scopeUnion } from './scopes.ts';
import { needsNoPerson, tokenWithoutPerson } from './token-grants.ts';
import { storedTokens, TokenKeeper } from './token-keeper.ts';

/** A token that ends within this time is renewed before it is used, in ms (F-134). */
const SKEW_MS = 60_000;
/** A token that lives no longer than that is used to its last tenth instead. */
const SHORT_LIFE = 0.1;
/** After a renewal that failed nobody tries again for this long, in ms: no storm (F-079). */
const PAUSE_MS = 5000;
/** Times that one request may ask for more rights. */
export const MAX_STEP_UPS = 3;
/** How often one request is made with a fresh token. */
const MAX_REPLAYS = 2;

const AGAIN: CredentialVerdict = { kind: 'again' };
const LEAVE: CredentialVerdict = { kind: 'leave' };

/** How a login is made. */
export interface LoginOptions {
  readonly handler?: AuthorizationHandler | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a server asked for. */
interface Wanted {
  readonly resourceMetadataUrl: string | undefined;
  readonly scope: string | undefined;
}

/** OAuth with one server: keeps the token in use, renews it, gets a new one where that is possible. */
export class OAuthSession {
  readonly #context: OAuthContext;
  readonly #keeper: TokenKeeper;
  readonly #tools: DiscoveryTools;
  readonly #secrets: Set<string> = new Set();
  #grant: StoredGrant | undefined;
  #key: DpopKey | undefined;
  #headers: CredentialHeaders | undefined;
  #discovery: Discovery | undefined;
  #wanted: Wanted = { resourceMetadataUrl: undefined, scope: undefined };
  #renewing: Promise<void> | undefined;
  #login: Promise<void> | undefined;
  #failure: { readonly error: SignalboxError; readonly until: number } | undefined;
  /** The access token that was made for this session last: if it is refused at once, another one would fare no better. */
  #minted: string | undefined;
  /** The token in use has become worthless, which was not told yet. */
  #isLost = false;
  /** Rights that were asked for in vain. */
  readonly #denied: Set<string> = new Set();

  /** @throws SignalboxError CONFIG_INVALID if the store cannot be used */
  static async open(given: OAuthContext): Promise<OAuthSession> {
    const engine = await loadEngine();
    const secrets = new Set<string>();
    const context: OAuthContext = {
      ...given,
      onSecret: (secret) => {
        secrets.add(secret);
        given.onSecret(secret);
      },
    };
    const { server, serverUrl, options, dial } = context;
    const named = [options.issuer, options.idp?.issuer, options.idp?.tokenEndpoint].filter(
      (url) => url !== undefined,
    );
    const policy = {
      server,
      serverUrl,
      allowPrivate: options.allowPrivate === true,
      named: new Set(named.map((url) => new URL(url).origin)),
    };
    const conceal = (text: string): string => concealed(text, secrets);
    const tools = { engine, hops: new GuardedFetch(policy, dial), context, conceal };
    const session = new OAuthSession(context, tools, secrets);
    const keeper = new TokenKeeper(context);
    await session.#adopt(keeper.inUse(await keeper.load()));
    return session;
  }

  private constructor(context: OAuthContext, tools: DiscoveryTools, secrets: Set<string>) {
    this.#context = context;
    this.#tools = tools;
    this.#secrets = secrets;
    this.#keeper = new TokenKeeper(context);
  }

  conceal(text: string): string {
    return concealed(text, this.#secrets);
  }

  headers(
    request: CredentialRequest,
  ): CredentialHeaders | undefined | Promise<CredentialHeaders | undefined> {
    const tokens = this.#grant?.tokens;
    if (tokens === undefined) return undefined;
    if (this.#isEnding(tokens.expiresAtMs) && this.#canRenew) return this.#renewedHeaders(request);
    return tokens.isDpop ? this.#proven(request) : this.#headers;
  }

  answered({ url }: CredentialRequest, headers: CredentialRefusal['headers']): void {
    const nonce = headers['dpop-nonce'];
    if (this.#key !== undefined && typeof nonce === 'string') this.#key.session.rememberNonce(url, nonce);
  }

  async refused(refusal: CredentialRefusal): Promise<CredentialVerdict> {
    const { status, challenges } = refusal;
    try {
      if (status === 401) return await this.#unauthorized(refusal);
      if (oauthParam(challenges, 'error') === 'insufficient_scope') return await this.#stepUp(refusal);
      return LEAVE;
    } catch (error) {
      const denied = this.#needsPerson(status, challenges, error);
      if (this.#isLost && denied.code === 'AUTH_REQUIRED') {
        this.#isLost = false;
        this.#context.onLost(denied);
      }
      return { kind: 'denied', error: denied };
    }
  }

  /** Gets a token with the help of a person, or without one where the grant needs none. @throws SignalboxError AUTH_FAILED */
  async authorize(options: LoginOptions = {}): Promise<AuthorizationStatus> {
    this.#discovery = undefined;
    this.#denied.clear();
    await this.#loggedIn(this.#wanted.scope, options);
    return this.status();
  }

  /** Remembers what the server asked for last: the next login asks for that. */
  note(challenges: readonly AuthChallenge[]): void {
    this.#wanted = {
      resourceMetadataUrl: oauthParam(challenges, 'resource_metadata'),
      scope: oauthParam(challenges, 'scope'),
    };
  }

  status(): AuthorizationStatus {
    const grant = this.#grant;
    const tokens = grant?.tokens;
    const isAutomatic = needsNoPerson(this.#context.options.grant);
    const renewable = tokens?.refreshToken !== undefined || isAutomatic;
    return {
      authorized: tokens !== undefined && (renewable || !this.#isOver(tokens.expiresAtMs)),
      issuer: grant?.issuer,
      clientId: grant?.client.clientId,
      scope: tokens?.scope ?? grant?.requestedScope,
      expiresAtMs: tokens?.expiresAtMs,
      renewable,
    };
  }

  /** Takes all tokens back, as far as the authorization server does so, and forgets them. */
  async logout(): Promise<void> {
    const stored = await this.#keeper.forget();
    await this.#adopt(undefined);
    this.#failure = undefined;
    if (stored !== undefined) await this.#revoke(stored);
  }

  async #revoke(stored: StoredServer): Promise<void> {
    const grant = this.#keeper.inUse(stored);
    if (grant === undefined) return;
    try {
      const discovery = await this.#discovered();
      if (discovery.issuer === grant.issuer) await revokeTokens(this.#tools, discovery, grant);
    } catch (error) {
      const { logger, server } = this.#context;
      const why = error instanceof Error ? error.message : String(error);
      logger.warn('the tokens are forgotten here, but could not be taken back', {
        server,
        error: this.conceal(why),
      });
    }
  }

  // --- refusals ---------------------------------------------------------------------------------------------------

  async #unauthorized({ challenges, sent, refusals }: CredentialRefusal): Promise<CredentialVerdict> {
    this.note(challenges);
    const isNonce = oauthParam(challenges, 'error') === 'use_dpop_nonce' && this.#key !== undefined;
    // The nonce has been noted when the head of the answer came.
    if (isNonce && refusals <= MAX_REPLAYS) return AGAIN;
    const token = this.#grant?.tokens?.accessToken;
    const used = tokenIn(sent);
    // Others were refused before, and have a new one already.
    if (token !== undefined && used !== token && refusals <= MAX_REPLAYS) return AGAIN;
    if (refusals > MAX_REPLAYS || (refusals > 1 && token !== undefined && token === this.#minted)) {
      throw this.#paused(
        new SignalboxError('AUTH_FAILED', 'the server refuses a token that has just been made for it', {
          server: this.#context.server,
        }),
      );
    }
    await this.#renewed();
    return AGAIN;
  }

  async #stepUp({ challenges, sent, refusals }: CredentialRefusal): Promise<CredentialVerdict> {
    const { server } = this.#context;
    const challenged = oauthParam(challenges, 'scope');
    const tokens = this.#grant?.tokens;
    const isStale = tokens !== undefined && tokenIn(sent) !== tokens.accessToken;
    if (isStale && refusals <= MAX_STEP_UPS) return AGAIN;
    const wanted = scopeUnion(this.#grant?.requestedScope, tokens?.scope, challenged) ?? '';
    const isVain =
      this.#denied.has(wanted) || (refusals > 1 && holdsScopes(this.#grant?.requestedScope, wanted));
    if (refusals > MAX_STEP_UPS || isVain) {
      this.#denied.add(wanted);
      throw new SignalboxError('AUTH_FAILED', 'the server refuses although it was granted what it asks for', {
        server,
      });
    }
    const resourceMetadataUrl =
      oauthParam(challenges, 'resource_metadata') ?? this.#wanted.resourceMetadataUrl;
    this.#wanted = { resourceMetadataUrl, scope: wanted };
    if (!this.#mayLogIn) throw new SignalboxError('AUTH_FAILED', 'a person has to allow it', { server });
    try {
      await this.#loggedIn(wanted, {});
    } catch (error) {
      this.#denied.add(wanted);
      throw error;
    }
    return AGAIN;
  }

  /** The error of a request that nothing more can be done for, with what would help. */
  #needsPerson(status: 401 | 403, challenges: readonly AuthChallenge[], error: unknown): SignalboxError {
    const { server } = this.#context;
    const cause = SignalboxError.is(error) ? error : undefined;
    const scope = oauthParam(challenges, 'scope');
    const authorize = { command: `signalbox auth login ${server}`, method: 'client.authorize()' };
    const isAutomatic = needsNoPerson(this.#context.options.grant);
    const details = {
      status,
      ...(scope === undefined ? {} : { scope: this.conceal(scope.slice(0, 500)) }),
      ...(isAutomatic ? {} : { authorize }),
    };
    const why = cause === undefined ? '' : `: ${messageWithoutHead(cause)}`;
    if (cause?.retryable === true) return cause;
    return status === 401
      ? new SignalboxError(
          'AUTH_REQUIRED',
          `${isAutomatic ? 'no token can be had for the server' : 'the server wants a person to log in'} (HTTP 401)${why}`,
          {
            server,
            details,
            cause,
          },
        )
      : new SignalboxError('FORBIDDEN', `the server wants more rights than were granted (HTTP 403)${why}`, {
          server,
          details,
          cause,
        });
  }

  // --- tokens -----------------------------------------------------------------------------------------------------

  get #canRenew(): boolean {
    return this.#grant?.tokens?.refreshToken !== undefined || needsNoPerson(this.#context.options.grant);
  }

  get #mayLogIn(): boolean {
    const { options, handler, mayAsk } = this.#context;
    return needsNoPerson(options.grant) || (handler !== undefined && mayAsk());
  }

  #isEnding(expiresAtMs: number | undefined): boolean {
    if (expiresAtMs === undefined) return false;
    const lifeMs = expiresAtMs - (this.#grant?.savedAtMs ?? expiresAtMs);
    return expiresAtMs - Math.min(SKEW_MS, lifeMs * SHORT_LIFE) <= this.#context.clock.wallNow();
  }

  #isOver(expiresAtMs: number | undefined): boolean {
    return expiresAtMs !== undefined && expiresAtMs <= this.#context.clock.wallNow();
  }

  async #renewedHeaders(request: CredentialRequest): Promise<CredentialHeaders | undefined> {
    try {
      await this.#renewed();
    } catch (error) {
      // As long as the old one lives, it does; else the server shall say what it wants.
      const { logger, server } = this.#context;
      const why = error instanceof Error ? error.message : String(error);
      logger.warn('the token could not be renewed ahead of its end', { server, error: this.conceal(why) });
    }
    return this.#grant?.tokens?.isDpop === true ? await this.#proven(request) : this.#headers;
  }

  async #proven({ method, url }: CredentialRequest): Promise<CredentialHeaders | undefined> {
    const accessToken = this.#grant?.tokens?.accessToken;
    if (accessToken === undefined || this.#key === undefined) return this.#headers;
    const proof = await this.#key.session.buildProof({ htm: method, htu: url, accessToken });
    return ['authorization', `DPoP ${accessToken}`, 'dpop', proof];
  }

  /** One renewal at a time; whoever wants one meanwhile gets the same (F-079). */
  #renewed(): Promise<void> {
    const failure = this.#failure;
    if (failure !== undefined && this.#context.clock.now() < failure.until)
      return Promise.reject(failure.error);
    this.#failure = undefined;
    this.#renewing ??= this.#renew()
      .catch((error: unknown) => {
        throw SignalboxError.is(error) ? this.#paused(error) : error;
      })
      .finally(() => {
        this.#renewing = undefined;
      });
    return this.#renewing;
  }

  #paused(error: SignalboxError): SignalboxError {
    this.#failure = { error, until: this.#context.clock.now() + PAUSE_MS };
    return error;
  }

  async #renew(): Promise<void> {
    const { server, options } = this.#context;
    const used = this.#grant?.tokens?.accessToken;
    // The server may belong to another authorization server by now: what is remembered of it is not trusted.
    this.#discovery = undefined;
    const discovery = await this.#discovered();
    if (!needsNoPerson(options.grant)) {
      const renewal = await this.#keeper.renew(this.#tools, discovery, used, this.#key);
      if (renewal.kind === 'renewed' || renewal.kind === 'adopted') {
        await this.#adopt(renewal.grant);
        if (renewal.kind === 'renewed') this.#minted = renewal.grant.tokens?.accessToken;
        return;
      }
      // A token that was refused must not be sent with every further request.
      if (used !== undefined) {
        await this.#adopt(undefined);
        this.#isLost = true;
      }
    }
    if (!this.#mayLogIn) {
      throw new SignalboxError('AUTH_FAILED', 'there is no token, and none can be had without a person', {
        server,
      });
    }
    await this.#loggedIn(this.#wanted.scope, {});
  }

  // --- login ------------------------------------------------------------------------------------------------------

  /** One login at a time. */
  #loggedIn(scope: string | undefined, options: LoginOptions): Promise<void> {
    this.#login ??= this.#logIn(scope, options).finally(() => {
      this.#login = undefined;
    });
    return this.#login;
  }

  async #logIn(challenged: string | undefined, { handler, signal }: LoginOptions): Promise<void> {
    const { options, server, turns, ending } = this.#context;
    const discovery = await this.#discovered();
    const isAutomatic = needsNoPerson(options.grant);
    const scope = chosenScope(options.scopes, challenged, discovery, !isAutomatic);
    // What a server asks for beyond the configured scopes was asked for by name.
    const wanted = options.scopes === undefined ? scope : scopeUnion(scope, challenged);
    const stored = await this.#keeper.load();
    const key = options.dpop === true ? await dpopKey(this.#tools.engine, this.#grant?.dpopKey) : undefined;
    const person = handler ?? this.#context.handler;
    if (!isAutomatic && person === undefined) {
      throw new SignalboxError('AUTH_FAILED', 'there is nobody to log in: give "authorization.handler"', {
        server,
      });
    }
    const base = { discovery, stored, scope: wanted, dpop: key?.session };
    const { client, tokens } = isAutomatic
      ? await this.#withoutPerson(base)
      : await turns.take(discovery.issuer, () =>
          (options.grant === 'device-code' ? loginOnDevice : loginInBrowser)(this.#tools, {
            ...base,
            handler: person!,
            signal: signal === undefined ? ending() : AbortSignal.any([signal, ending()]),
          }),
        );
    const kept = storedTokens(this.#context, tokens, key !== undefined);
    const grant = await this.#keeper.keep(discovery, { client, tokens: kept, requestedScope: wanted, key });
    this.#failure = undefined;
    this.#isLost = false;
    this.#minted = kept.accessToken;
    await this.#adopt(grant);
  }

  async #withoutPerson({ discovery, stored, scope, dpop }: Omit<BrowserLogin, 'handler' | 'signal'>) {
    const { options } = this.#context;
    const client =
      options.grant === 'jwt-bearer' && options.clientId === undefined
        ? ({ kind: 'configured', clientId: '' } as const)
        : await clientFor(this.#tools, discovery, stored, undefined);
    return { client, tokens: await tokenWithoutPerson(this.#tools, { discovery, client, scope, dpop }) };
  }

  async #discovered(): Promise<Discovery> {
    this.#discovery ??= await discover(this.#tools, this.#wanted.resourceMetadataUrl);
    return this.#discovery;
  }

  async #adopt(grant: StoredGrant | undefined): Promise<void> {
    const tokens = grant?.tokens;
    for (const secret of [tokens?.accessToken, tokens?.refreshToken, grant?.client.clientSecret]) {
      if (secret !== undefined) this.#context.onSecret(secret);
    }
    this.#key = grant?.dpopKey === undefined ? undefined : await dpopKey(this.#tools.engine, grant.dpopKey);
    this.#headers = tokens === undefined ? undefined : ['authorization', `Bearer ${tokens.accessToken}`];
    this.#grant = grant;
  }
}

function tokenIn(sent: CredentialHeaders | undefined): string | undefined {
  const at = sent?.indexOf('authorization') ?? -1;
  return at < 0 ? undefined : sent?.[at + 1]?.replace(/^[A-Za-z]+ /u, '');
}
