import { createHash } from 'node:crypto';
import type { CredentialSource } from '../../auth/credential-source.ts';
import type { ServerEntry } from '../../config/entry.ts';
import { readEnvFile } from '../../config/env-file.ts';
import type { ParsedEntry } from '../../config/parse-entry.ts';
import type { ResolvedSettings } from '../../config/settings.ts';
import type { AwakeClock } from '../../core/awake-clock.ts';
import { Deadline, type DeadlineWheel } from '../../core/deadline-wheel.ts';
import { messageWithoutHead, SignalboxError } from '../../core/errors.ts';
import type { Logger, WireTap } from '../../core/log.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';
import type { Random } from '../../core/random.ts';
import type { ClientIdentity } from '../../protocol/mcp-types.ts';
import type { EraCache, EraVerdict } from '../../protocol/negotiation/era-cache.ts';
import type { Handshake } from '../../protocol/negotiation/handshake.ts';
import {
  type Negotiation,
  type NegotiationOptions,
  negotiate,
} from '../../protocol/negotiation/negotiate.ts';
import { Session, type SessionHandlers } from '../../protocol/session/session.ts';
import type { TransportCatalog } from '../../transports/catalog.ts';
import type { PoolCache } from '../../transports/http/pool-cache.ts';
import type { StderrLog } from '../../transports/process/stderr-log.ts';
import type { TransportTally } from '../../transports/transport-tally.ts';
import type { AuthorizationEnvironment } from '../authorization/authorization-environment.ts';
import type { HealthScheduler } from '../health/health-scheduler.ts';

/** What all clients of one factory share. */
export interface ClientEnvironment {
  readonly catalog: TransportCatalog;
  readonly pools: PoolCache;
  readonly identity: ClientIdentity;
  readonly eraCache: EraCache;
  /** Time in which this process did not run does not count on it; it tells of the end of such a time (F-135). */
  readonly clock: AwakeClock;
  readonly wheel: DeadlineWheel;
  readonly health: HealthScheduler;
  readonly random: Random;
  readonly logger: Logger;
  readonly tap: WireTap | undefined;
  readonly authorization: AuthorizationEnvironment;
}

/** What a {@link Connector} asks of its client, which hears of everything that happens in the sessions it sets up. */
export interface ConnectorOwner extends SessionHandlers {
  readonly name: string;
  readonly parsed: ParsedEntry;
  readonly settings: ResolvedSettings;
  readonly environment: ClientEnvironment;
  /** Who we say we are. */
  readonly identity: ClientIdentity;
  /** Undefined: `headers` of the entry are all there is. */
  readonly credentials: CredentialSource | undefined;
  /** Where all transports to the server leave their traces. */
  readonly tally: TransportTally;
  readonly stderr: StderrLog;
}

/** A connection that has just been set up. */
export interface Established {
  readonly session: Session;
  readonly handshake: Handshake;
  /** Kind of the transport that carries it. */
  readonly kind: string;
  readonly connectMs: number;
}

/** Exit codes that say that starting again cannot help: usage, configuration, not executable, not found. */
const FINAL_EXIT_CODES: ReadonlySet<unknown> = new Set([64, 78, 126, 127]);

/**
 * Sets up one connection to one server: makes the transport, opens it, negotiates, and changes the transport where
 * the negotiation asks for it. Everything that an attempt has opened is released when it fails.
 */
export class Connector {
  readonly #client: ConnectorOwner;
  /** A process died on the probe once: from then on `initialize` comes first. */
  #diedOnProbe = false;
  /** The kind that an entry without explicit type turned out to be. */
  #foundKind: string | undefined;

  constructor(client: ConnectorOwner) {
    this.#client = client;
  }

  /** Which era the server spoke, as far as it is remembered. */
  get verdict(): EraVerdict | undefined {
    return this.#client.environment.eraCache.verdict?.(this.#eraKey);
  }

  /** Takes over what was remembered in an earlier run. */
  recall(verdict: EraVerdict): void {
    this.#client.environment.eraCache.restore?.(this.#eraKey, verdict);
  }

