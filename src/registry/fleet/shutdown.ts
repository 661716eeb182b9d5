import type { Clock } from '../../core/clock.ts';
import { deferred } from '../../core/deferred.ts';
import { messageOf } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { EventDesk } from '../events/event-desk.ts';
import type { ShutdownEvent } from '../events/registry-events.ts';
import type { ServerDirectory } from '../servers/server-directory.ts';
import type { ServerInstance } from '../servers/server-instance.ts';
import { SHUTDOWN_STEPS, type ShutdownStepName } from './shutdown-steps.ts';
import { upTo } from './up-to.ts';

/** What a {@link Shutdown} works with. */
export interface ShutdownContext {
  readonly directory: ServerDirectory;
  readonly events: EventDesk;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Has the factory forget the client of a server that has ended. */
  readonly release: (instance: ServerInstance) => Promise<void>;
  /** Forgets what the servers have offered. */
  readonly forget: () => void;
  /** Writes down how the servers were when it began. Never rejects. */
  readonly save: () => Promise<void>;
}

/** One server on its way out. */
interface Departure {
  readonly instance: ServerInstance;
  readonly hasProcess: boolean;
  readonly ended: Promise<void>;
  isOver: boolean;
}

/** What a step has left, and where. */
interface Rest {
  readonly left: number;
  readonly servers: readonly string[];
}

const NOTHING: Rest = { left: 0, servers: [] };

/** What each step does, for people. */
const SAYS: Readonly<Record<ShutdownStepName, string>> = {
  'stop-accepting': 'nothing new is taken',
  drain: 'waiting for calls in flight',
  'close-connections': 'closing connections',
  'clean-up': 'ending timers, subscriptions and those who wait',
  'end-processes': 'ending processes',
  persist: 'saving the state',
};

/**
 * Ends a registry in six steps, each told as it begins and as it is over:
 *
 * 1. `stop-accepting`: no server and no call is taken any more, attempts to connect end;
 * 2. `drain`: calls in flight are waited for, for a limited time; a server without any goes on at once;
 * 3. `close-connections`: connections to servers elsewhere are closed; those of processes are told to end;
 * 4. `clean-up`: timers, subscriptions and those who wait for readiness;
 * 5. `end-processes`: until each process and what it started is gone, by force if need be;
 * 6. `persist`: how the servers were when it began is saved.
 *
 * Nothing in it hangs for ever: calls have `drainMs`, connections and processes the stages of their transport. A
 * {@link hurry} cuts the calls off and ends processes by force.
 */
export class Shutdown {
  /** Resolves when nothing is left; never rejects. */
  readonly ended: Promise<void>;
  readonly #context: ShutdownContext;
  readonly #startedAt: number;
  readonly #hurried = deferred<Rest>();
  readonly #ended = deferred<void>();
  #isHurried = false;
  #departures: readonly Departure[] = [];
  #step = 0;

  constructor(context: ShutdownContext) {
    this.#context = context;
    this.#startedAt = context.clock.now();
    this.ended = this.#ended.promise;
  }

