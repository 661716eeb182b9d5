import type { Clock } from '../../core/clock.ts';
import type { SignalboxError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { AuthorizationHandler } from '../authorization-handler.ts';
import type { LoginTurns } from '../login-turns.ts';
import type { SecretOrigin } from '../static/secret-reader.ts';
import type { TokenStore } from '../store/token-store.ts';
import type { HopDialer } from './guarded-fetch.ts';

/** How a token is got. */
export type OAuthGrantType =
  | 'authorization-code'
  | 'device-code'
  | 'client-credentials'
  | 'jwt-bearer'
  | 'enterprise';

/** What the user says about OAuth with one server. */
export interface OAuthOptions {
  readonly grant?: OAuthGrantType | undefined;
  readonly clientId?: string | undefined;
  readonly clientSecret?: SecretOrigin | undefined;
  readonly clientMetadataUrl?: string | undefined;
  readonly privateKey?: SecretOrigin | undefined;
  readonly algorithm?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly issuer?: string | undefined;
  readonly callbackPort?: number | undefined;
  readonly assertion?: SecretOrigin | undefined;
  readonly idp?:
    | {
        readonly issuer: string;
        readonly tokenEndpoint?: string | undefined;
        readonly clientId: string;
        readonly clientSecret?: SecretOrigin | undefined;
        readonly idToken: SecretOrigin;
      }
    | undefined;
  readonly dpop?: boolean | undefined;
  readonly allowPrivate?: boolean | undefined;
}

/** What OAuth with one server works with. */
export interface OAuthContext {
  readonly server: string;
  readonly serverUrl: URL;
  readonly options: OAuthOptions;
  readonly store: TokenStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly dial: HopDialer;
  /** How people know this client. */
  readonly clientName: string;
  readonly softwareVersion: string;
  /** Asks a person; undefined: nobody can be asked. */
  readonly handler: AuthorizationHandler | undefined;
  /** Whether a person may be asked while a request waits. */
  readonly mayAsk: () => boolean;
  /** One login at a time with one authorization server. */
  readonly turns: LoginTurns;
  /** Fires when nobody needs a token any more: a login that is under way ends. */
  readonly ending: () => AbortSignal;
  /** Is told when a token that was in use is good no more and nobody can be asked for another one. */
  readonly onLost: (error: SignalboxError) => void;
  /** Is told each secret as soon as it is known, so that it can be kept out of logs. */
  readonly onSecret: (secret: string) => void;
}
