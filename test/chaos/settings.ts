import type { SignalboxSettings } from '../../src/index.ts';

/** Larger than `limits` below allow: what such an answer does is seen, at little cost. */
export const HUGE_BYTES = 1_500_000;

/**
 * The settings that differ from the defaults, so that a server can fail and heal many times within one minute. The
 * report names them.
 */
export const CHAOS_SETTINGS = {
  timeouts: { connect: 3000, request: 5000, probe: 500 },
  retry: { maxAttempts: false, baseMs: 100, maxMs: 2000, pauseMs: 2000 },
  restart: { limit: false, pauseMs: 2000 },
  breaker: { openMs: 500, maxOpenMs: 4000 },
  health: { intervalMs: 2000, timeoutMs: 1500, degradedIntervalMs: 1000 },
  limits: { frameBytes: 1024 * 1024, bodyBytes: 1024 * 1024 },
  stop: { eofMs: 500, termMs: 500 },
} as const satisfies SignalboxSettings;

/** What the report says of them. */
export const SETTINGS_TEXT = Object.entries(CHAOS_SETTINGS)
  .flatMap(([group, values]) =>
    Object.entries(values).map(([name, value]) => `${group}.${name} ${String(value)}`),
  )
  .join(', ');
