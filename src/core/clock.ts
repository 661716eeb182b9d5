import { uptime } from 'node:os';

/** A running timer. `cancel` is idempotent. */
export interface Timer {
  cancel(): void;
  /** Lets the process exit although the timer is still pending. */
  unref(): void;
}

/**
 * Time, injected everywhere, so that resilience is tested in milliseconds.
 *
 * Durations are measured with {@link Clock.now}, which no wall clock jump disturbs (F-134).
 */
export interface Clock {
  /** Monotonic time in milliseconds; its zero point means nothing. */
  now(): number;
  /** Wall clock time in milliseconds since the epoch: for people and for absolute dates only. */
  wallNow(): number;
  /**
   * Time since the machine was started in milliseconds, the time that it slept included: what the monotonic time lacks
   * on Linux. Optional; exact to a second or so.
   */
  upNow?(): number;
  /** Calls `callback` once, no earlier than `delayMs`. More than 2^31−1 ms means never. */
  setTimeout(callback: () => void, delayMs: number): Timer;
}

/** Node fires a timer above this at once; it means "never" here instead. */
const MAX_TIMER_MS = 2 ** 31 - 1;

const NEVER: Timer = { cancel: () => {}, unref: () => {} };

function machineUptime(): number {
  try {
    return uptime() * 1000;
  } catch {
    // Some sandboxes hide it; then nothing is learned from it.
    return 0;
  }
}

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  upNow: machineUptime,
  setTimeout: (callback, delayMs) => {
    if (delayMs > MAX_TIMER_MS) return NEVER;
    const handle = setTimeout(callback, Math.max(0, delayMs));
    return { cancel: () => clearTimeout(handle), unref: () => handle.unref() };
  },
};
