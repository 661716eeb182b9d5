import { Host } from './host.ts';

/** The processes of a run that hold servers. */
export class Hosts {
  readonly #folder: string;
  readonly #all: Host[] = [];

  /** @param folder of the run */
  constructor(folder: string) {
    this.#folder = folder;
  }

  start(): Host {
    const host = new Host(this.#folder);
    this.#all.push(host);
    return host;
  }

  get all(): readonly Host[] {
    return this.#all;
  }

  /** Processes that belong to the run itself. */
  get pids(): readonly number[] {
    return this.#all.flatMap(({ pid }) => pid ?? []);
  }

  /** Rejects if one breaks by itself: a run cannot go on then. */
  get failed(): Promise<never> {
    return Promise.race(this.#all.map((host) => host.failed));
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((host) => host.close()));
  }
}
