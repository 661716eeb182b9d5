import type { AuthorizationHandler } from '../../auth/authorization-handler.ts';
import type { AuthorizationStatus } from '../../auth/authorization-result.ts';
import type { CredentialSource } from '../../auth/credential-source.ts';
import type { OnDemandSource } from '../../auth/on-demand-source.ts';
import type { ParsedEntry } from '../../config/parse-entry.ts';
import type { ResolvedSettings } from '../../config/settings.ts';
import { SignalboxError } from '../../core/errors.ts';
import type { ClientEnvironment } from '../connection/connector.ts';
import { clientCredentials } from './client-credentials.ts';

/** How a person is asked. */
export interface AuthorizeOptions {
  /** Default: the handler of the factory. */
  readonly handler?: AuthorizationHandler | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The connection that the credentials are for. */
export interface AuthorizedConnection {
  /** Undefined unless connected. */
  readonly session: unknown;
  /** Fires when the client is released for good: logins that are under way end. */
  readonly ending: AbortSignal;
  denied(cause: SignalboxError): void;
  authorized(): void;
}

/** Authorization with one server, for whoever looks after it. */
export class ClientAuthorization {
  /** @internal what the transports ask; undefined: `headers` of the entry are all there is */
  readonly source: CredentialSource | undefined;
  readonly #name: string;
  readonly #oauth: OnDemandSource | undefined;
  readonly #connection: () => AuthorizedConnection;

  /** @internal */
  constructor(
    parsed: ParsedEntry,
    settings: ResolvedSettings,
    environment: ClientEnvironment,
    connection: () => AuthorizedConnection,
  ) {
    const owner = {
      isConnected: () => connection().session !== undefined,
      lost: (error: SignalboxError) => connection().denied(error),
      ending: () => connection().ending,
    };
    const credentials = clientCredentials(parsed, settings, environment, owner);
    this.#name = parsed.name;
    this.source = credentials.source;
    this.#oauth = credentials.oauth;
    this.#connection = connection;
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
    this.#connection().authorized();
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
    this.#connection().denied(new SignalboxError('AUTH_REQUIRED', message, { server: this.#name }));
  }

  #required(): OnDemandSource {
    if (this.#oauth !== undefined) return this.#oauth;
    const message =
      'there is nothing to log in to: it is not reached over HTTP, or its entry holds credentials';
    throw new SignalboxError('NOT_SUPPORTED', message, { server: this.#name });
  }
}
