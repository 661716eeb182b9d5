import type { ParsedEntry } from '../../config/parse-entry.ts';
import type { ResolvedSettings } from '../../config/settings.ts';
import type { SignalboxError } from '../../core/errors.ts';
import type { ClientEnvironment } from '../connection/connector.ts';

/** The connection that credentials are for. */
export interface AuthorizedConnection {
  /** Undefined unless connected. */
  readonly session: unknown;
  /** Fires when the client is released for good: logins that are under way end. */
  readonly ending: AbortSignal;
  /** The token in use is good no more, and only a person can help. */
  denied(cause: SignalboxError): void;
  authorized(): void;
}

/** Whose credentials they are. */
export interface CredentialOwner {
  readonly parsed: ParsedEntry;
  readonly settings: ResolvedSettings;
  readonly environment: ClientEnvironment;
  /** Asked for no earlier than credentials are. */
  readonly connection: AuthorizedConnection;
}