  /** Begins, once; {@link ended} tells when it is over. @param drainMs time for calls in flight */
  async run(drainMs: number): Promise<void> {
    const { directory, events, forget, save } = this.#context;
    directory.close();

    this.#begin(() => ({ left: directory.all().length, servers: directory.all().map(({ name }) => name) }));
    const drained = this.#depart(drainMs);
    this.#over(NOTHING);

    this.#begin(() => this.#calls());
    // The rest is counted before the connections are closed, which ends what is left.
    const rest = await Promise.race([drained, this.#hurried.promise]);
    this.#over(rest);

    const apart = (hasProcess: boolean): readonly Departure[] =>
      this.#departures.filter((departure) => departure.hasProcess === hasProcess);
    await this.#ends(apart(false));

    this.#begin(() => ({ left: this.#departures.length, servers: [] }));
    for (const { instance } of this.#departures) instance.release();
    this.#over(NOTHING);

    await this.#ends(apart(true));
    for (const { instance } of this.#departures) instance.dispose();
    directory.clear();
    // Whoever keeps a registry that has ended keeps nothing of its servers with it.
    this.#departures = [];
    forget();

    this.#begin(() => ({ left: 1, servers: [] }));
    await save();
    this.#over(NOTHING);
    events.journal.close();
    this.#ended.resolve();
  }

  /** Whoever asks again has no time: calls are cut off, processes are killed. */
  hurry(): void {
    if (this.#isHurried) return;
    this.#isHurried = true;
    // Counted before they are cut off.
    this.#hurried.resolve(this.#calls());
    for (const { instance, isOver } of this.#departures) if (!isOver) void instance.end(0);
  }

  /** What is in flight now. */
  #calls(): Rest {
    return restOf(this.#departures, ({ instance }) => instance.inFlight);
  }

  /** Tells every server to end. Resolves with what is still in flight when the time for it is over. */
  #depart(drainMs: number): Promise<Rest> {
    const { directory } = this.#context;
    const instances = [...directory.all(), ...directory.allLeaving().map(({ instance }) => instance)];
    // Before the servers are told to end: the calls that are left are counted before they are cut off.
    const drained = Promise.all(
      instances.map(async (instance) => {
        if (instance.inFlight > 0) await instance.client.drained(drainMs);
        return { name: instance.name, inFlight: instance.inFlight };
      }),
    );
    this.#departures = instances.map((instance) => this.#departureOf(instance, drainMs));
    return drained.then((found) => {
      const busy = found.filter(({ inFlight }) => inFlight > 0);
      const left = busy.reduce((sum, { inFlight }) => sum + inFlight, 0);
      return { left, servers: busy.map(({ name }) => name) };
    });
  }

  #departureOf(instance: ServerInstance, drainMs: number): Departure {
    const { directory, clock, logger, release } = this.#context;
    const hasProcess = runsProcess(instance);
    const end = async (): Promise<void> => {
      try {
        const leaving = directory.leavingOf(instance);
        let limitMs = this.#isHurried ? 0 : drainMs;
        // What is on its way out already goes in its own time, but in no more than there is.
        if (limitMs > 0 && (leaving !== undefined || instance.client.state === 'closing')) {
          const isGone = await upTo(limitMs, leaving?.gone ?? instance.closed(), clock);
          if (!isGone) limitMs = 0;
        }
        await instance.end(limitMs);
        await release(instance);
      } catch (error) {
        logger.error('a server did not end in good order', {
          server: instance.name,
          error: messageOf(error),
        });
      }
      departure.isOver = true;
    };
    const departure: Departure = { instance, hasProcess, isOver: false, ended: Promise.resolve().then(end) };
    return departure;
  }

  async #ends(departures: readonly Departure[]): Promise<void> {
    const open = (): Rest => restOf(departures, ({ isOver }) => (isOver ? 0 : 1));
    this.#begin(open);
    await Promise.all(departures.map(({ ended }) => ended));
    this.#over(open());
  }

  #begin(rest: () => Rest): void {
    this.#step++;
    this.#tell('begun', rest());
  }

  #over(rest: Rest): void {
    this.#tell(rest.left === 0 ? 'done' : 'overdue', rest);
  }

  #tell(state: ShutdownEvent['state'], { left, servers }: Rest): void {
    const { events, clock, logger } = this.#context;
    const step = this.#step;
    const name = SHUTDOWN_STEPS[step - 1]!;
    const isFirst = step === 1 && state === 'begun';
    const isLast = step === SHUTDOWN_STEPS.length && state !== 'begun';
    const event: ShutdownEvent = {
      phase: isFirst ? 'begun' : isLast ? 'ended' : 'running',
      step,
      name,
      state,
      elapsedMs: Math.round(clock.now() - this.#startedAt),
      left,
      servers,
      reason: `shutdown ${step}/${SHUTDOWN_STEPS.length}: ${SAYS[name]}: ${state}${left === 0 ? '' : `, ${left} left`}`,
    };
    logger[state === 'begun' ? 'debug' : 'info'](event.reason, {
      event: 'registry.shutdown',
      step,
      name,
      state,
      elapsedMs: event.elapsedMs,
      left,
    });
    events.tell('shutdown', event);
  }
}

function restOf(departures: readonly Departure[], count: (departure: Departure) => number): Rest {
  let left = 0;
  const servers: string[] = [];
  for (const departure of departures) {
    const own = count(departure);
    left += own;
    if (own > 0) servers.push(departure.instance.name);
  }
  return { left, servers };
}

/** Whether the end of its connection is the end of a process that was started here. */
function runsProcess({ client, entry }: ServerInstance): boolean {
  const { pid } = client.diagnostics().transport;
  return pid !== undefined || client.settings.launch !== undefined || entry.command !== undefined;
}
