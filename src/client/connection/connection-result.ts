import type { SignalboxError } from '../../core/errors.ts';
import type { EraName } from '../../protocol/eras/era.ts';
import type { Implementation, ServerCapabilities } from '../../protocol/mcp-types.ts';

/** What is known of a server once its connection is set up. */
export interface ConnectionMetadata {
  readonly server: string;
  /** Transport kind that carries the connection: `stdio`, `http`, `sse`, … */
  readonly transport: string;
  readonly era: EraName;
  readonly protocolVersion: string;
  readonly serverInfo: Implementation | undefined;
  readonly capabilities: ServerCapabilities;
  readonly instructions: string | undefined;
  /** Time from the beginning of the successful attempt to the end of the handshake, in ms. */
  readonly connectMs: number;
}

/** How connecting one server ended. `connect()` rejects instead of resolving with a failure; bulk work settles with it. */
export type ConnectionResult =
  | { readonly success: true; readonly error: undefined; readonly metadata: ConnectionMetadata }
  | { readonly success: false; readonly error: SignalboxError; readonly metadata: undefined };
