import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { WakeUp } from './wake-up.ts';

function bench(start: number = 0): { clock: FakeClock; wakeUp: WakeUp; woken: number[] } {
  const clock = new FakeClock(start);
  const woken: number[] = [];
  return { clock, wakeUp: new WakeUp(clock, () => woken.push(clock.now())), woken };
}

describe('WakeUp', () => {
  it('fires once, when it was set to last', async () => {
    const { clock, wakeUp, woken } = bench();
    for (const at of [300, 100, 200, 200]) wakeUp.set(at);
    expect([wakeUp.at, clock.pendingTimers]).toEqual([200, 1]);
    await clock.advance(1000);
    expect(woken).toEqual([200]);
    expect([wakeUp.at, clock.pendingTimers]).toEqual([Number.POSITIVE_INFINITY, 0]);
  });

  it('does not fire when it is taken back', async () => {
    const { clock, wakeUp, woken } = bench();
    wakeUp.set(100);
    wakeUp.set(Number.POSITIVE_INFINITY);
    await clock.advance(1000);
    expect([woken.length, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('is not early by a fraction of a millisecond, and never spins', () => {
    const { clock, wakeUp } = bench(0.7);
    wakeUp.set(10);
    expect(clock.nextTimerIn).toBeCloseTo(10, 6);
    for (const past of [0.7, 0, -100]) {
      wakeUp.set(past);
      expect(clock.nextTimerIn).toBeCloseTo(1, 6);
    }
  });

  it('asks no clock for more than it can wait', () => {
    const { clock, wakeUp } = bench();
    wakeUp.set(2 ** 40);
    expect(clock.nextTimerIn).toBeLessThan(2 ** 31);
  });

  it('can be set again from within', async () => {
    const clock = new FakeClock();
    let times = 0;
    const wakeUp: WakeUp = new WakeUp(clock, () => {
      if (++times < 3) wakeUp.set(clock.now() + 10);
    });
    wakeUp.set(10);
    await clock.advance(1000);
    expect([times, clock.pendingTimers]).toEqual([3, 0]);
  });
});
