import type { ResolvedSettings } from '../config/settings.ts';
import { abortError, onAbort, throwIfAborted } from '../core/abort.ts';
import type { Timer } from '../core/clock.ts';
import { SignalboxError } from '../core/errors.ts';
import { sleep } from '../core/sleep.ts';
import type { Session } from '../protocol/session/session.ts';
import { fullJitter } from '../resilience/backoff.ts';
import { RestartLimit } from '../resilience/restart-limit.ts';
import { type ConnectionEvent, type ConnectionState, transition } from './connection-machine.ts';
import type { ClientEnvironment, Connector, Established } from './connector.ts';

/** How long a connection must have been up until earlier failures are forgotten, in ms (F-017). */
export const STABLE_MS = 60_000;
/** Longest wait before the first attempt after a stable connection was lost, in ms. */
const FIRST_RETRY_MS = 250;

/** What a {@link Connection} tells its owner. */
export interface ConnectionObserver {
  stateChanged(from: ConnectionState, to: ConnectionState, event: ConnectionEvent): void;
  established(established: Established): void;
}

/** One run of attempts, shared by everybody who waits for the connection. */
interface Work {
  readonly promise: Promise<Established>;
  readonly abort: AbortController;
  /** True for a reconnection that goes on whether anybody waits or not. */
  readonly background: boolean;
  waiters: number;
}

/**
 * Keeps one server connected: the shell around the connection machine that does its work. There is never more than
 * one run of attempts, and whatever finishes after a `disconnect` is thrown away.
 */
export class Connection {
  readonly #name: string;
  readonly #settings: ResolvedSettings;
  readonly #environment: ClientEnvironment;
  readonly #connector: Connector;
  readonly #observer: ConnectionObserver;
  readonly #restarts: RestartLimit | undefined;
  #state: ConnectionState = { kind: 'disconnected' };
  #established: Established | undefined;
  #establishedAt = 0;
  #work: Work | undefined;
  #closing: Promise<void> | undefined;
  #pause: Timer | undefined;
  /** Attempts and short-lived connections in a row. */
  #failures = 0;

