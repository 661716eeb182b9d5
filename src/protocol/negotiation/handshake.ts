import type { Era } from '../eras/era.ts';
import type { Implementation, ServerCapabilities } from '../mcp-types.ts';

/** What a server told of itself while the connection was set up. */
export interface Handshake {
  readonly era: Era;
  readonly serverInfo: Implementation | undefined;
  readonly capabilities: ServerCapabilities;
  readonly instructions: string | undefined;
}

/** Which protocol a server entry asks for. A version pins its era. */
export type ProtocolPreference = 'auto' | 'legacy' | 'modern' | (string & {});
