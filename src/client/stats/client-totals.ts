import { type LatencyTotals, readLatencyTotals } from './latency-histogram.ts';

/** What a client counts without end. Plain and serialisable. */
export interface ClientTotals {
  readonly connections: number;
  readonly requestsSent: number;
  readonly toolCalls: number;
  readonly resourceReads: number;
  readonly errors: number;
  readonly latency: LatencyTotals;
}

const COUNTERS = ['connections', 'requestsSent', 'toolCalls', 'resourceReads', 'errors'] as const;

/** More than anybody counts, and far from where whole numbers are no longer exact. */
const MAX_COUNT = 2 ** 50;

/** Reads totals from a file that anybody may have written to; undefined if they are not sound. */
export function readTotals(saved: unknown): ClientTotals | undefined {
  if (typeof saved !== 'object' || saved === null) return undefined;
  const fields = saved as Partial<Record<keyof ClientTotals, unknown>>;
  const latency = readLatencyTotals(fields.latency);
  const isSound = COUNTERS.every((name) => {
    const count = Object.hasOwn(fields, name) ? fields[name] : undefined;
    return Number.isSafeInteger(count) && (count as number) >= 0 && (count as number) <= MAX_COUNT;
  });
  if (latency === undefined || !isSound) return undefined;
  const { connections, requestsSent, toolCalls, resourceReads, errors } = saved as ClientTotals;
  return { connections, requestsSent, toolCalls, resourceReads, errors, latency };
}
