import { describe, expect, it } from 'vitest';
import { type Deferred, deferred } from '../../core/deferred.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { inTurn } from './in-turn.ts';

function run(
  count: number,
  places: number,
  patienceMs: number,
): { clock: FakeClock; begun: number[]; work: Deferred<void>[]; all: Promise<void> } {
  const clock = new FakeClock();
  const begun: number[] = [];
  const work = Array.from({ length: count }, () => deferred<void>());
  const items = work.map((_, index) => index);
  const all = inTurn(items, { places, patienceMs, clock }, (item) => {
    begun.push(item);
    return work[item]!.promise;
  });
  return { clock, begun, work, all };
}

describe('inTurn', () => {
  it('begins as many as there are places, in order, and the next when one is done', async () => {
    const { clock, begun, work, all } = run(4, 2, 1000);
    expect(begun).toEqual([0, 1]);
    work[1]!.resolve();
    await clock.advance(0);
    expect(begun).toEqual([0, 1, 2]);
    for (const item of work) item.resolve();
    await all;
    expect(begun).toEqual([0, 1, 2, 3]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('gives the place of one that takes long to the next, and still waits for it in the end', async () => {
    const { clock, begun, work, all } = run(3, 1, 1000);
    let isOver = false;
    const over = all.then(() => {
      isOver = true;
    });
    await clock.advance(999);
    expect(begun).toEqual([0]);
    await clock.advance(1);
    expect(begun).toEqual([0, 1]);
    work[1]!.resolve();
    work[2]!.resolve();
    await clock.advance(0);
    expect(begun).toEqual([0, 1, 2]);
    expect(isOver).toBe(false);
    work[0]!.resolve();
    await over;
    expect(clock.pendingTimers).toBe(0);
  });

  it('rejects if a task does, when it has begun all the others', async () => {
    const { begun, work, all } = run(3, 1, 1000);
    work[0]!.reject(new Error('no'));
    work[1]!.resolve();
    work[2]!.resolve();
    await expect(all).rejects.toThrow('no');
    expect(begun).toEqual([0, 1, 2]);
  });

  it('has nothing to do without items', async () => {
    await run(0, 8, 1000).all;
  });
});
