import type { ResolvedSettings } from '../../config/settings.ts';
import { abortError, onAbort, throwIfAborted } from '../../core/abort.ts';
import { SignalboxError } from '../../core/errors.ts';
import { LateSet } from '../../core/late-set.ts';
import { sleep } from '../../core/sleep.ts';
import type { Session, SessionWatcher } from '../../protocol/session/session.ts';
import { fullJitter } from '../../resilience/backoff.ts';
import { RestartLimit } from '../../resilience/restart-limit.ts';
import { AttemptRun, type RunKind } from './attempt-run.ts';
import { BackgroundPause } from './background-pause.ts';
import { type ConnectionEvent, type ConnectionState, transition } from './connection-machine.ts';
import type { ClientEnvironment, Connector, Established } from './connector.ts';

/** How long a connection must have been up until earlier failures are forgotten, in ms (F-017). */
export const STABLE_MS = 60_000;
/** Longest wait before the first attempt after a stable connection was lost, in ms. */
const FIRST_RETRY_MS = 250;

/** How long calls in flight may go on when the token is good no more, in ms. */
const DENIED_DRAIN_MS = 5000;

/** What a {@link Connection} asks of its client, and tells it. */
export interface ConnectionOwner {
  readonly name: string;
  readonly settings: ResolvedSettings;
  readonly environment: ClientEnvironment;
  readonly connector: Connector;
  /** A connection has been set up; it is told before the change of state. */
  adopted(established: Established): void;
  stateChanged(from: ConnectionState, to: ConnectionState, event: ConnectionEvent): void;
}

/**
 * Keeps one server connected: the shell around the connection machine that does its work. There is never more than
 * one run of attempts, and whatever finishes after a `disconnect` is thrown away.
 */
export class Connection implements SessionWatcher {
  readonly #client: ConnectionOwner;
  readonly #restarts: RestartLimit | undefined;
  #state: ConnectionState = { kind: 'disconnected' };
  /** The connection that stands, or whose session is being renewed. */
  #established: Established | undefined;
  #establishedAt = 0;
  #run: AttemptRun | undefined;
  #closing: Promise<void> | undefined;
  /** Transports that broke and are still being cleaned up. */
  readonly #leaving: LateSet<Promise<unknown>> = new LateSet();
  /** Made when a connection is given up for the first time. */
  #pause: BackgroundPause | undefined;
  #isEnded = false;
  readonly #ending = new AbortController();
  /** The connection is being closed because nobody needs it: whoever needs it again has it made anew. */
  #isFallingAsleep = false;
  #lastCause: SignalboxError | undefined;
  /** Attempts and short-lived connections in a row. */
  #failures = 0;

