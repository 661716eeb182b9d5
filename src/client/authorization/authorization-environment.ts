import type { AuthorizationHandler } from '../../auth/authorization-handler.ts';
import { LoginTurns } from '../../auth/login-turns.ts';
import { MemoryTokenStore, type TokenStore } from '../../auth/store/token-store.ts';

/** How the clients of a factory get authorization where servers want it. */
export interface AuthorizationOptions {
  /**
   * Asks a person: by `client.authorize()`, and when a connected server wants more rights or another token. Default: none; what a
   * person is needed for fails then and says so.
   */
  readonly handler?: AuthorizationHandler | undefined;
  /** Where clients and tokens are kept. Default: in memory, for the life of the factory. */
  readonly store?: TokenStore | undefined;
  /** How people know the application when they are asked. Default: the name in `clientInfo`. */
  readonly clientName?: string | undefined;
  /** Address of a document that describes the application (CIMD), for all servers whose entry names none. Default: none. */
  readonly clientMetadataUrl?: string | undefined;
  /** Is told each secret as soon as it is known, so that logs can be kept free of it. Default: nobody is. */
  readonly onSecret?: ((secret: string) => void) | undefined;
}

/** What all clients of one factory share for authorization. */
export interface AuthorizationEnvironment {
  readonly handler: AuthorizationHandler | undefined;
  readonly store: TokenStore;
  readonly clientName: string;
  readonly clientMetadataUrl: string | undefined;
  readonly onSecret: (secret: string) => void;
  readonly turns: LoginTurns;
}

export function authorizationEnvironment(
  { handler, store, clientName, clientMetadataUrl, onSecret }: AuthorizationOptions,
  applicationName: string,
): AuthorizationEnvironment {
  return {
    handler,
    store: store ?? new MemoryTokenStore(),
    clientName: clientName ?? applicationName,
    clientMetadataUrl,
    onSecret: onSecret ?? (() => {}),
    turns: new LoginTurns(),
  };
}
