import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { onAbort } from '../../core/abort.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { type AcquireOptions, ConcurrencyLimit, type ConcurrencyRefusal } from './concurrency-limit.ts';

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Asks for slots and notes in which order they are given. */
function customers(limit: ConcurrencyLimit): {
  readonly ask: (name: string, options?: AcquireOptions) => void;
  readonly outcomes: string[];
} {
  const outcomes: string[] = [];
  const ask = (name: string, options?: AcquireOptions): void => {
    void limit.acquire(options).then((refusal) => {
      outcomes.push(refusal === undefined ? name : `${name}: ${refusal.reason}`);
    });
  };
  return { ask, outcomes };
}

describe('ConcurrencyLimit', () => {
  it('gives slots without a promise until none is free', () => {
    const limit = new ConcurrencyLimit({ maxInFlight: 2 });
    expect([limit.tryAcquire(), limit.tryAcquire(), limit.tryAcquire()]).toEqual([true, true, false]);
    limit.release();
    expect(limit.tryAcquire()).toBe(true);
    expect(limit.snapshot()).toEqual({ inFlight: 2, queued: 0, keys: 0 });
  });

  it('refuses at once what exceeds the queue, or the queue of a key', async () => {
    const limit = new ConcurrencyLimit({ maxInFlight: 1, maxQueued: 3, maxQueuedPerKey: 2 });
    limit.tryAcquire();
    const { ask, outcomes } = customers(limit);
    for (const name of ['a1', 'a2', 'a3', 'b1', 'b2']) ask(name, { key: name[0] });
    await settled();
    expect(outcomes).toEqual(['a3: queue-full', 'b2: queue-full']);
    expect(limit.snapshot()).toEqual({ inFlight: 1, queued: 3, keys: 2 });
    expect(await limit.acquire()).toEqual({ reason: 'queue-full', inFlight: 1, queued: 3 });
  });

  it('lets nobody wait where no queue is wanted', async () => {
    const limit = new ConcurrencyLimit({ maxInFlight: 1, maxQueued: 0 });
    expect(await limit.acquire()).toBeUndefined();
    expect(await limit.acquire()).toMatchObject({ reason: 'queue-full' });
  });

  it('serves one key in order', async () => {
    const limit = new ConcurrencyLimit({ maxInFlight: 1 });
    const { ask, outcomes } = customers(limit);
    for (const name of ['1', '2', '3', '4']) ask(name);
    for (let n = 0; n < 4; n++) {
      await settled();
      limit.release();
    }
    expect(outcomes).toEqual(['1', '2', '3', '4']);
    expect(limit.snapshot()).toEqual({ inFlight: 0, queued: 0, keys: 0 });
  });

  it('serves keys in turn: who asks for much does not make the others wait', async () => {
    const limit = new ConcurrencyLimit({ maxInFlight: 1 });
    limit.tryAcquire();
    const { ask, outcomes } = customers(limit);
    for (const name of ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1']) ask(name, { key: name[0] });
    for (let n = 0; n < 7; n++) {
      limit.release();
      await settled();
    }
    expect(outcomes).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
  });

  it('does not let a newcomer pass those who wait', async () => {
    const limit = new ConcurrencyLimit({ maxInFlight: 1 });
    limit.tryAcquire();
    const { ask, outcomes } = customers(limit);
    ask('waiter');
    limit.release();
    expect(limit.tryAcquire()).toBe(false);
    await settled();
    expect(outcomes).toEqual(['waiter']);
  });

  it('refuses waiters when their deadline has passed, and leaves no timer', async () => {
    const clock = new FakeClock();
    const limit = new ConcurrencyLimit({ maxInFlight: 1 }, { clock });
    limit.tryAcquire();
    const { ask, outcomes } = customers(limit);
    ask('late', { deadlineAt: 500 });
    ask('early', { deadlineAt: 100 });
    ask('patient');
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(100);
    expect(outcomes).toEqual(['early: deadline']);
    await clock.advance(400);
    expect(outcomes).toEqual(['early: deadline', 'late: deadline']);
    expect(clock.pendingTimers).toBe(0);
    limit.release();
    await settled();
    expect(outcomes.at(-1)).toBe('patient');
  });

  it('never runs a waiter after its deadline, though its timer be late', async () => {
    const clock = new FakeClock();
    const limit = new ConcurrencyLimit({ maxInFlight: 1 }, { clock });
    limit.tryAcquire();
    const { ask, outcomes } = customers(limit);
    ask('a1', { key: 'a', deadlineAt: 100 });
    ask('a2', { key: 'a', deadlineAt: 900 });
    ask('b1', { key: 'b' });
    clock.jump(200);
    limit.release();
    await settled();
    // The key keeps its turn: nothing was run for it.
    expect(outcomes).toEqual(['a1: deadline', 'a2']);
    ask('too late', { deadlineAt: 200 });
    limit.release();
    limit.release();
    await clock.advance(10_000);
    expect(outcomes).toEqual(['a1: deadline', 'a2', 'too late: deadline', 'b1']);
    expect([limit.inFlight, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('F-134 measures deadlines without the wall clock', async () => {
    const clock = new FakeClock();
    const limit = new ConcurrencyLimit({ maxInFlight: 1 }, { clock });
    limit.tryAcquire();
    const { ask, outcomes } = customers(limit);
    ask('x', { deadlineAt: 1000 });
    clock.setWall(Date.UTC(2100, 0, 1));
    await clock.advance(999);
    expect(outcomes).toEqual([]);
    limit.release();
    await settled();
    expect(outcomes).toEqual(['x']);
  });

  it('waits longer than a timer can', async () => {
    const clock = new FakeClock();
    const limit = new ConcurrencyLimit({ maxInFlight: 1 }, { clock });
    limit.tryAcquire();
    const { ask, outcomes } = customers(limit);
    ask('x', { deadlineAt: 2 ** 32 });
    await clock.advance(2 ** 32 - 1);
    expect(outcomes).toEqual([]);
    await clock.advance(1);
    expect(outcomes).toEqual(['x: deadline']);
  });

  it('F-137 gives a place that an abort sets free to one of the same signal once, and counts it once', async () => {
    const limit = new ConcurrencyLimit({ maxInFlight: 1 });
    const abort = new AbortController();
    const { signal } = abort;
    await limit.acquire({ signal });
    onAbort(signal, () => limit.release());
    const waiting = limit.acquire({ signal });
    abort.abort();
    await waiting;
    expect(limit.snapshot()).toEqual({ inFlight: 1, queued: 0, keys: 0 });
  });

  it('F-137 lets go of those who were aborted: no listener, no timer, no place', async () => {
    const clock = new FakeClock();
    const limit = new ConcurrencyLimit({ maxInFlight: 1, maxQueued: 1000 }, { clock });
    limit.tryAcquire();
    const abort = new AbortController();
    const { signal } = abort;
    const waits = Array.from({ length: 1000 }, (_, n) =>
      limit.acquire({ signal, key: String(n % 7), deadlineAt: 1e6 }),
    );
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    abort.abort();
    expect(new Set((await Promise.all(waits)).map((refusal) => refusal?.reason))).toEqual(
      new Set(['aborted']),
    );
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(limit.snapshot()).toEqual({ inFlight: 1, queued: 0, keys: 0 });
    expect(clock.pendingTimers).toBe(0);
    expect(await limit.acquire({ signal })).toMatchObject({ reason: 'aborted' });
  });

  it('F-137 leaves no listener on a signal that never fires', async () => {
    const limit = new ConcurrencyLimit({ maxInFlight: 1 });
    const { signal } = new AbortController();
    for (let n = 0; n < 1000; n++) {
      limit.tryAcquire();
      const wait = limit.acquire({ signal });
      limit.release();
      expect(await wait).toBeUndefined();
      limit.release();
    }
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('an abort after the slot was given takes nothing back', async () => {
    const limit = new ConcurrencyLimit({ maxInFlight: 1 });
    limit.tryAcquire();
    const abort = new AbortController();
    const wait = limit.acquire({ signal: abort.signal });
    limit.release();
    abort.abort();
    expect(await wait).toBeUndefined();
    expect(limit.inFlight).toBe(1);
  });

  it('F-140 settles all who wait when they are cancelled, and goes on', async () => {
    const clock = new FakeClock();
    const limit = new ConcurrencyLimit({ maxInFlight: 1 }, { clock });
    limit.tryAcquire();
    const waits = [1, 2, 3].map((n) => limit.acquire({ key: String(n), deadlineAt: 1000 }));
    limit.cancelAll();
    expect((await Promise.all(waits)).map((refusal) => refusal?.reason)).toEqual(Array(3).fill('cancelled'));
    expect([limit.inFlight, limit.queued, clock.pendingTimers]).toEqual([1, 0, 0]);
    limit.release();
    expect(await limit.acquire()).toBeUndefined();
  });

  it('runs work in a slot and gives it back once, whatever becomes of it', async () => {
    const limit = new ConcurrencyLimit({ maxInFlight: 1, maxQueued: 0 });
    expect(await limit.run(() => limit.inFlight)).toEqual({ ran: true, value: 1 });
    await expect(limit.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    const thrower = (): number => {
      throw new Error('at once');
    };
    await expect(limit.run(thrower)).rejects.toThrow('at once');
    expect(limit.inFlight).toBe(0);
    limit.tryAcquire();
    expect(await limit.run(() => 1)).toMatchObject({ ran: false, refusal: { reason: 'queue-full' } });
  });

  it('refuses a release too many', () => {
    const limit = new ConcurrencyLimit();
    limit.tryAcquire();
    limit.release();
    expect(() => limit.release()).toThrow('ILLEGAL_TRANSITION');
    expect(limit.inFlight).toBe(0);
  });

  it('knows no limit if told so', () => {
    const limit = new ConcurrencyLimit({ maxInFlight: Number.POSITIVE_INFINITY });
    for (let n = 0; n < 10_000; n++) expect(limit.tryAcquire()).toBe(true);
  });

  it.each([{ maxInFlight: 0 }, { maxQueued: Number.POSITIVE_INFINITY }, { maxQueuedPerKey: -1 }])(
    'refuses %o',
    (options) => {
      expect(() => new ConcurrencyLimit(options)).toThrow('INVALID_ARGUMENT');
    },
  );

  it('keeps its bounds and settles everybody, whatever happens', async () => {
    const step = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({
          does: fc.constant('ask' as const),
          key: fc.constantFrom('a', 'b', 'c'),
          patienceMs: fc.option(fc.nat(200), { nil: Number.POSITIVE_INFINITY }),
        }),
      },
      { weight: 4, arbitrary: fc.record({ does: fc.constant('release' as const) }) },
      { weight: 2, arbitrary: fc.record({ does: fc.constant('abort' as const), which: fc.nat() }) },
      { weight: 2, arbitrary: fc.record({ does: fc.constant('wait' as const), ms: fc.nat(150) }) },
      { weight: 1, arbitrary: fc.record({ does: fc.constant('jump' as const), ms: fc.nat(150) }) },
      { weight: 1, arbitrary: fc.record({ does: fc.constant('cancel' as const) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const clock = new FakeClock();
        const limit = new ConcurrencyLimit({ maxInFlight: 2, maxQueued: 4, maxQueuedPerKey: 3 }, { clock });
        const aborts: AbortController[] = [];
        let asked = 0;
        let held = 0;
        const refusals: ConcurrencyRefusal[] = [];
        let granted = 0;
        const check = (): void => {
          expect(limit.inFlight).toBeLessThanOrEqual(2);
          expect(limit.queued).toBeLessThanOrEqual(4);
          if (limit.queued > 0) expect(limit.inFlight).toBe(2);
          expect(limit.snapshot().keys).toBeLessThanOrEqual(limit.queued);
          if (limit.queued === 0) expect(clock.pendingTimers).toBe(0);
        };
        for (const action of steps) {
          if (action.does === 'ask') {
            const abort = new AbortController();
            const deadlineAt = clock.now() + action.patienceMs;
            aborts.push(abort);
            asked++;
            void limit.acquire({ key: action.key, signal: abort.signal, deadlineAt }).then((refusal) => {
              if (refusal !== undefined) refusals.push(refusal);
              else {
                expect(clock.now()).toBeLessThan(deadlineAt);
                granted++;
                held++;
              }
            });
          } else if (action.does === 'release' && held > 0) {
            held--;
            limit.release();
          } else if (action.does === 'abort') aborts[action.which % Math.max(1, aborts.length)]?.abort();
          else if (action.does === 'wait') await clock.advance(action.ms);
          else if (action.does === 'jump') clock.jump(action.ms);
          else if (action.does === 'cancel') limit.cancelAll();
          check();
          await settled();
          expect(held).toBe(limit.inFlight);
          check();
        }
        while (limit.inFlight > 0) {
          held--;
          limit.release();
          await settled();
        }
        expect(granted + refusals.length).toBe(asked);
        expect(limit.snapshot()).toEqual({ inFlight: 0, queued: 0, keys: 0 });
        expect(clock.pendingTimers).toBe(0);
        for (const { signal } of aborts) expect(getEventListeners(signal, 'abort')).toHaveLength(0);
      }),
    );
  });
});
