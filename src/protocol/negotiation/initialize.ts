import { RemoteError, SignalboxError } from '../../core/errors.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';
import { isObject } from '../../wire/json-rpc.ts';
import { LegacyEra } from '../eras/legacy-era.ts';
import type { ClientIdentity, Implementation } from '../mcp-types.ts';
import type { RequestOptions } from '../session/pending-call.ts';
import type { Session } from '../session/session.ts';
import { bestVersion, isLegacyVersion, LEGACY_VERSIONS } from '../versions.ts';
import type { Handshake } from './handshake.ts';

/**
 * The handshake of the legacy era. A server that refuses the offered version but names others
 * (`error.data.supported`) is asked once more.
 * @throws SignalboxError PROTOCOL_UNSUPPORTED, CONNECT_FAILED; whatever the transport failed with; RemoteError for a
 *   modern error code, which is for the negotiation to read
 */
export async function initialize(
  session: Session,
  identity: ClientIdentity,
  offer: string,
  options: RequestOptions,
): Promise<Handshake> {
  let result: unknown;
  try {
    result = await requestInitialize(session, identity, offer, options);
  } catch (error) {
    const other = alternativeTo(error, offer);
    if (other === undefined) throw error;
    result = await requestInitialize(session, identity, other, options);
  }
  return accept(session, result);
}

function requestInitialize(
  session: Session,
  identity: ClientIdentity,
  protocolVersion: string,
  options: RequestOptions,
): Promise<unknown> {
  const params = { protocolVersion, capabilities: identity.capabilities, clientInfo: identity.info };
  // No era yet: this request is dressed by none.
  return session.request('initialize', params, options, null);
}

function alternativeTo(error: unknown, offered: string): string | undefined {
  if (!(error instanceof RemoteError) || !isObject(error.data) || !Array.isArray(error.data['supported'])) {
    return undefined;
  }
  const theirs = error.data['supported'].filter((item): item is string => typeof item === 'string');
  const other = bestVersion(LEGACY_VERSIONS, theirs);
  return other === offered ? undefined : other;
}

function accept(session: Session, result: unknown): Handshake {
  const { server } = session;
  const version = isObject(result) ? result['protocolVersion'] : undefined;
  if (!isObject(result) || typeof version !== 'string') {
    throw new SignalboxError(
      'CONNECT_FAILED',
      'the answer to initialize names no protocolVersion; this is not a usable MCP server',
      { server, delivered: 'yes', retryable: false },
    );
  }
  if (!isLegacyVersion(version)) {
    const theirs = sanitizePeerText(version, 40);
    throw new SignalboxError(
      'PROTOCOL_UNSUPPORTED',
      `the server wants protocol version "${theirs}"; Signalbox speaks ${LEGACY_VERSIONS.join(', ')} after initialize. Update the server or Signalbox`,
      { server, delivered: 'yes', details: { theirs: [theirs], ours: LEGACY_VERSIONS } },
    );
  }
  session.era = LegacyEra.of(version);
  session.notify('notifications/initialized');
  session.transport.listen?.(session.era.headers('', undefined) ?? {});
  const { serverInfo, capabilities, instructions } = result;
  return {
    era: session.era,
    serverInfo: isObject(serverInfo) ? (serverInfo as unknown as Implementation) : undefined,
    capabilities: isObject(capabilities) ? capabilities : {},
    instructions: typeof instructions === 'string' ? instructions : undefined,
  };
}
