import type { OAuthContext, OAuthOptions } from '../../auth/oauth/oauth-options.ts';
import type { OAuthSession } from '../../auth/oauth/oauth-session.ts';
import type { OnDemandOwner } from '../../auth/on-demand-source.ts';
import type { TokenStore } from '../../auth/store/token-store.ts';
import { VERSION } from '../../core/version.ts';
import { hopDialer } from '../../transports/http/hop-dialer.ts';
import type { CredentialOwner } from './credential-owner.ts';

/** What OAuth with the server of a client works with: read from the client when it is asked for, which is seldom. */
export class ClientOAuth implements OnDemandOwner {
  readonly #client: CredentialOwner;

  /** @param client its entry has a `url` that can be read */
  constructor(client: CredentialOwner) {
    this.#client = client;
  }

  get server(): string {
    return this.#client.parsed.name;
  }

  get serverUrl(): string {
    return this.#url.href;
  }

  get store(): TokenStore {
    return this.#client.environment.authorization.store;
  }

  get isConfigured(): boolean {
    return this.#client.settings.auth !== undefined;
  }

  get mayAsk(): boolean {
    const { environment, connection } = this.#client;
    return environment.authorization.handler !== undefined && connection.session !== undefined;
  }

  async load(): Promise<OAuthSession> {
    const { OAuthSession } = await import('../../auth/oauth/oauth-session.ts');
    const { settings, environment, connection } = this.#client;
    const { authorization, clock, random, logger, pools } = environment;
    const { handler, store, turns, clientName, onSecret } = authorization;
    const serverUrl = this.#url;
    const transport = { server: this.server, clock, random, logger, limits: settings.limits };
    const options = this.#options;
    const context: OAuthContext = {
      server: this.server,
      serverUrl,
      options: {
        ...options,
        clientMetadataUrl: options.clientMetadataUrl ?? authorization.clientMetadataUrl,
      },
      store,
      clock,
      logger,
      dial: hopDialer(transport, serverUrl, settings.http, pools),
      clientName,
      softwareVersion: VERSION,
      handler,
      mayAsk: () => this.mayAsk,
      turns,
      ending: () => connection.ending,
      onLost: (error) => connection.denied(error),
      onSecret,
    };
    return await OAuthSession.open(context);
  }

  /** Parsed anew each time. */
  get #url(): URL {
    const url = new URL(this.#client.parsed.entry.url!);
    url.hash = '';
    return url;
  }

  /** What the entry says: fixed credentials need no OAuth. */
  get #options(): OAuthOptions {
    const { auth } = this.#client.settings;
    return auth !== undefined && auth !== false && auth.type === 'oauth' ? auth : {};
  }
}
