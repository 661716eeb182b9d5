import type { ClientFactory } from '../../client/client-factory.ts';
import type { ServerEntry } from '../../config/entry.ts';
import type { Clock } from '../../core/clock.ts';
import type { DriftDesk } from '../catalog/drift/drift-desk.ts';
import type { FleetCatalog } from '../catalog/fleet-catalog.ts';
import type { EventDesk } from '../events/event-desk.ts';
import { redactorOf } from './entry-secrets.ts';
import type { ServerDirectory } from './server-directory.ts';
import { ServerInstance } from './server-instance.ts';

/** What a {@link Registrar} works with. */
export interface RegistrarOptions {
  readonly factory: ClientFactory;
  readonly directory: ServerDirectory;
  readonly events: EventDesk;
  readonly catalog: FleetCatalog;
  readonly drift: DriftDesk;
  readonly clock: Clock;
}

/** Lets servers come and go: makes what belongs to one, tells of it, and leaves nothing of it behind. */
export class Registrar {
  readonly #options: RegistrarOptions;

  constructor(options: RegistrarOptions) {
    this.#options = options;
  }

  /** @throws SignalboxError CONFIG_INVALID, ALREADY_REGISTERED, CONNECTION_CLOSED */
  register(name: string, entry: ServerEntry): ServerInstance {
    const { factory, directory, events, catalog, drift, clock } = this.#options;
    directory.requireFree(name);
    const instance = new ServerInstance(factory.create(name, entry), clock, {
      stateChanged: (changed, from, reason, error) => {
        catalog.changed(changed.name);
        events.tellServer('state', changed, from, reason, error);
      },
      healthChanged: (changed, health) => {
        catalog.outdated();
        events.tellHealth(changed, health);
      },
      circuitChanged: (changed, change) => events.tellCircuit(changed.name, change),
      catalogChanged: (changed) => catalog.changed(changed.name),
      catalogDoubted: () => catalog.outdated(),
      toolsReviewed: (changed, review) => drift.reviewed(changed, review),
      warning: (changed, message) => events.tellServer('warning', changed, changed.state, message),
    });
    directory.add(instance);
    drift.registered(instance);
    events.journal.protect(name, redactorOf(instance.entry));
    events.tellServer('registered', instance, undefined, instance.reason);
    return instance;
  }

  /** Resolves when nothing of the server is left. A second call joins the first; with `drainMs` 0 it hurries. */
  unregister(name: string, drainMs: number | undefined): Promise<void> {
    const { directory, catalog, drift } = this.#options;
    const leaving = directory.leaving(name);
    if (leaving !== undefined) {
      if (drainMs === 0) void leaving.instance.end(0);
      return leaving.gone;
    }
    const instance = directory.get(name);
    if (instance === undefined) return Promise.resolve();
    let begin = (): void => {};
    const gone = new Promise<void>((resolve) => {
      begin = resolve;
    }).then(() => this.#end(instance, drainMs));
    // Known before it is told: a listener that asks for the name at once is told that it is still taken.
    directory.leave(instance, gone);
    drift.unregistered(instance);
    catalog.changed(name);
    begin();
    return gone;
  }

  async #end(instance: ServerInstance, drainMs: number | undefined): Promise<void> {
    const { directory, events } = this.#options;
    const { name } = instance;
    try {
      await instance.end(drainMs);
      await this.release(instance);
    } finally {
      instance.dispose();
      directory.forget(instance);
    }
    events.tellServer('unregistered', instance, instance.state, 'unregistered');
    if (directory.get(name) === undefined) events.journal.protect(name, undefined);
  }

  /** Has the factory forget a client that has ended. Somebody else's client of that name is left alone. */
  async release({ name, client }: ServerInstance): Promise<void> {
    const { factory } = this.#options;
    if (factory.getClient(name) === client) await factory.release(name);
  }
}
