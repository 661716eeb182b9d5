import { SignalboxError } from '../../core/errors.ts';
import type { ServerInstance } from './server-instance.ts';

/** A server that was unregistered and is being closed. */
export interface Leaving {
  readonly instance: ServerInstance;
  /** Resolves when nothing of it is left. */
  readonly gone: Promise<void>;
}

/** Who is registered, by name and in the order of registration. */
export class ServerDirectory {
  readonly #servers: Map<string, ServerInstance> = new Map();
  readonly #leaving: Map<string, Leaving> = new Map();
  /** Those that are on their way out and whose name is another one's by now. */
  readonly #replaced: Set<Leaving> = new Set();
  #isClosed = false;

  /** True once the registry is being shut down: nobody is added any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  get(name: string): ServerInstance | undefined {
    return this.#servers.get(name);
  }

  all(): readonly ServerInstance[] {
    return [...this.#servers.values()];
  }

  connected(): readonly ServerInstance[] {
    return this.all().filter((instance) => instance.isConnected);
  }

  usable(): readonly ServerInstance[] {
    return this.all().filter((instance) => instance.isUsable);
  }

  has(instance: ServerInstance): boolean {
    return this.#servers.get(instance.name) === instance;
  }

  /** @throws SignalboxError CONNECTION_CLOSED, ALREADY_REGISTERED */
  requireFree(name: string): void {
    this.requireOpen(name);
    if (this.#servers.has(name)) {
      throw taken(name, 'a server of this name is registered; unregister it first');
    }
    if (this.#leaving.has(name)) {
      throw taken(name, 'a server of this name is being unregistered; wait until that has ended');
    }
  }

  /** @throws SignalboxError CONNECTION_CLOSED once the registry is being shut down */
  requireOpen(server?: string): void {
    if (!this.#isClosed) return;
    throw new SignalboxError('CONNECTION_CLOSED', 'the registry has been shut down', { server });
  }

  add(instance: ServerInstance): void {
    this.#servers.set(instance.name, instance);
  }

  /**
   * The server is no longer registered. Its name stays taken until `gone` has settled: two servers of one name are never
   * alive together.
   */
  leave(instance: ServerInstance, gone: Promise<void>): void {
    const { name } = instance;
    this.#servers.delete(name);
    this.#leaving.set(name, { instance, gone });
  }

  /** The new one has the name at once, and the place of the old one; what had the name goes in its own time. */
  replace(instance: ServerInstance, old: Leaving | undefined): void {
    const { name } = instance;
    this.#servers.set(name, instance);
    for (const leaving of [this.#leaving.get(name), old])
      if (leaving !== undefined) this.#replaced.add(leaving);
    this.#leaving.delete(name);
  }

  /** It has gone. */
  forget(instance: ServerInstance): void {
    const leaving = this.leavingOf(instance);
    if (leaving === undefined) return;
    if (!this.#replaced.delete(leaving)) this.#leaving.delete(instance.name);
  }

  /** How it leaves; undefined if it does not. */
  leavingOf(instance: ServerInstance): Leaving | undefined {
    return this.allLeaving().find((leaving) => leaving.instance === instance);
  }

  /** Whether its name is another one's: nobody is told of it any more. */
  isReplaced(instance: ServerInstance): boolean {
    for (const leaving of this.#replaced) if (leaving.instance === instance) return true;
    return false;
  }

  /** Who of this name is on its way out. */
  leaving(name: string): Leaving | undefined {
    return this.#leaving.get(name);
  }

  allLeaving(): readonly Leaving[] {
    return [...this.#leaving.values(), ...this.#replaced];
  }

  /** Takes nobody any more. Whoever is there stays until {@link clear}. */
  close(): void {
    this.#isClosed = true;
  }

  clear(): void {
    this.#servers.clear();
  }

  /** @throws SignalboxError UNKNOWN_SERVER */
  require(name: string): ServerInstance {
    const instance = this.#servers.get(name);
    if (instance !== undefined) return instance;
    throw new SignalboxError('UNKNOWN_SERVER', `no server is registered as "${String(name).slice(0, 64)}"`);
  }
}

function taken(server: string, message: string): SignalboxError {
  return new SignalboxError('ALREADY_REGISTERED', message, { server });
}
