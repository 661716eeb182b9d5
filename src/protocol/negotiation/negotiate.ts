import type { Clock } from '../../core/clock.ts';
import { RemoteError, SignalboxError } from '../../core/errors.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';
import { sleep } from '../../core/sleep.ts';
import { isObject, JSON_RPC_ERROR } from '../../wire/json-rpc.ts';
import type { EraName } from '../eras/era.ts';
import { ModernEra } from '../eras/modern-era.ts';
import type { ClientIdentity, Implementation } from '../mcp-types.ts';
import type { Session } from '../session/session.ts';
import { bestVersion, LEGACY_VERSIONS, MODERN_VERSIONS } from '../versions.ts';
import type { Handshake, ProtocolPreference } from './handshake.ts';
import { initialize } from './initialize.ts';
import { type ProbeOutcome, readDiscovery, readProbeFailure } from './probe-outcome.ts';
import { decide, isModernCode, type Verdict } from './verdict.ts';

export interface NegotiationOptions {
  readonly identity: ClientIdentity;
  readonly preference: ProtocolPreference;
  /** What is remembered of this server. */
  readonly remembered: EraName | undefined;
  /** How long a silent server on a shared stream is waited for before `initialize` follows the probe, in ms. */
  readonly probeTimeoutMs: number;
  readonly clock: Clock;
  /** Bounds the whole negotiation. */
  readonly signal: AbortSignal;
}

/** How a negotiation ended. The last two ask for another transport. */
export type Negotiation =
  /** `remember` is the era of the server where it is not that of this one connection. */
  | { readonly kind: 'ready'; readonly handshake: Handshake; readonly remember?: EraName }
  /** The process died on the probe: legacy servers on one popular SDK do. Start it again, begin with `initialize`. */
  | { readonly kind: 'restart-legacy'; readonly error: Error }
  /** `initialize` was refused in the way of a server that only knows HTTP+SSE. */
  | { readonly kind: 'try-sse'; readonly error: Error };

/** HTTP statuses after which a server may still be one of the old HTTP+SSE kind (2026-07-28, Backward Compatibility). */
const SSE_STATUSES: ReadonlySet<unknown> = new Set([400, 404, 405]);

/**
 * Finds out which era a server speaks and sets the connection up in it.
 * @throws SignalboxError PROTOCOL_UNSUPPORTED, CONNECT_FAILED, CONNECTION_LOST, …; RemoteError never
 */
export async function negotiate(session: Session, options: NegotiationOptions): Promise<Negotiation> {
  const { modern, legacy } = carried(
    versionsFor(options.preference, session.server),
    session,
    options.preference,
  );
  try {
    if (modern.length === 0 || (options.remembered === 'legacy' && legacy.length > 0)) {
      return await handshakeLegacy(session, options, legacy[0]!, modern);
    }
    return await probe(session, options, modern, legacy.length > 0);
  } catch (error) {
    throw asConnectError(error, session.server);
  }
}

/** Which versions a preference allows. */
function versionsFor(
  preference: ProtocolPreference,
  server: string,
): { modern: readonly string[]; legacy: readonly string[] } {
  if (preference === 'auto') return { modern: MODERN_VERSIONS, legacy: LEGACY_VERSIONS };
  if (preference === 'modern') return { modern: MODERN_VERSIONS, legacy: [] };
  if (preference === 'legacy') return { modern: [], legacy: LEGACY_VERSIONS };
  if (MODERN_VERSIONS.includes(preference)) return { modern: [preference], legacy: [] };
  if (LEGACY_VERSIONS.includes(preference)) return { modern: [], legacy: [preference] };
  const known = [...MODERN_VERSIONS, ...LEGACY_VERSIONS].join(', ');
  throw new SignalboxError(
    'PROTOCOL_UNSUPPORTED',
    `protocol version "${preference}" is unknown; use one of ${known}`,
    {
      server,
    },
  );
}

/** What of it the transport can carry: nobody is asked for the rest. */
function carried(
  allowed: ReturnType<typeof versionsFor>,
  { transport, server }: Session,
  preference: ProtocolPreference,
): ReturnType<typeof versionsFor> {
  if (transport.onlyEra === undefined) return allowed;
  if (allowed.legacy.length > 0) return { modern: [], legacy: allowed.legacy };
  const message = `the transport "${transport.kind}" cannot carry protocol "${preference}"; remove "protocol"`;
  throw new SignalboxError('PROTOCOL_UNSUPPORTED', message, { server, details: { ours: LEGACY_VERSIONS } });
}

