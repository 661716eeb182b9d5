import type { ClientFactory } from '../../client/client-factory.ts';
import type { McpClient } from '../../client/mcp-client.ts';
import type { ClientLease } from '../../client/pool/client-lease.ts';
import type { ServerEntry } from '../../config/entry.ts';
import type { Clock } from '../../core/clock.ts';
import type { DriftDesk } from '../catalog/drift/drift-desk.ts';
import type { FleetCatalog } from '../catalog/fleet-catalog.ts';
import type { EventDesk } from '../events/event-desk.ts';
import { entryIdentity } from '../store/entry-identity.ts';
import { redactorOf } from './entry-secrets.ts';
import type { ServerDirectory } from './server-directory.ts';
import { ServerInstance } from './server-instance.ts';

/** What a {@link Registrar} works with. */
export interface RegistrarOptions {
  readonly factory: ClientFactory;
  /** Servers share their connections, on behalf of whom. Undefined: each has its own. */
  readonly share: { readonly principal?: string | undefined } | undefined;
  readonly directory: ServerDirectory;
  readonly events: EventDesk;
  readonly catalog: FleetCatalog;
  readonly drift: DriftDesk;
  readonly clock: Clock;
}

/** A server that has taken over a name. */
export interface Replacement {
  readonly instance: ServerInstance;
  /** Who had the name. */
  readonly old: ServerInstance | undefined;
  /** Resolves when nothing of the old one is left. */
  readonly gone: Promise<void>;
}

/** Lets servers come and go: makes what belongs to one, tells of it, and leaves nothing of it behind. */
export class Registrar {
  readonly #options: RegistrarOptions;

  constructor(options: RegistrarOptions) {
    this.#options = options;
  }

  /** @throws SignalboxError CONFIG_INVALID, ALREADY_REGISTERED, CONNECTION_CLOSED */
  register(name: string, entry: ServerEntry): ServerInstance {
    const { factory, share, directory } = this.#options;
    directory.requireFree(name);
    const instance = this.#instance(
      share === undefined ? factory.create(name, entry) : factory.share(entry, { ...share, name }),
    );
    directory.add(instance);
    this.#tellRegistered(instance);
    return instance;
  }

  /**
   * Registers a server whose name another one may have, or be about to give back: the new one has it at once. Calls that
   * are in flight on the old one get `drainMs`; nothing is told of it any more.
   * @throws SignalboxError CONFIG_INVALID, CONNECTION_CLOSED; the old one is as it was then
   */
  replace(name: string, entry: ServerEntry, drainMs: number | undefined): Replacement {
    const { factory, share, directory, events, catalog, drift } = this.#options;
    directory.requireOpen(name);
    const old = directory.get(name);
    const leaving = directory.leaving(name);
    if (old === undefined && leaving === undefined) {
      return { instance: this.register(name, entry), old, gone: Promise.resolve() };
    }
    const instance = this.#instance(
      share === undefined ? factory.replace(name, entry) : factory.share(entry, { ...share, name }),
    );
    let begin = (): void => {};
    const gone = new Promise<void>((resolve) => {
      begin = resolve;
    }).then(() => (old === undefined ? leaving?.gone : this.#end(old, drainMs)));
    directory.replace(instance, old === undefined ? undefined : { instance: old, gone });
    catalog.changed(name);
    if (old !== undefined) {
      drift.unregistered(old);
      events.tellServer('unregistered', old, old.state, 'replaced by another entry');
    } else if (leaving !== undefined) {
      events.tellServer('unregistered', leaving.instance, leaving.instance.state, 'unregistered');
    }
    this.#tellRegistered(instance);
    if (old !== undefined && old.knowsCatalog && entryIdentity(old.entry) === entryIdentity(instance.entry)) {
      // The same server, called in another way: what it offers is most likely the same, and stale until it is read.
      instance.restoreCatalog(old.catalog);
    }
    begin();
    return { instance, old, gone };
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
    let isReplaced = false;
    try {
      await instance.end(drainMs);
      await this.release(instance);
    } finally {
      instance.dispose();
      isReplaced = directory.isReplaced(instance);
      directory.forget(instance);
    }
    // Told when it was replaced.
    if (isReplaced) return;
    events.tellServer('unregistered', instance, instance.state, 'unregistered');
    if (directory.get(name) === undefined) events.journal.protect(name, undefined);
  }

  /** Has the factory forget a client that has ended. Somebody else's client of that name is left alone. */
  async release({ client }: ServerInstance): Promise<void> {
    await this.#options.factory.release(client);
  }

  #instance(client: McpClient | ClientLease): ServerInstance {
    const { directory, events, catalog, drift, clock } = this.#options;
    const told = (instance: ServerInstance, tell: () => void): void => {
      if (!directory.isReplaced(instance)) tell();
    };
    return new ServerInstance(client, clock, {
      stateChanged: (changed, from, reason, error) =>
        told(changed, () => {
          catalog.changed(changed.name);
          events.tellServer('state', changed, from, reason, error);
        }),
      healthChanged: (changed, health) =>
        told(changed, () => {
          catalog.outdated();
          events.tellHealth(changed, health);
        }),
      circuitChanged: (changed, change) => told(changed, () => events.tellCircuit(changed.name, change)),
      catalogChanged: (changed) => told(changed, () => catalog.changed(changed.name)),
      catalogDoubted: (changed) => told(changed, () => catalog.outdated()),
      toolsReviewed: (changed, review) => told(changed, () => drift.reviewed(changed, review)),
      warning: (changed, message) =>
        told(changed, () => events.tellServer('warning', changed, changed.state, message)),
    });
  }

  #tellRegistered(instance: ServerInstance): void {
    const { events, drift } = this.#options;
    drift.registered(instance);
    events.journal.protect(instance.name, redactorOf(instance.entry));
    events.tellServer('registered', instance, undefined, instance.reason);
  }
}
