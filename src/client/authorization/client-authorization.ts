import type { AuthorizationHandler } from '../../auth/authorization-handler.ts';
import type { AuthorizationStatus } from '../../auth/authorization-result.ts';
import type { CredentialSource } from '../../auth/credential-source.ts';
import { OnDemandSource } from '../../auth/on-demand-source.ts';
import { SignalboxError } from '../../core/errors.ts';
import type { AuthorizedConnection } from './credential-owner.ts';

/** How a person is asked. */
export interface AuthorizeOptions {
  /** Default: the handler of the factory. */
  readonly handler?: AuthorizationHandler | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What {@link ClientAuthorization} asks of its client. */
export interface AuthorizationOwner {
  readonly name: string;
  /** Undefined: `headers` of the entry are all there is. */
  readonly credentials: CredentialSource | undefined;
  readonly connection: AuthorizedConnection;
}

/** Authorization with one server, for whoever looks after it. */
export class ClientAuthorization {
  readonly #client: AuthorizationOwner;

  /** @internal */
  constructor(client: AuthorizationOwner) {
    this.#client = client;
  }

  /** @internal what the transports ask; undefined: `headers` of the entry are all there is */
  get source(): CredentialSource | undefined {
    return this.#client.credentials;
  }

  /** Whether the server can be logged in to: it is reached over HTTP, and its entry holds no credentials. */
  get isPossible(): boolean {
    return this.#oauth !== undefined;
  }

  /**
   * Gets a token: asks a person, or the authorization server alone where the grant needs nobody. Waits for at most 5 minutes.
   * A client that was `unauthorized` connects by itself then.
   * @throws SignalboxError AUTH_FAILED, NOT_SUPPORTED, REQUEST_ABORTED
   */
  async login(options: AuthorizeOptions = {}): Promise<AuthorizationStatus> {
    const status = await this.#required().authorize(options);
    this.#client.connection.authorized();
    return status;
  }

  /** What is known of the token in use; asks no server. @throws SignalboxError NOT_SUPPORTED, CONFIG_INVALID */
  async status(): Promise<AuthorizationStatus> {
    return await this.#required().status();
  }

  /** Takes the tokens back and forgets them; a connection that used them ends. @throws SignalboxError NOT_SUPPORTED, CONFIG_INVALID */
  async logout(): Promise<void> {
    const oauth = this.#required();
    const { authorized } = await oauth.status();
    await oauth.logout();
    if (!authorized) return;
    const message = 'the client was logged out; log in again to use it';
    this.#client.connection.denied(
      new SignalboxError('AUTH_REQUIRED', message, { server: this.#client.name }),
    );
  }

  get #oauth(): OnDemandSource | undefined {
    const { credentials } = this.#client;
    return credentials instanceof OnDemandSource ? credentials : undefined;
  }

  #required(): OnDemandSource {
    const oauth = this.#oauth;
    if (oauth !== undefined) return oauth;
    const message =
      'there is nothing to log in to: it is not reached over HTTP, or its entry holds credentials';
    throw new SignalboxError('NOT_SUPPORTED', message, { server: this.#client.name });
  }
}