async function probe(
  session: Session,
  options: NegotiationOptions,
  modern: readonly string[],
  legacyAllowed: boolean,
): Promise<Negotiation> {
  // On a shared stream a legacy server may just drop what it does not know; over HTTP every POST has its own answer.
  const mayBeSilent = !session.transport.streamPerRequest && legacyAllowed && options.remembered !== 'modern';
  let version = modern[0]!;
  for (let secondTry = false; ; secondTry = true) {
    const discovery = discover(session, options, version);
    const outcome = mayBeSilent ? await outcomeOrSilence(discovery, options) : await discovery;
    const verdict: Verdict | Negotiation =
      outcome === 'silent'
        ? await raceInitialize(session, options, discovery)
        : decide(outcome, { modern, legacyAllowed, secondTry });
    if ('kind' in verdict) return verdict;
    switch (verdict.do) {
      case 'use-modern':
        return { kind: 'ready', handshake: acceptModern(session, options, verdict) };
      case 'probe-again':
        version = verdict.version;
        continue;
      case 'initialize':
        return await handshakeLegacy(session, options, verdict.offer, modern);
      case 'no-common-version':
        throw noCommonVersion(session, modern, legacyAllowed, verdict.theirs);
      case 'restart-legacy':
        return { kind: 'restart-legacy', error: verdict.error };
      case 'fail':
        throw verdict.error;
    }
  }
}

async function discover(
  session: Session,
  options: NegotiationOptions,
  version: string,
): Promise<ProbeOutcome> {
  const era = ModernEra.of(version, options.identity);
  try {
    const request = { timeoutMs: Number.POSITIVE_INFINITY, signal: options.signal };
    return readDiscovery(await session.request('server/discover', {}, request, era));
  } catch (error) {
    return readProbeFailure(error as Error, session.transport.streamPerRequest);
  }
}

async function outcomeOrSilence(
  discovery: Promise<ProbeOutcome>,
  options: NegotiationOptions,
): Promise<ProbeOutcome | 'silent'> {
  const over = new AbortController();
  const silence = sleep(
    options.clock,
    options.probeTimeoutMs,
    AbortSignal.any([options.signal, over.signal]),
  ).then(
    () => 'silent' as const,
    // Aborted from outside: then the probe rejects too, and says why.
    () => discovery,
  );
  try {
    return await Promise.race([discovery, silence]);
  } finally {
    over.abort();
  }
}

/**
 * The probe has been out for a while without an answer: `initialize` follows it into the same stream, and whichever
 * is answered usefully first decides. A slow modern server so keeps its era, a silent legacy one costs one second.
 */
async function raceInitialize(
  session: Session,
  options: NegotiationOptions,
  discovery: Promise<ProbeOutcome>,
): Promise<Verdict | Negotiation> {
  const abandonInitialize = new AbortController();
  const signal = AbortSignal.any([options.signal, abandonInitialize.signal]);
  const handshake = initialize(session, options.identity, LEGACY_VERSIONS[0]!, {
    timeoutMs: Number.POSITIVE_INFINITY,
    signal,
  }).then(
    (ready): Negotiation & { kind: 'ready' } => ({ kind: 'ready', handshake: ready }),
    (error: unknown): Error => error as Error,
  );
  const context = { modern: MODERN_VERSIONS, legacyAllowed: true, secondTry: false };
  const first = await Promise.race([
    discovery.then((outcome) => ({ outcome })),
    handshake.then((result) => ({ result })),
  ]);
  if ('outcome' in first) {
    const verdict = decide(first.outcome, context);
    if (verdict.do === 'initialize') {
      // A late "unknown method" answer: legacy, and its initialize is already on the way.
      const result = await handshake;
      if (result instanceof Error) throw result;
      return result;
    }
    // initialize cannot be called back. A server of both eras answers it too, and speaks legacy on this process from
    // then on (2026-07-28, versioning); the next process will be asked for nothing but its modern side.
    const answered = verdict.do === 'use-modern' ? await withinSilence(handshake, options) : undefined;
    if (answered !== undefined && !(answered instanceof Error)) return { ...answered, remember: 'modern' };
    abandonInitialize.abort();
    await handshake;
    return verdict;
  }
  const { result } = first;
  if (!(result instanceof Error)) {
    // The probe is still unanswered; a late answer is ignored by its id (F-067).
    session.forget(new SignalboxError('REQUEST_ABORTED', 'initialize was answered before the probe'));
    return result;
  }
  // initialize was refused. Only a modern server does so while the probe is still out; its answer must come.
  if (result instanceof RemoteError && isModernCode(result.code)) return decide(await discovery, context);
  throw result;
}

