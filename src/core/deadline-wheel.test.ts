import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { Deadline, DeadlineWheel } from './deadline-wheel.ts';

class Probe extends Deadline {
  readonly firedAt: number[] = [];
  readonly #clock: FakeClock;
  readonly #then: () => void;

  constructor(clock: FakeClock, then: () => void = () => {}) {
    super();
    this.#clock = clock;
    this.#then = then;
  }

  override expire(): void {
    this.firedAt.push(this.#clock.now());
    this.#then();
  }
}

function setUp(start: number = 1000) {
  const clock = new FakeClock(start);
  return { clock, wheel: new DeadlineWheel({ clock, tickMs: 20, slots: 8 }) };
}

describe('DeadlineWheel', () => {
  it('fires once, never early, at most one tick late', async () => {
    const { clock, wheel } = setUp();
    const probe = new Probe(clock);
    wheel.add(probe, 105);
    expect(wheel.remaining(probe)).toBe(105);
    await clock.advance(104);
    expect(probe.firedAt).toEqual([]);
    await clock.advance(1000);
    expect(probe.firedAt).toEqual([1120]);
    expect(wheel).toMatchObject({ size: 0 });
  });

  it('keeps what lies several revolutions ahead', async () => {
    const { clock, wheel } = setUp();
    const probe = new Probe(clock);
    wheel.add(probe, 20 * 8 * 3 + 1);
    await clock.advance(20 * 8 * 3);
    expect(probe.firedAt).toEqual([]);
    await clock.advance(20);
    expect(probe.firedAt).toHaveLength(1);
  });

  it('removes, moves and takes off', async () => {
    const { clock, wheel } = setUp();
    const [removed, moved, forever] = [new Probe(clock), new Probe(clock), new Probe(clock)];
    wheel.add(removed, 50);
    wheel.add(moved, 50);
    wheel.add(forever, 50);
    wheel.remove(removed);
    wheel.remove(removed);
    wheel.add(moved, 200);
    wheel.add(forever, Number.POSITIVE_INFINITY);
    expect(wheel.size).toBe(1);
    expect(wheel.remaining(forever)).toBe(Number.POSITIVE_INFINITY);
    await clock.advance(1000);
    expect([removed.firedAt, moved.firedAt, forever.firedAt]).toEqual([[], [1200], []]);
  });

  it('runs no timer while nothing waits', async () => {
    const { clock, wheel } = setUp();
    expect(clock.pendingTimers).toBe(0);
    const probe = new Probe(clock);
    wheel.add(probe, 1000);
    wheel.add(new Probe(clock), 1000);
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(1100);
    expect(clock.pendingTimers).toBe(0);
  });

  it('rests on demand, if nothing waits, and begins anew', async () => {
    const { clock, wheel } = setUp();
    const [one, two] = [new Probe(clock), new Probe(clock)];
    wheel.add(one, 1000);
    wheel.rest();
    expect(clock.pendingTimers).toBe(1);
    wheel.remove(one);
    wheel.rest();
    expect(clock.pendingTimers).toBe(0);
    clock.jump(777);
    wheel.add(two, 1000);
    await clock.advance(1020);
    expect(two.firedAt).toHaveLength(1);
  });

  it('an expiry may remove and add others, itself included', async () => {
    const { clock, wheel } = setUp();
    const victim = new Probe(clock);
    const again: Probe = new Probe(clock, () => {
      wheel.remove(victim);
      if (again.firedAt.length < 3) wheel.add(again, 0);
    });
    wheel.add(again, 10);
    wheel.add(victim, 10);
    await clock.advance(200);
    expect(victim.firedAt).toEqual([]);
    expect(again.firedAt).toEqual([1020, 1040, 1060]);
  });

  it('an expiry that takes several ticks and adds another makes nobody else wait for a revolution', async () => {
    const { clock, wheel } = setUp();
    const next = new Probe(clock);
    const slow = new Probe(clock, () => {
      clock.jump(50);
      wheel.add(new Probe(clock), 1000);
    });
    wheel.add(slow, 20);
    wheel.add(next, 40);
    await clock.advance(200);
    expect(slow.firedAt).toEqual([1020]);
    expect(next.firedAt[0]).toBeLessThanOrEqual(1100);
  });

  it('F-136 after a blocked loop one more turn passes first, and what is read in it counts', async () => {
    const { clock, wheel } = setUp();
    const [answered, silent] = [new Probe(clock), new Probe(clock)];
    wheel.add(answered, 100);
    wheel.add(silent, 100);
    clock.jump(5000);
    // The late timer has set another one, which stands behind this: the turn in which the answer is read.
    clock.setTimeout(() => wheel.remove(answered), 0);
    await clock.advance(0);
    expect(answered.firedAt).toEqual([]);
    expect(silent.firedAt).toEqual([6000]);
  });

  it('F-136 a loop that stays slow cannot put deadlines off for ever', () => {
    const callbacks: (() => void)[] = [];
    let now = 0;
    const wheel = new DeadlineWheel({
      clock: {
        now: () => now,
        wallNow: () => now,
        setTimeout: (callback) => {
          callbacks.push(callback);
          return { cancel: () => {}, unref: () => {} };
        },
      },
      tickMs: 20,
    });
    const probe = new Probe(new FakeClock());
    wheel.add(probe, 100);
    for (let turn = 0; turn < 3; turn++) {
      now += 500;
      callbacks.shift()?.();
    }
    expect(probe.firedAt).toHaveLength(1);
  });

  it('any sequence: everything that stays fires once, never early, at most one tick late', async () => {
    const step = fc.record({
      waitMs: fc.integer({ min: 0, max: 60 }),
      delayMs: fc.integer({ min: 0, max: 500 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 1000 }),
        fc.array(step, { maxLength: 15 }),
        async (start, steps) => {
          const { clock, wheel } = setUp(start);
          const probes: { probe: Probe; dueAt: number }[] = [];
          for (const { waitMs, delayMs } of steps) {
            await clock.advance(waitMs);
            const probe = new Probe(clock);
            probes.push({ probe, dueAt: clock.now() + delayMs });
            wheel.add(probe, delayMs);
          }
          await clock.advance(600);
          for (const { probe, dueAt } of probes) {
            expect(probe.firedAt).toHaveLength(1);
            expect(probe.firedAt[0]! - dueAt).toBeGreaterThanOrEqual(0);
            expect(probe.firedAt[0]! - dueAt).toBeLessThanOrEqual(20);
          }
          expect(clock.pendingTimers).toBe(0);
        },
      ),
      { numRuns: 50 },
    );
  });
});
