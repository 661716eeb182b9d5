import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { fullJitter } from './backoff.ts';
import { RestartLimit } from './restart-limit.ts';

describe('fullJitter', () => {
  const options = { baseMs: 500, maxMs: 30_000 };

  it('doubles its bound up to the cap', () => {
    const bounds = [0, 1, 2, 3, 6, 7, 100].map((attempt) => fullJitter(attempt, options, () => 1));
    expect(bounds).toEqual([500, 1000, 2000, 4000, 30_000, 30_000, 30_000]);
  });

  it('stays between zero and its bound', () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.nat(200), chance, (attempt, random) => {
        const delay = fullJitter(attempt, options, () => random);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(30_000);
      }),
    );
  });
});

describe('RestartLimit', () => {
  it('is exhausted by too many starts and recovers as the window slides', async () => {
    const clock = new FakeClock();
    const limit = new RestartLimit({ limit: 3, windowMs: 60_000 }, clock);
    for (let start = 0; start < 3; start++) {
      expect(limit.isExhausted).toBe(false);
      limit.started();
      await clock.advance(10_000);
    }
    expect(limit.isExhausted).toBe(true);
    await clock.advance(30_000);
    expect(limit.isExhausted).toBe(false);
  });

  it('forgets the past when a person asks', () => {
    const limit = new RestartLimit({ limit: 1, windowMs: 60_000 }, new FakeClock());
    limit.started();
    limit.reset();
    expect(limit.isExhausted).toBe(false);
  });
});
