import type { AuthorizationStatus } from './authorization-result.ts';
import { oauthParam } from './challenge.ts';
import type {
  CredentialHeaders,
  CredentialRefusal,
  CredentialRequest,
  CredentialSource,
  CredentialVerdict,
} from './credential-source.ts';
import type { LoginOptions, OAuthSession } from './oauth/oauth-session.ts';
import { currentGrant } from './store/stored-grant.ts';
import type { TokenStore } from './store/token-store.ts';

/** What an {@link OnDemandSource} asks of whoever it works for. */
export interface OnDemandOwner {
  readonly server: string;
  /** As text: what the tokens of the server are kept under. */
  readonly serverUrl: string;
  readonly store: TokenStore;
  /** Whether OAuth was asked for by name: then a refusal is enough to begin. */
  readonly isConfigured: boolean;
  /** Whether a person may be asked while a request waits. */
  readonly mayAsk: boolean;
  /** Loads OAuth, which is large. */
  load(): Promise<OAuthSession>;
}

/**
 * OAuth for a server that may never want it: nothing is loaded before there is a token in the store, or the server asks for
 * one. Until then a request costs a call that returns nothing.
 */
export class OnDemandSource implements CredentialSource {
  readonly #owner: OnDemandOwner;
  #session: OAuthSession | undefined;
  #opening: Promise<OAuthSession> | undefined;
  #looking: Promise<CredentialHeaders | undefined> | undefined;
  #hasLooked = false;
  /** The last challenge that came before OAuth was loaded. */
  #challenge: CredentialRefusal | undefined;

  constructor(owner: OnDemandOwner) {
    this.#owner = owner;
  }

  headers(
    request: CredentialRequest,
  ): CredentialHeaders | undefined | Promise<CredentialHeaders | undefined> {
    if (this.#session !== undefined) return this.#session.headers(request);
    if (this.#hasLooked) return undefined;
    this.#looking ??= this.#look();
    return this.#looking.then(() => this.#session?.headers(request));
  }

  async refused(refusal: CredentialRefusal): Promise<CredentialVerdict> {
    const { challenges, status } = refusal;
    if (status === 403 && oauthParam(challenges, 'error') !== 'insufficient_scope') return { kind: 'leave' };
    const { isConfigured, mayAsk, server } = this.#owner;
    if (this.#session === undefined && !isConfigured && !mayAsk && !(await this.#isStored())) {
      this.#challenge = refusal;
      const scope = oauthParam(challenges, 'scope')?.slice(0, 500);
      const authorize = { command: `signalbox auth login ${server}`, method: 'client.authorize()' };
      return { kind: 'leave', details: { ...(scope === undefined ? {} : { scope }), authorize } };
    }
    return await (await this.#open()).refused(refusal);
  }

  answered(request: CredentialRequest, headers: CredentialRefusal['headers']): void {
    this.#session?.answered(request, headers);
  }

  conceal(text: string): string {
    return this.#session?.conceal(text) ?? text;
  }

  /** Gets a token, with the help of a person where the grant needs one. @throws SignalboxError AUTH_FAILED */
  async authorize(options: LoginOptions = {}): Promise<AuthorizationStatus> {
    const session = await this.#open();
    if (this.#challenge !== undefined) session.note(this.#challenge.challenges);
    return await session.authorize(options);
  }

  /** What is known about the authorization; asks nobody. @throws SignalboxError CONFIG_INVALID */
  async status(): Promise<AuthorizationStatus> {
    return (await this.#open()).status();
  }

  /** Takes the tokens back and forgets them. */
  async logout(): Promise<void> {
    await (await this.#open()).logout();
  }

  async #look(): Promise<CredentialHeaders | undefined> {
    try {
      if (await this.#isStored()) await this.#open();
      return undefined;
    } finally {
      this.#hasLooked = true;
      this.#looking = undefined;
    }
  }

  async #isStored(): Promise<boolean> {
    return currentGrant(await this.#owner.store.load(this.#owner.serverUrl)) !== undefined;
  }

  #open(): Promise<OAuthSession> {
    this.#opening ??= this.#owner.load().then(
      (session) => {
        this.#session = session;
        this.#hasLooked = true;
        return session;
      },
      (error: unknown) => {
        this.#opening = undefined;
        throw error;
      },
    );
    return this.#opening;
  }
}
