import type { ServerEntry } from '../../config/entry.ts';
import type { SignalboxError } from '../../core/errors.ts';
import type { EventDesk } from '../events/event-desk.ts';
import { asSignalboxError } from '../fleet/connect-server.ts';
import type { ConnectAllOptions, FleetConnections } from '../fleet/fleet-connections.ts';
import type { FleetResult } from '../fleet/fleet-result.ts';
import type { Registrar } from '../servers/registrar.ts';
import type { ServerDirectory } from '../servers/server-directory.ts';
import type { ServerInstance } from '../servers/server-instance.ts';
import type { AppliedEvent, AppliedServer } from './apply-result.ts';
import { type PlannedStep, planServers } from './server-plan.ts';

/** How servers are brought in line with what is wanted. */
export interface ApplyOptions extends ConnectAllOptions {
  /**
   * Servers that are wanted and whose entries could not be read, as `loadConfig` gives them: what runs under their names
   * goes on. Default: none.
   */
  readonly failed?: ReadonlyMap<string, SignalboxError>;
  /** Time for calls in flight on servers that are removed or replaced, in ms. Default 5 000. */
  readonly drainMs?: number;
  /** Whether servers that are new or have changed are connected. Default `true`. */
  readonly connect?: boolean;
}

/** What a {@link ServerApply} works with. */
export interface ServerApplyOptions {
  readonly directory: ServerDirectory;
  readonly registrar: Registrar;
  readonly connections: FleetConnections;
  readonly events: EventDesk;
  /** Transport kinds that an entry may name. */
  readonly kinds: () => readonly string[];
}

/** A server that is there in place of nothing or of another one. */
interface Arrival {
  readonly instance: ServerInstance;
  /** Resolves when it may be connected. */
  readonly begins: Promise<void>;
}

/**
 * Makes the servers of a registry those that are wanted, and leaves alone what need not change. Who is registered
 * changes at once and as a whole: calls that come while another one is at it find its outcome, and the last one wins.
 */
export class ServerApply {
  readonly #options: ServerApplyOptions;
  #isChanging = false;

  constructor(options: ServerApplyOptions) {
    this.#options = options;
  }

  /** @throws SignalboxError CONNECTION_CLOSED once the registry is being shut down */
  async apply(
    servers: ReadonlyMap<string, ServerEntry>,
    options: ApplyOptions,
  ): Promise<Map<string, AppliedServer>> {
    const { directory, kinds } = this.#options;
    // A listener that is told of a step may ask for something else: that comes behind all the steps.
    while (this.#isChanging) await Promise.resolve();
    directory.requireOpen();
    const steps = planServers(directory, { servers, failed: options.failed ?? new Map(), kinds: kinds() });
    const arrivals: Arrival[] = [];
    const leaving: Promise<void>[] = [];
    this.#isChanging = true;
    let done: PlannedStep[];
    try {
      done = steps.map((step) => this.#take(step, options.drainMs, arrivals, leaving));
    } finally {
      this.#isChanging = false;
    }
    this.#tell(done);
    const connections = options.connect === false ? [] : await this.#connect(arrivals, options);
    await Promise.all(leaving);
    const connected = new Map(connections);
    return new Map(done.map((step) => [step.name, resultOf(step, connected.get(step.name))]));
  }

  /** Takes one step. What cannot be done harms no other. */
  #take(
    step: PlannedStep,
    drainMs: number | undefined,
    arrivals: Arrival[],
    leaving: Promise<void>[],
  ): PlannedStep {
    const { registrar } = this.#options;
    try {
      if (step.change === 'removed') {
        leaving.push(registrar.unregister(step.name, drainMs));
      } else if (step.change === 'added' || step.change === 'changed') {
        const { instance, old, gone } = registrar.replace(step.name, step.entry, drainMs);
        leaving.push(gone);
        // Who took it out of service has not said that it is back because its entry was edited.
        if (old?.state === 'unavailable' && instance.state !== 'disabled') {
          instance.want('unavailable', old.reason).catch(() => undefined);
        }
        // Two that are started under one address would be in each other's way.
        const begins = instance.client.settings.launch === undefined ? Promise.resolve() : gone;
        arrivals.push({ instance, begins });
      }
      return step;
    } catch (error) {
      return { change: 'invalid', name: step.name, error: asSignalboxError(error, step.name) };
    }
  }

  async #connect(
    arrivals: readonly Arrival[],
    { signal, parallel }: ApplyOptions,
  ): Promise<[string, FleetResult][]> {
    const { connections } = this.#options;
    const options = {
      ...(signal === undefined ? {} : { signal }),
      ...(parallel === undefined ? {} : { parallel }),
    };
    const apart = arrivals.filter(({ instance }) => instance.client.settings.launch !== undefined);
    const others = arrivals.filter((arrival) => !apart.includes(arrival)).map(({ instance }) => instance);
    const found = await Promise.all([
      connections.connectAll(options, others),
      ...apart.map(async ({ instance, begins }) => {
        await begins;
        return await connections.connectAll(options, [instance]);
      }),
    ]);
    return found.flatMap((results) => [...results]);
  }

  #tell(steps: readonly PlannedStep[]): void {
    const named = (change: PlannedStep['change']): string[] =>
      steps.filter((step) => step.change === change).map(({ name }) => name);
    const [added, changed, removed] = [named('added'), named('changed'), named('removed')];
    const invalid = steps.flatMap((step) =>
      step.change === 'invalid' ? { server: step.name, error: step.error } : [],
    );
    const counts = { added, changed, removed, invalid, unchanged: named('unchanged').length };
    this.#options.events.tell('applied', { ...counts, reason: sentenceOf(counts) });
  }
}

function resultOf(step: PlannedStep, connection: FleetResult | undefined): AppliedServer {
  const { name, change } = step;
  return { name, change, connection, error: step.change === 'invalid' ? step.error : undefined };
}

function sentenceOf({ added, changed, removed, invalid, unchanged }: Omit<AppliedEvent, 'reason'>): string {
  const counts: readonly (readonly [number, string])[] = [
    [added.length, 'added'],
    [changed.length, 'changed'],
    [removed.length, 'removed'],
    [invalid.length, 'invalid'],
    [unchanged, 'unchanged'],
  ];
  const told = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return told.length === 0 ? 'no server is wanted' : `servers: ${told.join(', ')}`;
}
