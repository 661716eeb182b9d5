import type { SignalboxError } from '../../core/errors.ts';
import type { EraName } from '../../protocol/eras/era.ts';
import type { Implementation, ServerCapabilities } from '../../protocol/mcp-types.ts';
import type { Established } from './connector.ts';

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

/** What there is to tell of a connection that stands. */
export function metadataOf(server: string, { handshake, kind, connectMs }: Established): ConnectionMetadata {
  return {
    server,
    transport: kind,
    era: handshake.era.name,
    protocolVersion: handshake.era.protocolVersion,
    serverInfo: handshake.serverInfo,
    capabilities: handshake.capabilities,
    instructions: handshake.instructions,
    connectMs,
  };
}
