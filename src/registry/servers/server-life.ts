import type { StateChange } from '../../client/client-events.ts';
import type { ConnectionResult } from '../../client/connection/connection-result.ts';
import type { McpClient } from '../../client/mcp-client.ts';
import type { Clock } from '../../core/clock.ts';
import { SignalboxError } from '../../core/errors.ts';
import { isOutOfService, type ServerWork, serverStep, type WantedState } from './server-machine.ts';
import type { ServerState } from './server-status.ts';

/** What a server is connected and disconnected by. */
export type ServerConnection = Pick<
  McpClient,
  'name' | 'state' | 'connect' | 'reconnect' | 'disconnect' | 'sleep' | 'end'
>;

/** How a wish is carried out. */
export interface WishOptions {
  readonly signal?: AbortSignal | undefined;
  /** Time for calls in flight where the connection is closed, in ms. Default 5 000. */
  readonly drainMs?: number | undefined;
}

/** What a {@link ServerLife} works with. */
export interface ServerLifeOptions {
  /** The client itself, or a share in one. */
  readonly client: ServerConnection;
  readonly clock: Clock;
  readonly isDisabled: boolean;
  /** The server is in another state, or in the same for another reason. It can be asked for it by now. */
  readonly changed: (
    from: ServerState,
    to: ServerState,
    reason: string,
    error: SignalboxError | undefined,
  ) => void;
}

/** Changes that somebody asked for tell the reason that was given, not the word of the connection machine. */
const ASKED_FOR: ReadonlySet<ServerState> = new Set(['connecting', 'closing', 'disconnected', 'sleeping']);

/**
 * The state of one server, and how it is moved to where somebody wants it: the shell around the server machine and the
 * only writer of the state. What a wish changes by itself is changed at once; the connection follows. The last wish
 * wins: whoever waits for an earlier one that can no longer come true is told so.
 */
export class ServerLife {
  readonly #options: ServerLifeOptions;
  #state: ServerState;
  #reason: string;
  #since: number;
  #error: SignalboxError | undefined;
  /** Why somebody wanted what the connection is about to do. */
  #asked: string | undefined;
  #wishes = 0;
  #wanted: WantedState | undefined;
  #closing: Promise<void> | undefined;
  #isEnding = false;

  constructor(options: ServerLifeOptions) {
    this.#options = options;
    this.#state = options.isDisabled ? 'disabled' : 'disconnected';
    this.#reason = options.isDisabled ? 'disabled in the configuration' : 'not connected yet';
    this.#since = options.clock.wallNow();
  }

  get state(): ServerState {
    return this.#state;
  }

  get reason(): string {
    return this.#reason;
  }

  /** Wall clock time at which it came into this state, in ms since the epoch. */
  get since(): number {
    return this.#since;
  }

  get error(): SignalboxError | undefined {
    return this.#error;
  }

