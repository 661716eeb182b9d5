import type { Clock } from '../../core/clock.ts';
import type { SignalboxError } from '../../core/errors.ts';
import { requireInService } from '../servers/in-service.ts';
import type { ServerDirectory } from '../servers/server-directory.ts';
import type { ServerInstance } from '../servers/server-instance.ts';
import { asSignalboxError, connectServer } from './connect-server.ts';
import { ASLEEP, type FleetResult } from './fleet-result.ts';
import { inTurn } from './in-turn.ts';

/** How many servers are connected at once. */
export interface ConnectAllOptions {
  /** Ends all attempts that are still under way; what is connected stays connected. */
  readonly signal?: AbortSignal;
  /** Servers that are begun with at the same time. Default: `parallelConnects` of the registry. */
  readonly parallel?: number;
}

/** How disconnecting one server ended. */
export type DisconnectResult =
  | { readonly success: true; readonly error: undefined }
  | { readonly success: false; readonly error: SignalboxError };

/** What {@link FleetConnections} works with. */
export interface FleetConnectionsOptions {
  readonly directory: ServerDirectory;
  readonly clock: Clock;
  readonly parallel: number;
  readonly patienceMs: number;
}

const NOT_WELL: ReadonlySet<string> = new Set(['error', 'unauthorized']);

/** Connects, reconnects and disconnects all servers at once. Nothing here rejects: each outcome stands by itself. */
export class FleetConnections {
  readonly #options: FleetConnectionsOptions;

  constructor(options: FleetConnectionsOptions) {
    this.#options = options;
  }

  /** @param wanted which servers; those out of service are left out. Default: all */
  connectAll(
    { signal, parallel }: ConnectAllOptions,
    wanted: readonly ServerInstance[] = this.#options.directory.all(),
  ): Promise<Map<string, FleetResult>> {
    const { directory } = this.#options;
    return this.#forAll(wanted, parallel, (instance) =>
      connectServer(directory, instance, signal, () => requireInService(instance).connect(signal)),
    );
  }

  reconnectAll({ signal, parallel }: ConnectAllOptions): Promise<Map<string, FleetResult>> {
    const { directory } = this.#options;
    return this.#forAll(directory.all(), parallel, (instance) =>
      connectServer(directory, instance, signal, () =>
        requireInService(instance).reconnect('reconnect all', { signal }),
      ),
    );
  }

  /** Servers out of service are closed already, or being closed: they are waited for. */
  async disconnectAll(drainMs: number | undefined): Promise<Map<string, DisconnectResult>> {
    const instances = this.#options.directory.all();
    const results = instances.map(async (instance): Promise<[string, DisconnectResult]> => {
      try {
        if (instance.isOutOfService) await instance.closed();
        else await instance.want('disconnected', 'disconnect all', { drainMs });
        return [instance.name, { success: true, error: undefined }];
      } catch (error) {
        return [instance.name, { success: false, error: asSignalboxError(error, instance.name) }];
      }
    });
    return new Map(await Promise.all(results));
  }

  async #forAll(
    wanted: readonly ServerInstance[],
    parallel: number | undefined,
    task: (instance: ServerInstance) => Promise<FleetResult>,
  ): Promise<Map<string, FleetResult>> {
    const { clock, patienceMs } = this.#options;
    const instances = wanted.filter((instance) => !instance.isOutOfService);
    const found = new Map<string, FleetResult>();
    const turns = { places: parallel ?? this.#options.parallel, patienceMs, clock };
    await inTurn(bestFirst(instances), turns, async (instance) => {
      found.set(instance.name, staysAsleep(instance) ? await asleep(instance) : await task(instance));
    });
    // In the order of registration, whatever the order in which they finished.
    return new Map(instances.map(({ name }) => [name, found.get(name)!]));
  }
}

/** A lazy server that nobody has called yet, or not for long, need not be started to know what it offers. */
function staysAsleep({ isLazy, knowsCatalog, state }: ServerInstance): boolean {
  return isLazy && knowsCatalog && (state === 'disconnected' || state === 'sleeping');
}

async function asleep(instance: ServerInstance): Promise<FleetResult> {
  try {
    await instance.want('sleeping', 'lazy: the first call starts it');
    return ASLEEP;
  } catch (error) {
    return { success: false, error: asSignalboxError(error, instance.name), metadata: undefined };
  }
}

/** Those that are required, then the others, and last those that have just failed. */
function bestFirst(instances: readonly ServerInstance[]): ServerInstance[] {
  const rank = ({ state, client }: ServerInstance): number =>
    (NOT_WELL.has(state) ? 2 : 0) + (client.settings.required ? 0 : 1);
  return instances.toSorted((one, other) => rank(one) - rank(other));
}
