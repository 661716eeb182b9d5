import { setTimeout as pause } from 'node:timers/promises';
import { sampleMemory } from '../../runs/memory-sample.ts';

/** One part of a run: how long it took, and what the process held after it. */
export interface Phase {
  readonly name: string;
  readonly ms: number;
  /** Time of the processor that this process used, which is the client's and that of the servers in memory. */
  readonly cpuMs: number;
  /** After a garbage collection. */
  readonly heapBytes: number;
  readonly rssBytes: number;
  /** The figures that are its own. */
  readonly figures: string;
}

/** What is just being torn down gets this time to be gone before memory is looked at, in ms. */
const SETTLE_MS = 50;

/** Makes one phase after the other and notes what each took. */
export class Phases {
  readonly all: Phase[] = [];
  readonly #progress: (line: string) => void;

  constructor(progress: (line: string) => void) {
    this.#progress = progress;
  }

  /** @param work resolves with the figures that are its own, and what the run goes on with */
  async make<Result>(
    name: string,
    work: () => Promise<readonly [figures: string, result: Result]>,
  ): Promise<Result> {
    this.#progress(`${name} …`);
    const cpu = process.cpuUsage();
    const startedAt = performance.now();
    const [figures, result] = await work();
    const ms = performance.now() - startedAt;
    const { user, system } = process.cpuUsage(cpu);
    const { heapBytes, rssBytes } = await settledMemory();
    this.all.push({ name, ms, cpuMs: (user + system) / 1000, heapBytes, rssBytes, figures });
    return result;
  }
}

export async function settledMemory(): Promise<{ readonly heapBytes: number; readonly rssBytes: number }> {
  sampleMemory(0);
  await pause(SETTLE_MS);
  return sampleMemory(0);
}