  get isOutOfService(): boolean {
    return isOutOfService(this.#state);
  }

  /** Whether it sleeps, or will when its connection is closed. */
  get isAsleep(): boolean {
    if (this.#state === 'sleeping') return true;
    return this.#wanted === 'sleeping' && (this.#state === 'closing' || this.#state === 'disconnected');
  }

  /**
   * Moves the server to where it is wanted. Resolves when it is there; with the outcome, where that was to connect.
   * @throws SignalboxError ILLEGAL_TRANSITION at once, synchronously, if the machine refuses it; rejects with what
   * `McpClient.connect` rejects with, and with CONNECTION_CLOSED if another wish has overtaken this one
   */
  want(wanted: WantedState, reason: string, options: WishOptions = {}): Promise<ConnectionResult | void> {
    const { client } = this.#options;
    const from = this.#state;
    const step = serverStep(from, { type: 'wanted', state: wanted, connection: client.state });
    if (step === undefined || (this.#isEnding && wanted === 'connected')) throw this.#refusal(from, wanted);
    const wish = ++this.#wishes;
    this.#wanted = wanted;
    if (step.work !== 'none') this.#asked = reason;
    if (step.state !== from || isOutOfService(from)) this.#set(step.state, reason, undefined);
    // Whoever was told of it may have wanted something else at once.
    return wish === this.#wishes ? this.#work(step.work, options) : Promise.reject(this.#overtaken(wanted));
  }

  /**
   * Drops the connection of a server in service, if there is one, and makes it anew.
   * @throws SignalboxError as {@link want} with `connected`
   */
  async reconnect(reason: string, { signal }: WishOptions = {}): Promise<ConnectionResult> {
    if (this.isOutOfService || this.#isEnding) throw this.#refusal(this.#state, 'connected');
    this.#wishes++;
    this.#wanted = 'connected';
    this.#asked = reason;
    return await this.#options.client.reconnect(signal === undefined ? {} : { signal });
  }

  /** Connects it, as bulk work does: without a wish of its own. */
  connect(signal: AbortSignal | undefined): Promise<ConnectionResult> {
    return this.#options.client.connect(signal === undefined ? {} : { signal });
  }

  /** Begins to connect it for somebody who waits for the client, and hears there how it went. */
  wake(reason: string): void {
    if (this.isOutOfService || this.#isEnding) return;
    this.#wishes++;
    this.#wanted = 'connected';
    this.#asked = reason;
    this.#options.client.connect().catch(() => undefined);
  }

  /** The connection says that it is in another state, or on another attempt. */
  moved({ to, reason, error }: StateChange): void {
    const { client } = this.#options;
    // Told late: a listener before us has brought about another change, which we have heard of already.
    if (to !== client.state) return;
    const step = serverStep(this.#state, { type: 'moved', connection: to });
    if (step === undefined) {
      // Somebody connects what is out of service: it stays closed.
      if (to === 'connecting') void client.disconnect({ drainMs: 0 });
      return;
    }
    // Whoever calls it by itself has woken it.
    if (to === 'connecting' && this.#wanted === 'sleeping') this.#wanted = 'connected';
    const asked = error === undefined && ASKED_FOR.has(to) ? this.#asked : undefined;
    if (!this.#isOnTheWay(to)) this.#asked = undefined;
    this.#set(step.state, asked ?? reason, error);
  }

  /** Resolves when a connection that is being closed is closed. */
  closed(): Promise<void> {
    return this.#closing ?? Promise.resolve();
  }

  /** Ends the connection for good, in good order: nothing connects the client again. A second call with 0 hurries. */
  async end(drainMs: number | undefined): Promise<void> {
    const { client } = this.#options;
    this.#isEnding = true;
    // What is being closed has got its time already.
    if (drainMs !== 0 && client.state === 'closing') await this.closed();
    await client.end(drainMs === undefined ? {} : { drainMs });
  }

  /** Whether more is to come of what was asked for. */
  #isOnTheWay(to: ServerState): boolean {
    if (to === 'disconnected') return this.#wanted === 'sleeping';
    return to === 'connecting' || to === 'initializing' || to === 'closing';
  }

  async #work(work: ServerWork, { signal, drainMs }: WishOptions): Promise<ConnectionResult | void> {
    const { client } = this.#options;
    switch (work) {
      case 'none':
        await this.closed();
        return;
      case 'close':
        await this.#close(drainMs);
        return;
      case 'sleep':
        await this.#track(client.sleep(drainMs === undefined ? {} : { drainMs }));
        return;
      case 'connect':
        if (client.state === 'closing') {
          await this.closed();
          if (this.#wanted !== 'connected') throw this.#overtaken('connected');
        }
        return await client.connect(signal === undefined ? {} : { signal });
    }
  }

  /** Joins a closing that is under way; without any time left it hurries that. */
  #close(drainMs: number | undefined): Promise<void> {
    const { client } = this.#options;
    if (client.state === 'closing' && this.#closing !== undefined && drainMs !== 0) return this.#closing;
    return this.#track(client.disconnect(drainMs === undefined ? {} : { drainMs }));
  }

  #track(work: Promise<void>): Promise<void> {
    const closing = work.finally(() => {
      if (this.#closing === closing) this.#closing = undefined;
    });
    this.#closing = closing;
    return closing;
  }

  #set(to: ServerState, reason: string, error: SignalboxError | undefined): void {
    const from = this.#state;
    this.#state = to;
    this.#reason = reason;
    if (to !== from) this.#since = this.#options.clock.wallNow();
    // The cause of the trouble stays readable until the server is well again.
    if (to === 'connected' || to === 'disconnected') this.#error = undefined;
    else this.#error = error ?? this.#error;
    this.#options.changed(from, to, reason, error);
  }

  #refusal(from: ServerState, to: WantedState): SignalboxError {
    const { name: server } = this.#options.client;
    if (this.#isEnding) {
      return new SignalboxError('CONNECTION_CLOSED', 'the server is being unregistered', { server });
    }
    const hint = from === 'disabled' ? '; enable it first: updateState(name, "disconnected")' : '';
    const message = `a server that is ${from} cannot become ${to}${hint}`;
    return new SignalboxError('ILLEGAL_TRANSITION', message, { server, details: { from, to } });
  }

  #overtaken(wanted: WantedState): SignalboxError {
    const { name: server } = this.#options.client;
    const message = `something else than ${wanted} was asked for meanwhile; it is ${this.#state}`;
    return new SignalboxError('CONNECTION_CLOSED', message, { server });
  }
}
