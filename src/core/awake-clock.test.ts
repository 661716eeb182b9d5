import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { AwakeClock } from './awake-clock.ts';
import { type Clock, systemClock, type Timer } from './clock.ts';
import { Deadline, DeadlineWheel } from './deadline-wheel.ts';

const HOUR = 3_600_000;

function bench() {
  const machine = new FakeClock(500);
  const clock = new AwakeClock(machine);
  const rung: { name: string; at: number }[] = [];
  const wakes: number[] = [];
  clock.onWake(({ asleepMs }) => wakes.push(asleepMs));
  const set = (name: string, delayMs: number): Timer =>
    clock.setTimeout(() => rung.push({ name, at: clock.now() }), delayMs);
  return { machine, clock, rung, wakes, set };
}

describe('AwakeClock', () => {
  it('is the clock beneath as long as the process runs', async () => {
    const { machine, clock, rung, wakes, set } = bench();
    set('b', 3000);
    set('a', 1000);
    set('never', Number.POSITIVE_INFINITY);
    set('gone', 2000).cancel();
    await machine.advance(10 * HOUR);
    expect(rung).toEqual([
      { name: 'a', at: 1500 },
      { name: 'b', at: 3500 },
    ]);
    expect(clock.now()).toBe(machine.now());
    expect(clock.wallNow()).toBe(machine.wallNow());
    expect(wakes).toEqual([]);
    expect(machine.pendingTimers).toBe(0);
  });

  it('F-135 does not count hours in which nothing ran, and says so once', async () => {
    const { machine, clock, rung, wakes, set } = bench();
    set('tick', 20);
    set('five seconds', 5000);
    set('a minute', 60_000);
    machine.jump(8 * HOUR);
    await machine.advance(0);
    // The first timer is the witness: what lies behind its time did not count.
    expect(wakes).toEqual([8 * HOUR - 20]);
    expect(clock.now()).toBe(520);
    await machine.advance(4979);
    expect(rung.map(({ name }) => name)).toEqual(['tick']);
    await machine.advance(1);
    await machine.advance(55_000);
    expect(rung).toEqual([
      { name: 'tick', at: 520 },
      { name: 'five seconds', at: 5500 },
      { name: 'a minute', at: 60_500 },
    ]);
    expect(wakes).toHaveLength(1);
  });

  it('F-136 lets one more turn pass before anything rings', async () => {
    const { machine, rung, set } = bench();
    set('due', 100);
    machine.jump(5000);
    let before: unknown;
    // The late timer sets itself behind this one, in whose turn answers are read.
    machine.setTimeout(() => {
      before = [...rung];
    }, 0);
    await machine.advance(0);
    expect(before).toEqual([]);
    expect(rung).toHaveLength(1);
  });

  it('takes notice when it is asked before any timer rings, and never goes back', async () => {
    const { machine, clock, rung, set } = bench();
    set('tick', 20);
    machine.jump(HOUR);
    expect(clock.now()).toBe(520);
    // A new timer is not moved by the time before it.
    set('new', 1000);
    await machine.advance(999);
    expect(rung.map(({ name }) => name)).toEqual(['tick']);
    await machine.advance(1);
    expect(rung.at(-1)).toEqual({ name: 'new', at: 1520 });
  });

  it('counts what passes while somebody asks for the time: the process runs', () => {
    const { machine, clock, set } = bench();
    set('tick', 20);
    for (let step = 0; step < 10; step++) {
      machine.jump(1500);
      expect(clock.now()).toBe(machine.now());
    }
  });

  it('counts two seconds and less', async () => {
    const { machine, clock, rung, set } = bench();
    set('due', 100);
    machine.jump(2100);
    await machine.advance(0);
    expect(rung).toEqual([{ name: 'due', at: 2600 }]);
    expect(clock.now()).toBe(2600);
  });

  it('wakes nobody up for a loop that was blocked for some seconds', async () => {
    const { machine, wakes, set } = bench();
    set('due', 100);
    machine.jump(9000);
    await machine.advance(1000);
    expect(wakes).toEqual([]);
  });

  it('counts the time of a process that crawls, so that its calls time out', () => {
    let now = 0;
    const callbacks: (() => void)[] = [];
    const slow: Clock = {
      now: () => now,
      wallNow: () => now,
      setTimeout: (callback) => {
        callbacks.push(callback);
        return { cancel: () => {}, unref: () => {} };
      },
    };
    const wheel = new DeadlineWheel({ clock: new AwakeClock(slow) });
    let expired = 0;
    class Call extends Deadline {
      override expire(): void {
        expired++;
      }
    }
    wheel.add(new Call(), 10_000);
    // Every turn of the loop takes three seconds.
    for (let turn = 0; turn < 12; turn++) {
      now += 3000;
      for (const callback of callbacks.splice(0)) callback();
    }
    expect(expired).toBe(1);
  });

  it('gives time back again after a timer that rang in time', async () => {
    const { machine, clock, wakes, set } = bench();
    for (let night = 0; night < 3; night++) {
      set('tick', 20);
      machine.jump(HOUR);
      await machine.advance(1000);
    }
    expect(wakes).toHaveLength(3);
    expect(clock.now()).toBe(500 + 3 * (20 + 1000));
  });

  it('hears of a sleep during which the monotonic time stood still, as on Linux', async () => {
    const machine = new FakeClock();
    let asleepMs = 0;
    const linux: Clock = {
      now: () => machine.now(),
      wallNow: () => machine.wallNow(),
      upNow: () => machine.now() + asleepMs,
      setTimeout: (callback, delayMs) => machine.setTimeout(callback, delayMs),
    };
    const clock = new AwakeClock(linux);
    const wakes: number[] = [];
    const stop = clock.onWake((wake) => wakes.push(wake.asleepMs));
    const rung: number[] = [];
    clock.setTimeout(() => rung.push(clock.now()), 5000);
    asleepMs = HOUR;
    await machine.advance(5000);
    // Nothing was late, so nothing is put off.
    expect(rung).toEqual([5000]);
    expect(wakes).toEqual([HOUR]);
    stop();
    asleepMs = 2 * HOUR;
    clock.setTimeout(() => {}, 5000);
    await machine.advance(5000);
    expect(wakes).toEqual([HOUR]);
  });

  it('F-134 takes no notice of a wall clock that is set', async () => {
    const { machine, clock, wakes, set } = bench();
    for (const days of [1, -2]) {
      machine.setWall(machine.wallNow() + days * 24 * HOUR);
      set('due', 1000);
      await machine.advance(1000);
    }
    expect(wakes).toEqual([]);
    expect(clock.now()).toBe(2500);
  });

  it('cancels what it has put off, and keeps it unreferenced', () => {
    const flags: boolean[] = [];
    let now = 0;
    const rings: (() => void)[] = [];
    const machine: Clock = {
      now: () => now,
      wallNow: () => now,
      setTimeout: (callback) => {
        const index = flags.push(false) - 1;
        rings.push(callback);
        return {
          cancel: () => void (rings[index] = () => {}),
          unref: () => void (flags[index] = true),
        };
      },
    };
    const clock = new AwakeClock(machine);
    let rung = 0;
    const timer = clock.setTimeout(() => rung++, 100);
    timer.unref();
    now = HOUR;
    rings[0]!();
    expect(flags).toEqual([true, true]);
    timer.cancel();
    rings[1]!();
    expect(rung).toBe(0);
  });

  it('does not ring a timer that a listener of the wake has cancelled, not even the witness', async () => {
    const { machine, clock, rung, set } = bench();
    const witness = set('witness', 1000);
    clock.onWake(() => witness.cancel());
    machine.jump(HOUR);
    await machine.advance(5000);
    expect([rung, machine.pendingTimers]).toEqual([[], 0]);
  });

  it('has an up-time of the machine that runs with the monotonic time', () => {
    const drift = (): number => systemClock.upNow!() - systemClock.now();
    expect(systemClock.upNow!()).toBeGreaterThan(0);
    const before = drift();
    expect(Math.abs(drift() - before)).toBeLessThanOrEqual(1100);
  });

  it('any sequence of waits and stalls: time never goes back, nothing rings early, each rings once', async () => {
    const step = fc.record({
      delayMs: fc.integer({ min: 0, max: 30_000 }),
      jumpMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 100_000 })),
      waitMs: fc.integer({ min: 0, max: 5000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const { machine, clock, rung, set } = bench();
        const dueAt: number[] = [];
        let last = clock.now();
        for (const [index, { delayMs, jumpMs, waitMs }] of steps.entries()) {
          dueAt.push(clock.now() + delayMs);
          set(String(index), delayMs);
          machine.jump(jumpMs);
          await machine.advance(waitMs);
          expect(clock.now()).toBeGreaterThanOrEqual(last);
          last = clock.now();
        }
        await machine.advance(40_000);
        expect(rung).toHaveLength(steps.length);
        for (const { name, at } of rung) expect(at).toBeGreaterThanOrEqual(dueAt[Number(name)]!);
        expect(machine.pendingTimers).toBe(0);
      }),
      { numRuns: 100 },
    );
  });
});
