/** Memory of this process at one moment, after a garbage collection. */
export interface MemorySample {
  readonly atMs: number;
  /** Objects, and buffers that belong to them. */
  readonly heapBytes: number;
  readonly rssBytes: number;
}

/** @throws Error if Node.js was started without --expose-gc */
export function sampleMemory(atMs: number): MemorySample {
  if (globalThis.gc === undefined) throw new Error('Node.js must be started with --expose-gc');
  globalThis.gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { atMs, heapBytes: heapUsed + external, rssBytes: rss };
}

export const KIB = 1024;
export const MIB = 1024 * KIB;

export function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(Math.abs(bytes) < 10 * MIB ? 2 : 0)} MiB`;
}
