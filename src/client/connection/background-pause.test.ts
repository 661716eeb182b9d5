import { describe, expect, it } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { SignalboxError } from '../../core/errors.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import type { RunKind } from './attempt-run.ts';
import { BackgroundPause } from './background-pause.ts';

const passing = new SignalboxError('CONNECT_FAILED', 'nobody there');
const final = new SignalboxError('SPAWN_FAILED', 'no such program');
const limit = new SignalboxError('RESTART_LIMIT', 'died too often');

function bench(chance: number = 0.5, retryMs: number = 1000) {
  const clock = new FakeClock(0, 500_000);
  const attempts: { at: number; isAfterLimit: boolean }[] = [];
  const pause = new BackgroundPause({
    settings: {
      retry: { maxAttempts: 3, baseMs: 1, maxMs: 1, pauseMs: retryMs },
      restart: { limit: 5, windowMs: 1, pauseMs: 7000 },
    },
    environment: { clock, random: () => chance },
  });
  const begin = (cause: SignalboxError, kind: RunKind): number | undefined =>
    pause.begin(cause, kind, (isAfterLimit) => attempts.push({ at: clock.now(), isAfterLimit }));
  return { clock, attempts, pause, begin };
}

describe('BackgroundPause', () => {
  it('follows a spoilt handshake of a server that has worked, not of one that never did', () => {
    const { begin } = bench();
    const spoilt = new SignalboxError('INVALID_RESULT', 'the answer to initialize is unusable');
    expect(begin(spoilt, 'asked')).toBeUndefined();
    expect(begin(spoilt, 'repair')).toBe(501_000);
    expect(begin(spoilt, 'careful')).toBe(501_000);
    expect(begin(final, 'repair')).toBeUndefined();
  });

  it.each([
    [0, 800],
    [0.5, 1000],
    [0.75, 1100],
  ])(
    'is retry.pauseMs, more or less: a chance of %d makes %d ms, told beforehand',
    async (chance, delayMs) => {
      const { clock, attempts, begin } = bench(chance);
      expect(begin(passing, 'asked')).toBe(500_000 + delayMs);
      await clock.advance(delayMs - 1);
      expect(attempts).toEqual([]);
      await clock.advance(1);
      expect(attempts).toEqual([{ at: delayMs, isAfterLimit: false }]);
      expect(clock.pendingTimers).toBe(0);
    },
  );

  it('is as long after each attempt in the background that fails', async () => {
    const { clock, attempts, begin } = bench();
    begin(passing, 'asked');
    for (let round = 1; round <= 5; round++) {
      await clock.advance(1000);
      expect(attempts).toHaveLength(round);
      begin(passing, 'careful');
    }
  });

  it('is restart.pauseMs after a restart limit, until somebody else asks', async () => {
    const { clock, attempts, begin } = bench();
    expect(begin(limit, 'repair')).toBe(507_000);
    await clock.advance(7000);
    expect(begin(passing, 'careful')).toBe(514_000);
    await clock.advance(7000);
    expect(attempts).toEqual([
      { at: 7000, isAfterLimit: true },
      { at: 14_000, isAfterLimit: false },
    ]);
    expect(begin(passing, 'asked')).toBe(515_000);
  });

  it.each(['asked', 'repair', 'careful'] as const)(
    'is not begun after "%s" for a cause that cannot pass',
    (kind) => {
      const { clock, begin } = bench();
      expect(begin(final, kind)).toBeUndefined();
      expect(clock.pendingTimers).toBe(0);
    },
  );

  it('is not begun where no attempts are wanted', () => {
    const { clock, begin } = bench(0.5, Number.POSITIVE_INFINITY);
    expect(begin(passing, 'asked')).toBeUndefined();
    expect(clock.pendingTimers).toBe(0);
  });

  it('is there once: another takes its place, and what is cancelled makes no attempt', async () => {
    const { clock, attempts, pause, begin } = bench();
    begin(passing, 'asked');
    begin(passing, 'asked');
    expect(clock.pendingTimers).toBe(1);
    pause.cancel();
    pause.cancel();
    await clock.advance(10_000);
    expect(attempts).toEqual([]);
  });

  it('keeps no process alive', () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    const settings = {
      retry: { maxAttempts: 1, baseMs: 1, maxMs: 1, pauseMs: 60_000 },
      restart: { limit: 1, windowMs: 1, pauseMs: 1 },
    };
    const pause = new BackgroundPause({ settings, environment: { clock: systemClock, random: Math.random } });
    expect(pause.begin(passing, 'asked', () => {})).toBeGreaterThan(Date.now());
    expect(timers()).toBe(before);
    pause.cancel();
  });
});
