import { SignalboxError } from '../../core/errors.ts';
import type { ServerInstance } from './server-instance.ts';

/** Who is registered, by name and in the order of registration. */
export class ServerDirectory {
  readonly #servers: Map<string, ServerInstance> = new Map();

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

  add(instance: ServerInstance): void {
    this.#servers.set(instance.name, instance);
  }

  delete(instance: ServerInstance): void {
    if (this.has(instance)) this.#servers.delete(instance.name);
  }

  /** @throws SignalboxError UNKNOWN_SERVER */
  require(name: string): ServerInstance {
    const instance = this.#servers.get(name);
    if (instance !== undefined) return instance;
    throw new SignalboxError('UNKNOWN_SERVER', `no server is registered as "${String(name).slice(0, 64)}"`);
  }
}
