import { SignalboxError } from '../../core/errors.ts';
import type { ServerCapabilities } from '../../protocol/mcp-types.ts';
import type { Handshake } from '../../protocol/negotiation/handshake.ts';

/** What a server must have declared before it is asked for it. */
const NEEDS: ReadonlyMap<string, (capabilities: ServerCapabilities) => boolean> = new Map([
  ['tools/call', ({ tools }: ServerCapabilities) => tools !== undefined],
  ['prompts/get', ({ prompts }: ServerCapabilities) => prompts !== undefined],
  ['resources/read', ({ resources }: ServerCapabilities) => resources !== undefined],
  ['resources/subscribe', ({ resources }: ServerCapabilities) => resources?.subscribe === true],
  ['completion/complete', ({ completions }: ServerCapabilities) => completions !== undefined],
]);

/** Until this revision there was no capability to declare for completions. */
const COMPLETIONS_SINCE = '2025-03-26';

/**
 * Why a request must not be sent: in the legacy era only what was negotiated may be used (2025-11-25, lifecycle,
 * operation). A modern server says by itself what it does not know.
 */
export function undeclared(
  method: string,
  handshake: Handshake | undefined,
  server: string,
): SignalboxError | undefined {
  const isDeclared = NEEDS.get(method);
  if (handshake === undefined) return undefined;
  const { era, capabilities } = handshake;
  if (era.name === 'modern' || isDeclared === undefined || isDeclared(capabilities)) return undefined;
  if (method === 'completion/complete' && era.protocolVersion < COMPLETIONS_SINCE) return undefined;
  const message = `the server does not declare what ${method} needs; it was not asked`;
  return new SignalboxError('NOT_SUPPORTED', message, { server, delivered: 'no' });
}
