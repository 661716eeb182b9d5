import { type NumberRule, resolveNumbers } from '../number-options.ts';

/** When a circuit opens, for how long, and how it closes again. */
export interface CircuitBreakerOptions {
  /** Failures in a row that open the circuit. Default 5; Infinity: off. */
  readonly consecutiveFailures?: number | undefined;
  /** Share of failures in the window that opens it, up to 1. Default 0.5; Infinity: off. */
  readonly failureRatio?: number | undefined;
  /** Share of slow calls in the window that opens it, up to 1. Default Infinity: off. */
  readonly slowRatio?: number | undefined;
  /** From which duration a call counts as slow, in ms, where `slowRatio` is on. Default 10 000. */
  readonly slowMs?: number | undefined;
  /** Calls in the window below which no ratio is looked at. Default 10. */
  readonly minCalls?: number | undefined;
  /** Length of the window, in ms. Default 30 000. */
  readonly windowMs?: number | undefined;
  /** Upper bound of the first time that it stays open, in ms. Each relapse doubles it. Default 5 000. */
  readonly openMs?: number | undefined;
  /** Upper bound of any time that it stays open, in ms. Default 60 000. */
  readonly maxOpenMs?: number | undefined;
  /** After having been closed for this long, opening again is no relapse, in ms. Default 60 000. */
  readonly stableMs?: number | undefined;
  /** Successes that close it after a probe succeeded. Default 3; 0: the probe closes it. */
  readonly halfOpenCalls?: number | undefined;
  /** After this time without a verdict, a half-open circuit begins anew with another probe, in ms. Default 60 000. */
  readonly probeTimeoutMs?: number | undefined;
}

/** {@link CircuitBreakerOptions} with every default filled in. */
export type ResolvedBreakerOptions = Readonly<Record<keyof CircuitBreakerOptions, number>>;

/** Frozen. */
export const CIRCUIT_BREAKER_DEFAULTS: ResolvedBreakerOptions = Object.freeze({
  consecutiveFailures: 5,
  failureRatio: 0.5,
  slowRatio: Number.POSITIVE_INFINITY,
  slowMs: 10_000,
  minCalls: 10,
  windowMs: 30_000,
  openMs: 5000,
  maxOpenMs: 60_000,
  stableMs: 60_000,
  halfOpenCalls: 3,
  probeTimeoutMs: 60_000,
});

const ratio: NumberRule = { above: 0, max: 1, orInfinity: true };
const duration: NumberRule = { above: 0 };
const durationOrNever: NumberRule = { above: 0, orInfinity: true };

const RULES: Readonly<Record<keyof CircuitBreakerOptions, NumberRule>> = {
  consecutiveFailures: { min: 1, whole: true, orInfinity: true },
  failureRatio: ratio,
  slowRatio: ratio,
  slowMs: duration,
  minCalls: { min: 1, whole: true },
  windowMs: duration,
  openMs: duration,
  maxOpenMs: duration,
  stableMs: durationOrNever,
  halfOpenCalls: { min: 0, whole: true },
  probeTimeoutMs: durationOrNever,
};

/** @throws SignalboxError INVALID_ARGUMENT */
export function resolveBreakerOptions(options: CircuitBreakerOptions): ResolvedBreakerOptions {
  return resolveNumbers('CircuitBreaker', CIRCUIT_BREAKER_DEFAULTS, RULES, options);
}