  constructor(
    name: string,
    settings: ResolvedSettings,
    environment: ClientEnvironment,
    connector: Connector,
    observer: ConnectionObserver,
  ) {
    this.#name = name;
    this.#settings = settings;
    this.#environment = environment;
    this.#connector = connector;
    this.#observer = observer;
    const { restart } = settings;
    this.#restarts =
      connector.startsProcess && restart.limit > 0 ? new RestartLimit(restart, environment.clock) : undefined;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** The session that requests go to; undefined unless connected. */
  get session(): Session | undefined {
    return this.#state.kind === 'connected' ? this.#established?.session : undefined;
  }

  get established(): Established | undefined {
    return this.#state.kind === 'connected' ? this.#established : undefined;
  }

  /** Connects, or joins the attempt that is running. */
  async connect(signal?: AbortSignal): Promise<Established> {
    throwIfAborted(signal, this.#name);
    if (this.#closing !== undefined) await this.#closing;
    const { established } = this;
    if (established !== undefined) return established;
    if (this.#work === undefined) {
      this.#cancelPause();
      // A person or a program asked for it: what happened before does not count.
      this.#restarts?.reset();
      this.#failures = 0;
      this.#apply({ type: 'connect' });
      this.#start(false, 0);
    }
    return await this.#join(this.#work!, signal);
  }

  /** The session, as soon as there is one: for a call that finds the connection down. */
  async ready(signal: AbortSignal | undefined): Promise<Session> {
    const { session } = this;
    if (session !== undefined) return session;
    if (this.#work !== undefined) return (await this.#join(this.#work, signal)).session;
    const state = this.#state;
    if (state.kind === 'sleeping') return (await this.connect(signal)).session;
    if (state.kind === 'error' || state.kind === 'unauthorized') throw state.cause;
    throw new SignalboxError('CONNECTION_CLOSED', 'the client is not connected; call connect() first', {
      server: this.#name,
    });
  }

  /** Drops the present connection, if any, and connects anew. */
  async reconnect(signal?: AbortSignal): Promise<Established> {
    await this.disconnect(0);
    return await this.connect(signal);
  }

  /**
   * Ends the connection in good order: calls in flight get `drainMs`, then the transport is closed. A second call
   * while the first is at it ends everything at once (F-011).
   */
  disconnect(drainMs: number): Promise<void> {
    if (this.#closing !== undefined) {
      this.#established?.session.transport.destroy();
      return this.#closing;
    }
    this.#cancelPause();
    if (this.#state.kind === 'disconnected') return Promise.resolve();
    this.#apply({ type: 'disconnect' });
    this.#closing = this.#close(drainMs).finally(() => {
      this.#closing = undefined;
    });
    return this.#closing;
  }

  async #close(drainMs: number): Promise<void> {
    const closed = new SignalboxError('CONNECTION_CLOSED', 'the client was disconnected', {
      server: this.#name,
    });
    const work = this.#work;
    work?.abort.abort(closed);
    await work?.promise.catch(() => undefined);
    const established = this.#established;
    if (established !== undefined) {
      const { session } = established;
      session.retire(closed);
      await session.drained(drainMs);
      await session.transport.close(session.era?.headers('', undefined));
      this.#established = undefined;
    }
    this.#apply({ type: 'closed' });
  }

  #start(background: boolean, firstDelayMs: number): void {
    const abort = new AbortController();
    const promise = this.#run(abort.signal, background, firstDelayMs).finally(() => {
      this.#work = undefined;
    });
    // Waiters see the rejection; without any, the state tells it.
    promise.catch(() => undefined);
    this.#work = { promise, abort, background, waiters: 0 };
  }

  async #join(work: Work, signal: AbortSignal | undefined): Promise<Established> {
    throwIfAborted(signal, this.#name);
    work.waiters++;
    let release = (): void => {};
    try {
      return await Promise.race([
        work.promise,
        new Promise<never>((_, reject) => {
          release = onAbort(signal, () => reject(abortError(signal!, this.#name)));
        }),
      ]);
    } finally {
      release();
      work.waiters--;
      // Nobody wants a first connection any more: it is not pursued on anybody's behalf.
      if (work.waiters === 0 && !work.background && this.#work === work && signal?.aborted === true) {
        void this.disconnect(0);
      }
    }
  }

  async #run(signal: AbortSignal, background: boolean, firstDelayMs: number): Promise<Established> {
    const { clock, random } = this.#environment;
    const maxAttempts = background ? Number.POSITIVE_INFINITY : this.#settings.retry.maxAttempts;
    let delayMs = firstDelayMs;
    for (let attempt = 1; ; attempt++) {
      if (delayMs > 0) await sleep(clock, delayMs, signal);
      throwIfAborted(signal, this.#name);
      try {
        this.#countStart();
        const established = await this.#connector.establish(signal, () => this.#apply({ type: 'opened' }));
        return this.#adopt(established, signal);
      } catch (error) {
        const cause = asSignalboxError(error, this.#name);
        if (signal.aborted) throw cause;
        this.#failures++;
        if (cause.code === 'AUTH_REQUIRED') {
          this.#apply({ type: 'denied', cause });
          throw cause;
        }
        if (!cause.retryable || attempt >= maxAttempts) {
          this.#giveUp(cause);
          throw cause;
        }
        this.#apply({ type: 'retry', cause });
        delayMs = fullJitter(this.#failures - 1, this.#settings.retry, random);
      }
    }
  }

  #countStart(): void {
    const restarts = this.#restarts;
    if (restarts === undefined) return;
    if (restarts.isExhausted) throw this.#restartLimit();
    restarts.started();
  }

  #adopt(established: Established, signal: AbortSignal): Established {
    if (signal.aborted) {
      // A disconnect overtook the last step of the attempt.
      established.session.transport.destroy();
      throw abortError(signal, this.#name);
    }
    this.#established = established;
    this.#establishedAt = this.#environment.clock.now();
    this.#observer.established(established);
    this.#apply({ type: 'ready' });
    void established.session.lost.then((cause) => this.#onLost(established, cause));
    return established;
  }

  #onLost(established: Established, cause: SignalboxError): void {
    if (this.#established !== established || this.#state.kind !== 'connected') return;
    this.#established = undefined;
    // The last calls of a retired session may still be answered; then its transport goes too.
    void established.session.drained(this.#settings.timeouts.request).then(() => {
      established.session.transport.destroy();
    });
    if (this.#connector.startsProcess && this.#restarts === undefined) {
      this.#giveUp(cause);
      return;
    }
    const wasStable = this.#environment.clock.now() - this.#establishedAt >= STABLE_MS;
    if (wasStable) this.#failures = 0;
    this.#apply({ type: 'lost', cause });
    this.#start(true, this.#firstDelay(cause));
    this.#failures++;
  }

  /** A first loss is repaired at once; what is lost again and again is given time. */
  #firstDelay(cause: SignalboxError): number {
    const { random } = this.#environment;
    if (this.#failures > 0) return fullJitter(this.#failures, this.#settings.retry, random);
    return cause.code === 'SESSION_LOST' ? 0 : random() * FIRST_RETRY_MS;
  }

  #giveUp(cause: SignalboxError): void {
    this.#apply({ type: 'gave-up', cause });
    const { restart } = this.#settings;
    if (cause.code !== 'RESTART_LIMIT') return;
    // One careful attempt after a long pause: whatever broke the server may have been repaired meanwhile.
    const { clock, random } = this.#environment;
    this.#pause = clock.setTimeout(
      () => {
        this.#pause = undefined;
        if (this.#state.kind !== 'error') return;
        this.#restarts?.reset();
        this.#apply({ type: 'connect' });
        this.#start(true, 0);
      },
      restart.pauseMs * (0.8 + 0.4 * random()),
    );
    this.#pause.unref();
  }

  #restartLimit(): SignalboxError {
    const { limit, windowMs, pauseMs } = this.#settings.restart;
    const last = 'cause' in this.#state ? `; the last cause: ${this.#state.cause.message}` : '';
    return new SignalboxError(
      'RESTART_LIMIT',
      `started ${limit} times within ${windowMs / 1000} s and died each time; it is tried again in about ${Math.round(pauseMs / 1000)} s, or at once by reconnect()${last}`,
      { server: this.#name, details: { limit, windowMs, pauseMs } },
    );
  }

  #cancelPause(): void {
    this.#pause?.cancel();
    this.#pause = undefined;
  }

  /** The only writer of the state. A refused event is a defect here, not of the caller. */
  #apply(event: ConnectionEvent): void {
    const from = this.#state;
    const to = transition(from, event);
    if (to === undefined) {
      if (from.kind === 'closing') return; // whatever was under way when the disconnect came
      throw new SignalboxError('ILLEGAL_TRANSITION', `"${event.type}" is not possible while ${from.kind}`, {
        server: this.#name,
      });
    }
    this.#state = to;
    this.#observer.stateChanged(from, to, event);
  }
}

function asSignalboxError(error: unknown, server: string): SignalboxError {
  if (SignalboxError.is(error)) return error;
  return new SignalboxError('INTERNAL', 'an unexpected error while connecting', { server, cause: error });
}