  /** True if each attempt starts a process. */
  get startsProcess(): boolean {
    return this.#client.parsed.kind === 'stdio' || this.#client.settings.launch !== undefined;
  }

  /**
   * @param onOpened called once, when the first transport is open and the protocol is about to be set up
   * @throws SignalboxError; nothing is left behind then
   */
  establish(signal: AbortSignal, onOpened: () => void): Promise<Established> {
    return this.#within(signal, (bounded) => {
      let opened = false;
      return this.#attempt(bounded, () => {
        if (!opened) onOpened();
        opened = true;
      });
    });
  }

  /**
   * Sets up a new session on a transport whose server has forgotten the last one.
   * @throws SignalboxError; the transport is the caller's to release
   */
  renew(held: Established, signal: AbortSignal, onOpened: () => void): Promise<Established> {
    const { session, kind } = held;
    return this.#within(signal, async (bounded) => {
      onOpened();
      session.renew();
      const result = await negotiate(session, { ...this.#negotiation(kind, bounded), remembered: 'legacy' });
      if (result.kind !== 'ready') throw this.#explain(result.error, session);
      return { session, handshake: result.handshake, kind };
    });
  }

  /** Made anew when it is asked for, which is once or twice for each connection: many clients keep many. */
  get #eraKey(): string {
    return eraKeyOf(this.#client.parsed);
  }

  /** Gives one attempt its time, and takes it. */
  async #within(
    signal: AbortSignal,
    attempt: (bounded: AbortSignal) => Promise<Omit<Established, 'connectMs'>>,
  ): Promise<Established> {
    const { clock, wheel } = this.#client.environment;
    const startedAt = clock.now();
    const budget = new AbortController();
    // On the wheel, like a call: what the machine sleeps meanwhile does not count, and answers are read first (F-135).
    const deadline = new AttemptDeadline(() => budget.abort(this.#timeout()));
    wheel.add(deadline, this.#client.settings.timeouts.connect);
    try {
      const { session, handshake, kind } = await attempt(AbortSignal.any([signal, budget.signal]));
      return { session, handshake, kind, connectMs: clock.now() - startedAt };
    } finally {
      wheel.remove(deadline);
      wheel.rest();
    }
  }

  #negotiation(kind: string, signal: AbortSignal): NegotiationOptions {
    const { protocol, timeouts } = this.#client.settings;
    return {
      identity: this.#client.identity,
      // HTTP+SSE is a transport of 2024-11-05: there is nothing modern to find on it.
      preference: kind === 'sse' && protocol === 'auto' ? 'legacy' : protocol,
      remembered: this.#diedOnProbe ? 'legacy' : this.#client.environment.eraCache.get(this.#eraKey),
      probeTimeoutMs: timeouts.probe,
      clock: this.#client.environment.clock,
      signal,
    };
  }

  async #attempt(signal: AbortSignal, onOpened: () => void): Promise<Omit<Established, 'connectMs'>> {
    const { eraCache } = this.#client.environment;
    let kind = this.#firstKind();
    /** What stands if the transport that is tried instead does not work either. */
    let refusal: SignalboxError | undefined;
    for (;;) {
      const session = await this.#session(kind);
      let result: Negotiation;
      try {
        await session.open(signal);
        onOpened();
        result = await negotiate(session, this.#negotiation(kind, signal));
      } catch (error) {
        // What the transport knows (stderr, noise) is asked before it is gone.
        const explained = this.#explain(error, session);
        eraCache.delete(this.#eraKey);
        await discard(session);
        throw refusal ?? explained;
      }
      if (result.kind === 'ready') {
        eraCache.set(this.#eraKey, result.remember ?? result.handshake.era.name);
        // From here on the cache knows, and forgets in time.
        this.#diedOnProbe = false;
        if (this.#client.parsed.kind === 'auto') this.#foundKind = kind;
        return { session, handshake: result.handshake, kind };
      }
      const explained = this.#explain(result.error, session);
      await discard(session);
      if (result.kind === 'restart-legacy' && !this.#diedOnProbe && this.startsProcess) {
        this.#diedOnProbe = true;
      } else if (result.kind === 'try-sse' && this.#client.parsed.kind === 'auto' && kind === 'http') {
        refusal = explained;
        kind = 'sse';
      } else {
        throw refusal ?? explained;
      }
    }
  }

  /** The kind that the entry names, or what it turned out to be when it last worked. */
  #firstKind(): string {
    if (this.#client.parsed.kind !== 'auto') return this.#client.parsed.kind;
    return this.#foundKind ?? 'http';
  }

  async #session(kind: string): Promise<Session> {
    const { catalog, pools, clock, random, logger } = this.#client.environment;
    const transport = catalog.create(kind, this.#client.name, await this.#entry(), {
      server: this.#client.name,
      clock,
      random,
      logger,
      limits: this.#client.settings.limits,
      settings: this.#client.settings,
      pools,
      credentials: this.#client.credentials,
      client: this.#client.identity.info,
      tally: this.#client.tally,
      stderr: this.startsProcess ? this.#client.stderr : undefined,
    });
    return new Session({
      server: this.#client.name,
      transport,
      environment: this.#client.environment,
      answerMs: this.#client.settings.timeouts.total,
      handlers: this.#client,
    });
  }

  /** The entry with what its `envFile` holds: read anew for each start, so that a changed file takes effect. */
  async #entry(): Promise<ServerEntry> {
    const { entry } = this.#client.parsed;
    if (entry.envFile === undefined) return entry;
    return { ...entry, env: { ...(await readEnvFile(entry.envFile, this.#client.name)), ...entry.env } };
  }

  #timeout(): SignalboxError {
    const ms = this.#client.settings.timeouts.connect;
    return new SignalboxError(
      'CONNECT_TIMEOUT',
      `no connection within ${ms} ms; raise x-signalbox.timeouts.connect if the server needs longer to start`,
      { server: this.#client.name, details: { connectMs: ms } },
    );
  }

  /** The error of a failed attempt as its caller should read it: with what the server printed. */
  #explain(error: unknown, session: Session): SignalboxError {
    if (!SignalboxError.is(error)) {
      return new SignalboxError('CONNECT_FAILED', 'setting up the connection failed', {
        server: this.#client.name,
        cause: error,
      });
    }
    const { stderrTail } = session.transport.diagnostics();
    const printed = stderrTail === undefined ? '' : sanitizePeerText(stderrTail.slice(-600).trim(), 200);
    if (error.code === 'CONNECT_TIMEOUT') {
      const noise = session.counters.noise > 0 ? '; it printed text on stdout that is no message' : '';
      const hint = printed === '' ? noise : `${noise}; last stderr: ${printed}`;
      return new SignalboxError('CONNECT_TIMEOUT', `${messageWithoutHead(error)}${hint}`, {
        server: this.#client.name,
        details: { ...error.details, stderrTail: printed },
      });
    }
    if (error.code !== 'CONNECTION_LOST') return error;
    const exitCode = error.details['exitCode'];
    return new SignalboxError(
      'CONNECT_FAILED',
      `the connection ended while it was set up: ${messageWithoutHead(error)}`,
      {
        server: this.#client.name,
        retryable: !FINAL_EXIT_CODES.has(exitCode),
        cause: error,
        details: error.details,
      },
    );
  }
}

class AttemptDeadline extends Deadline {
  readonly #expired: () => void;

  constructor(expired: () => void) {
    super();
    this.#expired = expired;
  }

  override expire(): void {
    this.#expired();
  }
}

async function discard(session: Session): Promise<void> {
  session.transport.destroy();
  await session.transport.closed;
}

/** A stable name for "this server, configured like this", without its secrets in clear. */
function eraKeyOf({ kind, entry }: ParsedEntry): string {
  const { command, args, env, cwd, url } = entry;
  const identity = JSON.stringify([kind, url ?? null, command ?? null, args ?? [], cwd ?? null, env ?? {}]);
  return createHash('sha256').update(identity).digest('base64url');
}
