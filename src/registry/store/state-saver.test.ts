import { describe, expect, it } from 'vitest';
import { type Deferred, deferred } from '../../core/deferred.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { StateSaver } from './state-saver.ts';

function saving(delayMs = 1000, intervalMs = 5000) {
  const clock = new FakeClock();
  const begun: number[] = [];
  const open: Deferred<void>[] = [];
  let isManual = false;
  const save = (): Promise<void> => {
    begun.push(clock.now());
    if (!isManual) return Promise.resolve();
    const end = deferred<void>();
    open.push(end);
    return end.promise;
  };
  const saver = new StateSaver(clock, save, delayMs, intervalMs);
  return { clock, begun, open, saver, holdSaves: () => (isManual = true) };
}

describe('StateSaver', () => {
  it('saves a second after the first change, and nothing while nothing changes', async () => {
    const { clock, begun, saver } = saving();
    await clock.advance(60_000);
    saver.changed();
    await clock.advance(900);
    saver.changed();
    await clock.advance(60_000);
    expect(begun).toEqual([61_000]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('saves every five seconds under a storm, and what came last', async () => {
    const { clock, begun, saver } = saving();
    for (let ms = 0; ms < 20_000; ms += 10) {
      saver.changed();
      await clock.advance(10);
    }
    await clock.advance(60_000);
    expect(begun).toEqual([1000, 6000, 11_000, 16_000, 21_000]);
  });

  it('makes one save at a time, and one more for what changed meanwhile', async () => {
    const { clock, begun, open, saver, holdSaves } = saving();
    holdSaves();
    saver.changed();
    await clock.advance(1000);
    for (let count = 0; count < 5; count++) saver.changed();
    await clock.advance(60_000);
    expect(begun).toEqual([1000]);
    open[0]!.resolve();
    await clock.advance(999);
    expect(begun).toHaveLength(1);
    await clock.advance(1);
    expect(begun).toEqual([1000, 62_000]);
    open[1]!.resolve();
    await clock.advance(60_000);
    expect(begun).toHaveLength(2);
  });

  it('flushes at once; behind a save that is under way, once for all who ask', async () => {
    const { clock, begun, open, saver, holdSaves } = saving();
    await saver.flush();
    expect(begun).toEqual([0]);
    holdSaves();
    saver.changed();
    await clock.advance(5000);
    let flushed = 0;
    const flushes = [saver.flush(), saver.flush(), saver.flush()].map((flush) => flush.then(() => flushed++));
    open[0]!.resolve();
    await clock.advance(0);
    // The first save had begun before they asked.
    expect([begun.length, flushed]).toEqual([3, 0]);
    open[1]!.resolve();
    await Promise.all(flushes);
    expect(begun).toHaveLength(3);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does nothing by itself any more when it was stopped, and can still be flushed', async () => {
    const { clock, begun, saver } = saving();
    saver.changed();
    saver.stop();
    saver.changed();
    await clock.advance(60_000);
    expect([begun.length, clock.pendingTimers]).toEqual([0, 0]);
    await saver.flush();
    expect(begun).toHaveLength(1);
  });
});