/** What comes of it within the time of a probe; undefined if nothing does. */
async function withinSilence<T>(work: Promise<T>, options: NegotiationOptions): Promise<T | undefined> {
  const over = new AbortController();
  const signal = AbortSignal.any([options.signal, over.signal]);
  const silence = sleep(options.clock, options.probeTimeoutMs, signal).then(
    () => undefined,
    () => undefined,
  );
  try {
    return await Promise.race([work, silence]);
  } finally {
    over.abort();
  }
}

async function handshakeLegacy(
  session: Session,
  options: NegotiationOptions,
  offer: string,
  modern: readonly string[],
): Promise<Negotiation> {
  try {
    const request = { timeoutMs: Number.POSITIVE_INFINITY, signal: options.signal };
    return { kind: 'ready', handshake: await initialize(session, options.identity, offer, request) };
  } catch (error) {
    if (
      error instanceof RemoteError &&
      isModernCode(error.code) &&
      modern.length > 0 &&
      options.remembered === 'legacy'
    ) {
      // The remembered verdict was stale: the server has become modern.
      return await probe(session, { ...options, remembered: undefined }, modern, true);
    }
    if (isSseEvidence(error)) return { kind: 'try-sse', error: error as Error };
    if (error instanceof RemoteError && isModernCode(error.code) && modern.length > 0)
      throw contradiction(error, session.server);
    throw error;
  }
}

/** It is modern then, and its answer to the probe was a mishap: the next attempt will find out. */
function contradiction(error: RemoteError, server: string): SignalboxError {
  return new SignalboxError(
    'CONNECT_FAILED',
    `the server failed the probe of a modern server, and refused \`initialize\` as only a modern one does: ${error.message}`,
    { server, delivered: 'yes', retryable: true, cause: error, details: { code: error.code } },
  );
}

function isSseEvidence(error: unknown): boolean {
  if (error instanceof RemoteError) return SSE_STATUSES.has(error.httpStatus) && !isModernCode(error.code);
  return SignalboxError.is(error) && error.code === 'HTTP_ERROR' && SSE_STATUSES.has(error.details['status']);
}

function acceptModern(
  session: Session,
  options: NegotiationOptions,
  verdict: Verdict & { do: 'use-modern' },
): Handshake {
  const era = ModernEra.of(verdict.version, options.identity);
  session.era = era;
  const { capabilities, instructions, _meta } = verdict.result;
  const serverInfo = isObject(_meta) ? _meta['io.modelcontextprotocol/serverInfo'] : undefined;
  return {
    era,
    serverInfo: isObject(serverInfo) ? (serverInfo as unknown as Implementation) : undefined,
    capabilities: isObject(capabilities) ? capabilities : {},
    instructions: typeof instructions === 'string' ? instructions : undefined,
  };
}

function noCommonVersion(
  session: Session,
  modern: readonly string[],
  legacyAllowed: boolean,
  theirs: readonly string[],
): SignalboxError {
  const ours = legacyAllowed ? [...modern, ...LEGACY_VERSIONS] : modern;
  const shown = theirs.slice(0, 10).map((version) => sanitizePeerText(version, 20));
  const pinned = bestVersion([...MODERN_VERSIONS, ...LEGACY_VERSIONS], theirs);
  const hint = pinned === undefined ? 'update one of the two' : `it could be used with "protocol": "auto"`;
  return new SignalboxError(
    'PROTOCOL_UNSUPPORTED',
    `no common protocol version: the server speaks ${shown.join(', ')}, this entry allows ${ours.join(', ')}; ${hint}`,
    { server: session.server, delivered: 'yes', details: { theirs: shown, ours } },
  );
}

/** What a caller of `connect` sees: a JSON-RPC error during the set-up is a failed connection. */
function asConnectError(error: unknown, server: string): unknown {
  if (!(error instanceof RemoteError)) return error;
  return new SignalboxError('CONNECT_FAILED', `the server refused the connection: ${error.message}`, {
    server,
    delivered: 'yes',
    // An internal error can be over at the next attempt; what a server refuses for a reason it will refuse again.
    retryable: error.code === JSON_RPC_ERROR.internalError,
    cause: error,
    details: { code: error.code },
  });
}