  constructor(client: ConnectionOwner) {
    this.#client = client;
    const { connector, environment } = client;
    const { restart } = client.settings;
    this.#restarts =
      connector.startsProcess && restart.limit > 0 ? new RestartLimit(restart, environment.clock) : undefined;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Fires when the client is released for good. */
  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  /** The session that requests go to; undefined unless connected. */
  get session(): Session | undefined {
    return this.#state.kind === 'connected' ? this.#established?.session : undefined;
  }

  /** Connects, or joins the run that is under way: a repair for at most `timeouts.connect`. */
  async connect(signal?: AbortSignal): Promise<Established> {
    throwIfAborted(signal, this.#client.name);
    while (this.#closing !== undefined) await this.#orAborted(this.#closing, signal);
    if (this.#isEnded) throw this.#closedError('the client was released; make a new one');
    if (this.session !== undefined) return this.#established!;
    let run = this.#run;
    if (run === undefined || run.kind === 'careful') {
      this.#pause?.cancel();
      // A person or a program asked for it: what happened before does not count.
      this.#restarts?.reset();
      this.#failures = 0;
      if (run === undefined) run = this.#begin('asked', 0, { type: 'connect' });
      else run.kind = 'asked';
    }
    return await this.#join(
      run,
      signal,
      run.kind === 'asked' ? undefined : this.#client.settings.timeouts.connect,
    );
  }

  /**
   * The session, as soon as there is one: for a call that finds the connection down. A connection that has been given
   * up is not begun anew on behalf of a call.
   * @param begin whether a connection that was never asked for is begun
   */
  async ready(signal: AbortSignal | undefined, begin: boolean): Promise<Session> {
    const { session } = this;
    if (session !== undefined) return session;
    if (this.#run !== undefined && this.#closing === undefined) {
      return (await this.#join(this.#run, signal, undefined)).session;
    }
    const state = this.#state;
    if (state.kind === 'error' || state.kind === 'unauthorized') throw state.cause;
    if (begin || state.kind === 'sleeping' || this.#isFallingAsleep)
      return (await this.connect(signal)).session;
    throw this.#closedError('the client is not connected; call connect() first');
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
    this.#pause?.cancel();
    if (this.#state.kind === 'disconnected') return Promise.resolve();
    // Known before it is told: a listener that connects at once waits for it.
    let begin = (): void => {};
    this.#closing = new Promise<void>((resolve) => {
      begin = resolve;
    })
      .then(() => this.#close(drainMs))
      .finally(() => {
        this.#closing = undefined;
      });
    this.#apply({ type: 'disconnect' });
    begin();
    return this.#closing;
  }

  /** {@link disconnect}, and then `sleeping`: the next call connects again. Whoever connects meanwhile wins. */
  async sleep(drainMs: number): Promise<void> {
    if (this.#state.kind === 'sleeping') return;
    this.#isFallingAsleep = true;
    try {
      await this.disconnect(drainMs);
    } finally {
      this.#isFallingAsleep = false;
    }
    if (this.#state.kind === 'disconnected' && !this.#isEnded) this.#apply({ type: 'sleep' });
  }

  /** {@link disconnect} for good: nothing connects this client again. */
  end(drainMs: number): Promise<void> {
    this.#isEnded = true;
    this.#ending.abort(this.#closedError('the client was released'));
    return this.disconnect(drainMs);
  }

  /** The server has forgotten the session of the connection that stands: a new one is set up on the same transport. */
  sessionLost(cause: SignalboxError): void {
    if (this.#state.kind !== 'connected') return;
    this.#forgetFailuresIfStable();
    this.#begin('repair', this.#firstDelay(cause), { type: 'lost', cause });
    this.#failures++;
  }

  /** The connection that stands does not answer any more: it is made anew, and what is in flight on it fails. */
  stale(cause: SignalboxError): void {
    this.session?.fail(cause);
  }

  /** The token of the connection that stands is good no more, and only a person can help: what is in flight may end. */
  denied(cause: SignalboxError): void {
    const established = this.#established;
    if (this.#state.kind !== 'connected' || established === undefined) return;
    this.#established = undefined;
    const { session } = established;
    session.retire(cause);
    const gone = session
      .drained(DENIED_DRAIN_MS)
      .then(() => this.#discard(session))
      .finally(() => this.#leaving.delete(gone));
    this.#leaving.add(gone);
    this.#apply({ type: 'denied', cause });
  }

  /** What the connection was refused for is there now. */
  authorized(): void {
    if (this.#state.kind === 'unauthorized') this.connect().catch(() => undefined);
  }

  async #close(drainMs: number): Promise<void> {
    const closed = this.#closedError('the client was disconnected');
    const run = this.#run;
    run?.abort(closed);
    await run?.promise.catch(() => undefined);
    const established = this.#established;
    if (established !== undefined) {
      const { session } = established;
      session.retire(closed);
      await session.drained(drainMs);
      await session.transport.close(session.era?.headers('', undefined));
      this.#established = undefined;
    }
    await Promise.all(this.#leaving);
    this.#apply({ type: 'closed' });
  }

  #begin(kind: RunKind, delayMs: number, event: ConnectionEvent): AttemptRun {
    const run = new AttemptRun(kind, (self) =>
      this.#attempt(self, delayMs).finally(() => {
        if (this.#run === self) this.#run = undefined;
      }),
    );
    // Before the event: a listener that acts on it at once must find the run.
    this.#run = run;
    this.#apply(event);
    return run;
  }

  async #join(
    run: AttemptRun,
    signal: AbortSignal | undefined,
    limitMs: number | undefined,
  ): Promise<Established> {
    throwIfAborted(signal, this.#client.name);
    run.waiters++;
    const over = new AbortController();
    const timer = this.#client.environment.clock.setTimeout(
      () => over.abort(),
      limitMs ?? Number.POSITIVE_INFINITY,
    );
    let release = (): void => {};
    const overdue = new Promise<never>((_, reject) => {
      release = onAbort(over.signal, () => reject(this.#stillDown(limitMs!)));
    });
    try {
      return await Promise.race([this.#orAborted(run.promise, signal), overdue]);
    } finally {
      timer.cancel();
      release();
      run.waiters--;
      // Nobody wants a first connection any more: it is not pursued on anybody's behalf.
      const isUnwanted = run.waiters === 0 && run.kind === 'asked' && this.#run === run;
      if (isUnwanted && signal?.aborted === true) void this.disconnect(0);
    }
  }

  async #attempt(run: AttemptRun, firstDelayMs: number): Promise<Established> {
    const { clock, random } = this.#client.environment;
    const { signal } = run;
    let delayMs = firstDelayMs;
    for (let attempt = 1; ; attempt++) {
      if (delayMs > 0) await sleep(clock, delayMs, signal);
      throwIfAborted(signal, this.#client.name);
      try {
        const established = await this.#establish(signal);
        return this.#adopt(established, run);
      } catch (error) {
        const cause = asSignalboxError(error, this.#client.name);
        if (signal.aborted) throw cause;
        this.#failures++;
        if (cause.code === 'AUTH_REQUIRED' || !cause.retryable || attempt >= this.#maxAttempts(run)) {
          // It is over before it is told: a listener may begin another run.
          if (this.#run === run) this.#run = undefined;
          if (cause.code === 'AUTH_REQUIRED') this.#apply({ type: 'denied', cause });
          else this.#giveUp(cause, run.kind);
          throw cause;
        }
        this.#apply({ type: 'retry', cause });
        delayMs = fullJitter(this.#failures - 1, this.#client.settings.retry, random);
      }
    }
  }

  #maxAttempts({ kind }: AttemptRun): number {
    if (kind === 'asked') return this.#client.settings.retry.maxAttempts;
    return kind === 'careful' ? 1 : Number.POSITIVE_INFINITY;
  }

  async #establish(signal: AbortSignal): Promise<Established> {
    const onOpened = (): void => this.#apply({ type: 'opened' });
    const held = this.#established;
    if (held !== undefined) {
      // The transport stands, only its session is gone: a launched server must not be restarted for that.
      try {
        return await this.#client.connector.renew(held, signal, onOpened);
      } catch (error) {
        this.#established = undefined;
        this.#discard(held.session);
        throw error;
      }
    }
    // What is left of a server that died may hold what the next one needs.
    await Promise.all(this.#leaving);
    this.#countStart();
    return await this.#client.connector.establish(signal, onOpened);
  }

  #countStart(): void {
    const restarts = this.#restarts;
    if (restarts === undefined) return;
    if (restarts.isExhausted) throw this.#restartLimit();
    restarts.started();
  }

  #adopt(established: Established, run: AttemptRun): Established {
    if (run.signal.aborted) {
      // A disconnect overtook the last step of the attempt.
      if (this.#established !== established) this.#discard(established.session);
      throw abortError(run.signal, this.#client.name);
    }
    const isRenewed = this.#established?.session === established.session;
    this.#established = established;
    this.#establishedAt = this.#client.environment.clock.now();
    if (this.#run === run) this.#run = undefined;
    this.#client.adopted(established);
    this.#apply({ type: 'ready' });
    if (!isRenewed) established.session.watchedBy(this);
    return established;
  }

  sessionOver(session: Session, cause: SignalboxError): void {
    // A session that is being renewed is lost for the attempt that renews it, which sees it by itself.
    if (this.#established?.session !== session || this.#state.kind !== 'connected') return;
    this.#established = undefined;
    this.#discard(session);
    if (this.#client.connector.startsProcess && this.#restarts === undefined) {
      // Not to be restarted means in the background, too.
      this.#apply({ type: 'gave-up', cause, retryAt: undefined });
      return;
    }
    this.#forgetFailuresIfStable();
    this.#begin('repair', this.#firstDelay(cause), { type: 'lost', cause });
    this.#failures++;
  }

  /** Lets a broken transport clean up in the background; `disconnect` waits for it. */
  #discard(session: Session): void {
    session.transport.destroy();
    const gone = session.transport.close().finally(() => this.#leaving.delete(gone));
    this.#leaving.add(gone);
  }

  #forgetFailuresIfStable(): void {
    if (this.#client.environment.clock.now() - this.#establishedAt >= STABLE_MS) this.#failures = 0;
  }

  /** A first loss is repaired at once; what is lost again and again is given time. */
  #firstDelay(cause: SignalboxError): number {
    const { random } = this.#client.environment;
    if (this.#failures > 0) return fullJitter(this.#failures, this.#client.settings.retry, random);
    return cause.code === 'SESSION_LOST' ? 0 : random() * FIRST_RETRY_MS;
  }

  /** Gives up for now: if the cause may pass, one more attempt is made in the background after a long pause. */
  #giveUp(cause: SignalboxError, kind: RunKind): void {
    // A disconnect has overtaken what failed: nothing comes after it.
    if (this.#state.kind === 'closing') return;
    // Before the event: a listener that connects at once ends the pause, and no two runs can come of it.
    this.#pause ??= new BackgroundPause(this.#client);
    const retryAt = this.#pause.begin(cause, kind, (isAfterLimit) => this.#lookAgain(isAfterLimit));
    this.#apply({ type: 'gave-up', cause, retryAt });
  }

  #lookAgain(isAfterLimit: boolean): void {
    if (isAfterLimit) this.#restarts?.reset();
    this.#begin('careful', 0, { type: 'connect' });
  }

  #restartLimit(): SignalboxError {
    const { limit, windowMs, pauseMs } = this.#client.settings.restart;
    const last = this.#lastCause === undefined ? '' : `; the last cause: ${this.#lastCause.message}`;
    return new SignalboxError(
      'RESTART_LIMIT',
      `started ${limit} times within ${windowMs / 1000} s and died each time; it is tried again in about ${Math.round(pauseMs / 1000)} s, or at once by reconnect()${last}`,
      { server: this.#client.name, details: { limit, windowMs, pauseMs } },
    );
  }

  #stillDown(limitMs: number): SignalboxError {
    const cause = this.#lastCause;
    const why = cause === undefined ? '' : `: ${cause.message}`;
    return new SignalboxError(
      'CONNECT_TIMEOUT',
      `the connection did not come back within ${limitMs} ms${why}`,
      {
        server: this.#client.name,
        cause,
      },
    );
  }

  #closedError(what: string): SignalboxError {
    return new SignalboxError('CONNECTION_CLOSED', what, { server: this.#client.name });
  }

  async #orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    if (signal === undefined) return await promise;
    throwIfAborted(signal, this.#client.name);
    let release = (): void => {};
    const aborted = new Promise<never>((_, reject) => {
      release = onAbort(signal, () => reject(abortError(signal, this.#client.name)));
    });
    try {
      return await Promise.race([promise, aborted]);
    } finally {
      release();
    }
  }

  /** The only writer of the state. A refused event is a defect here, not of the caller. */
  #apply(event: ConnectionEvent): void {
    const from = this.#state;
    const to = transition(from, event);
    if (to === undefined) {
      if (from.kind === 'closing') return; // whatever was under way when the disconnect came
      throw new SignalboxError('ILLEGAL_TRANSITION', `"${event.type}" is not possible while ${from.kind}`, {
        server: this.#client.name,
      });
    }
    this.#state = to;
    if ('cause' in event) this.#lastCause = event.cause;
    this.#client.stateChanged(from, to, event);
  }
}

function asSignalboxError(error: unknown, server: string): SignalboxError {
  if (SignalboxError.is(error)) return error;
  return new SignalboxError('INTERNAL', 'an unexpected error while connecting', { server, cause: error });
}
