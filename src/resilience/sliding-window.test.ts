import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { SlidingWindow } from './sliding-window.ts';

describe('SlidingWindow', () => {
  it('counts calls, failures and slow calls, each on its own', () => {
    const window = new SlidingWindow({}, { clock: new FakeClock() });
    window.succeeded();
    window.succeeded(true);
    window.failed();
    window.failed(true);
    expect(window.counts()).toEqual({ calls: 4, failures: 2, slow: 2 });
    expect([window.failureRatio, window.slowRatio]).toEqual([0.5, 0.5]);
  });

  it('has ratios of zero without any call', () => {
    const window = new SlidingWindow({}, { clock: new FakeClock() });
    expect([window.failureRatio, window.slowRatio]).toEqual([0, 0]);
  });

  it('forgets bucket by bucket', () => {
    const clock = new FakeClock();
    const window = new SlidingWindow({ windowMs: 10_000, buckets: 10 }, { clock });
    for (let second = 0; second < 10; second++) {
      window.failed();
      clock.jump(1000);
    }
    const left = Array.from({ length: 10 }, () => {
      const { failures } = window;
      clock.jump(1000);
      return failures;
    });
    expect(left).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
  });

  it('forgets all after a silence, however long', () => {
    const clock = new FakeClock();
    const window = new SlidingWindow({}, { clock });
    window.failed(true);
    clock.jump(365 * 86_400_000);
    expect(window.counts()).toEqual({ calls: 0, failures: 0, slow: 0 });
  });

  it('F-134 does not see the wall clock', () => {
    const clock = new FakeClock();
    const window = new SlidingWindow({}, { clock });
    window.failed();
    for (const wall of [0, Date.UTC(2100, 0, 1)]) {
      clock.setWall(wall);
      expect(window.calls).toBe(1);
    }
  });

  it('can be cleared', () => {
    const window = new SlidingWindow({}, { clock: new FakeClock() });
    window.failed(true);
    window.clear();
    expect([window.calls, window.failures, window.slow]).toEqual([0, 0, 0]);
  });

  it.each([{ windowMs: 0 }, { windowMs: Number.POSITIVE_INFINITY }, { buckets: 0 }, { buckets: 1.5 }])(
    'refuses %o',
    (options) => {
      expect(() => new SlidingWindow(options)).toThrow('INVALID_ARGUMENT');
    },
  );

  it('equals counting the calls of the last buckets one by one', () => {
    // Now and then a silence of the whole window and more.
    const waitMs = fc.oneof({ weight: 5, arbitrary: fc.nat(4000) }, { weight: 1, arbitrary: fc.nat(14_000) });
    const step = fc.record({ waitMs, failed: fc.boolean(), slow: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const clock = new FakeClock();
        const window = new SlidingWindow({ windowMs: 10_000, buckets: 5 }, { clock });
        const all: { bucket: number; failed: boolean; slow: boolean }[] = [];
        for (const { waitMs, failed, slow } of steps) {
          clock.jump(waitMs);
          const bucket = Math.floor(clock.now() / 2000);
          all.push({ bucket, failed, slow });
          if (failed) window.failed(slow);
          else window.succeeded(slow);
          const recent = all.filter((call) => call.bucket > bucket - 5);
          expect(window.counts()).toEqual({
            calls: recent.length,
            failures: recent.filter((call) => call.failed).length,
            slow: recent.filter((call) => call.slow).length,
          });
        }
      }),
    );
  });
});
