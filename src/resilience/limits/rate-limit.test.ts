import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { RateLimit, type RateLimitOptions, type TakeOptions } from './rate-limit.ts';

function bench(options: RateLimitOptions = {}): {
  readonly clock: FakeClock;
  readonly limit: RateLimit;
  /** When each was served, or why not. */
  readonly outcomes: string[];
  readonly ask: (name: string, options?: TakeOptions) => void;
} {
  const clock = new FakeClock();
  const limit = new RateLimit(options, { clock });
  const outcomes: string[] = [];
  const ask = (name: string, take?: TakeOptions): void => {
    void limit.take(take).then((refusal) => {
      outcomes.push(`${name} ${refusal?.reason ?? 'served'} at ${clock.now()}`);
    });
  };
  return { clock, limit, outcomes, ask };
}

describe('a bucket', () => {
  it('is full at first and fills at its rate', () => {
    const { clock, limit } = bench({ perSecond: 10, burst: 3 });
    expect([1, 2, 3, 4].map(() => limit.tryTake())).toEqual([true, true, true, false]);
    expect(limit.waitTime()).toBeCloseTo(100, 6);
    clock.jump(99);
    expect(limit.tryTake()).toBe(false);
    clock.jump(1);
    expect(limit.tryTake()).toBe(true);
    clock.jump(1e9);
    expect(limit.snapshot()).toEqual({ tokens: 3, queued: 0, pausedForMs: 0 });
  });

  it('gives several tokens at once', () => {
    const { limit } = bench({ perSecond: 2, burst: 4 });
    expect(limit.tryTake(3)).toBe(true);
    expect(limit.tryTake(2)).toBe(false);
    expect(limit.waitTime(3)).toBeCloseTo(1000, 6);
    expect(limit.tryTake(1)).toBe(true);
  });

  it('holds a second of its rate unless told otherwise, and one token at least', () => {
    expect(bench({ perSecond: 7.5 }).limit.snapshot().tokens).toBe(8);
    expect(bench({ perSecond: 0.1 }).limit.snapshot().tokens).toBe(1);
  });

  it('is no limit by default', () => {
    const { limit } = bench();
    for (let n = 0; n < 10_000; n++) expect(limit.tryTake()).toBe(true);
    expect(limit.waitTime()).toBe(0);
    expect(limit.snapshot()).toEqual({ tokens: undefined, queued: 0, pausedForMs: 0 });
  });

  it('refuses what it can never give', async () => {
    const { limit } = bench({ perSecond: 10, burst: 3 });
    expect(() => limit.tryTake(4)).toThrow('INVALID_ARGUMENT');
    expect(() => limit.waitTime(0)).toThrow('INVALID_ARGUMENT');
    await expect(limit.take({ tokens: 4 })).rejects.toThrow('INVALID_ARGUMENT');
    for (const options of [{ perSecond: 0 }, { burst: 0.5 }, { maxQueued: -1 }, { maxPauseMs: Number.NaN }]) {
      expect(() => new RateLimit(options)).toThrow('INVALID_ARGUMENT');
    }
  });

  it('F-134 does not see the wall clock', () => {
    const { clock, limit } = bench({ perSecond: 1 });
    limit.tryTake();
    clock.setWall(Date.UTC(2100, 0, 1));
    expect(limit.tryTake()).toBe(false);
    clock.setWall(0);
    expect(limit.waitTime()).toBeCloseTo(1000, 6);
  });
});

describe('waiting', () => {
  it('goes in order, at the rate', async () => {
    const { clock, ask, outcomes, limit } = bench({ perSecond: 10, burst: 1 });
    for (const name of ['a', 'b', 'c']) ask(name);
    expect(limit.tryTake()).toBe(false);
    expect(limit.waitTime()).toBeCloseTo(300, 6);
    await clock.advance(1000);
    expect(outcomes).toEqual(['a served at 0', 'b served at 100', 'c served at 200']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not let a small wish pass a great one', async () => {
    const { clock, ask, outcomes } = bench({ perSecond: 10, burst: 5 });
    ask('a', { tokens: 5 });
    ask('great', { tokens: 4 });
    ask('small');
    await clock.advance(1000);
    expect(outcomes).toEqual(['a served at 0', 'great served at 400', 'small served at 500']);
  });

  it('keeps its rate although timers are late', async () => {
    const { clock, limit } = bench({ perSecond: 300, burst: 1, maxQueued: 1000 });
    const waits = Array.from({ length: 601 }, () => limit.take());
    // Timers have whole milliseconds, tokens come every 3.33.
    await clock.advance(2001);
    expect(limit.queued).toBe(0);
    expect(await Promise.all(waits)).toEqual(Array(601).fill(undefined));
  });

  it('is no burst after the loop was blocked', async () => {
    const { clock, ask, outcomes } = bench({ perSecond: 10, burst: 2 });
    for (let n = 0; n < 12; n++) ask(String(n));
    clock.jump(10_000);
    await clock.advance(0);
    expect(outcomes.filter((outcome) => outcome.endsWith('at 10000'))).toHaveLength(2 + 2);
  });

  it('is refused at once where it would be in vain', async () => {
    const { clock, limit } = bench({ perSecond: 1 });
    limit.tryTake();
    expect(await limit.take({ deadlineAt: 999 })).toEqual({ reason: 'rate-limited', retryAfterMs: 1000 });
    expect(await limit.take({ deadlineAt: 0 })).toEqual({ reason: 'deadline', retryAfterMs: 1000 });
    expect(clock.pendingTimers).toBe(0);
    const wait = limit.take({ deadlineAt: 1001 });
    await clock.advance(1000);
    expect(await wait).toBeUndefined();
  });

  it('is not served after its deadline, though its timer be late', async () => {
    const { clock, ask, outcomes } = bench({ perSecond: 1 });
    ask('a');
    ask('b', { deadlineAt: 1500 });
    ask('c');
    clock.jump(5000);
    await clock.advance(0);
    expect(outcomes).toEqual(['a served at 5000', 'b deadline at 5000', 'c served at 5000']);
  });

  it('is bounded', async () => {
    const { limit } = bench({ perSecond: 1, maxQueued: 1 });
    limit.tryTake();
    void limit.take();
    expect(await limit.take()).toEqual({ reason: 'queue-full', retryAfterMs: 2000 });
  });

  it('F-137 ends with the signal, and leaves nothing', async () => {
    const { clock, limit } = bench({ perSecond: 1, maxQueued: 1000 });
    limit.tryTake();
    const abort = new AbortController();
    const waits = Array.from({ length: 1000 }, () => limit.take({ signal: abort.signal }));
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(1);
    abort.abort();
    expect(new Set((await Promise.all(waits)).map((refusal) => refusal?.reason))).toEqual(
      new Set(['aborted']),
    );
    expect([limit.queued, clock.pendingTimers]).toEqual([0, 0]);
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0);
    expect(await limit.take({ signal: abort.signal })).toMatchObject({ reason: 'aborted' });
  });

  it('moves up when somebody before leaves', async () => {
    const { clock, ask, outcomes } = bench({ perSecond: 1, burst: 3 });
    const abort = new AbortController();
    ask('a', { tokens: 3 });
    ask('b', { tokens: 3, signal: abort.signal });
    ask('c');
    abort.abort();
    await clock.advance(5000);
    expect(outcomes).toEqual(['a served at 0', 'b aborted at 0', 'c served at 1000']);
  });

  it('F-140 ends when all are cancelled', async () => {
    const { clock, limit, ask, outcomes } = bench({ perSecond: 1 });
    for (const name of ['a', 'b', 'c']) ask(name);
    limit.cancelAll();
    await clock.advance(0);
    expect(outcomes).toEqual(['a served at 0', 'b cancelled at 0', 'c cancelled at 0']);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('a pause of the server', () => {
  it('F-077 holds everything until its end, and then comes no burst', async () => {
    const { clock, limit, ask, outcomes } = bench({ perSecond: 10, burst: 5 });
    limit.pauseFor(2000);
    expect(limit.tryTake()).toBe(false);
    expect(limit.waitTime()).toBe(2000);
    for (const name of ['a', 'b', 'c']) ask(name);
    await clock.advance(10_000);
    expect(outcomes).toEqual(['a served at 2000', 'b served at 2100', 'c served at 2200']);
  });

  it('holds without any limit too', async () => {
    const { clock, limit, ask, outcomes } = bench();
    limit.pauseUntil(500);
    ask('a');
    await clock.advance(1000);
    expect(outcomes).toEqual(['a served at 500']);
    expect(limit.tryTake(1000)).toBe(true);
  });

  it('F-077 refuses what does not fit the deadline: those who come, and those who wait', async () => {
    const { clock, limit, ask, outcomes } = bench({ perSecond: 10, burst: 1 });
    ask('a');
    ask('b', { deadlineAt: 1000 });
    ask('c', { deadlineAt: 4000 });
    limit.pauseFor(3000);
    ask('d', { deadlineAt: 2000 });
    await clock.advance(0);
    expect(outcomes.toSorted()).toEqual(['a served at 0', 'b paused at 0', 'd paused at 0']);
    expect(await limit.take({ deadlineAt: 3000 })).toEqual({ reason: 'paused', retryAfterMs: 3100 });
    await clock.advance(3000);
    expect(outcomes.at(-1)).toBe('c served at 3000');
  });

  it.each([
    ['a negative one', -5, 0],
    ['none', Number.NaN, 0],
    ['a short one', 1500, 1500],
    ['one of years', 1e12, 60_000],
    ['an endless one', Number.POSITIVE_INFINITY, 60_000],
  ])('F-077 %s is bounded', (_title, delayMs, pausedForMs) => {
    const { limit } = bench();
    limit.pauseFor(delayMs);
    expect(limit.snapshot().pausedForMs).toBe(pausedForMs);
  });

  it('is not shortened by another, and can be lengthened', () => {
    const { limit } = bench();
    const lasts = [1000, 200, 3000].map((ms) => {
      limit.pauseFor(ms);
      return limit.snapshot().pausedForMs;
    });
    expect(lasts).toEqual([1000, 1000, 3000]);
  });

  it('can be ended', async () => {
    const { clock, limit, ask, outcomes } = bench({ perSecond: 10, burst: 5 });
    limit.pauseFor(2000);
    ask('a');
    await clock.advance(100);
    limit.resume();
    limit.resume();
    await clock.advance(0);
    expect(outcomes).toEqual(['a served at 100']);
    expect(limit.waitTime()).toBeLessThanOrEqual(100);
  });

  it('brings no token early when it is ended', async () => {
    const { clock, limit, ask, outcomes } = bench({ perSecond: 1, burst: 3 });
    for (let taken = 0; taken < 3; taken++) limit.tryTake();
    limit.pauseFor(1500);
    await clock.advance(90);
    limit.resume();
    ask('a');
    await clock.advance(2000);
    expect(outcomes).toEqual(['a served at 1000']);
  });

  it('does not hasten those who already had to wait', async () => {
    const { clock, limit, ask, outcomes } = bench({ perSecond: 1, burst: 1 });
    limit.tryTake();
    ask('a');
    limit.pauseFor(300);
    await clock.advance(2000);
    expect(outcomes).toEqual(['a served at 1000']);
  });
});

describe('whatever happens', () => {
  const step = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        does: fc.constant('ask' as const),
        tokens: fc.integer({ min: 1, max: 3 }),
        patienceMs: fc.option(fc.nat(2000), { nil: Number.POSITIVE_INFINITY }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ does: fc.constant('try' as const) }) },
    { weight: 2, arbitrary: fc.record({ does: fc.constant('abort' as const), which: fc.nat() }) },
    { weight: 3, arbitrary: fc.record({ does: fc.constant('wait' as const), ms: fc.nat(700) }) },
    { weight: 1, arbitrary: fc.record({ does: fc.constant('jump' as const), ms: fc.nat(2000) }) },
    { weight: 1, arbitrary: fc.record({ does: fc.constant('pause' as const), ms: fc.nat(1500) }) },
    { weight: 1, arbitrary: fc.record({ does: fc.constantFrom('resume' as const, 'cancel' as const) }) },
  );

  it('tokens and queue keep their bounds, nobody is served late or in a pause, everybody settles', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.constantFrom(0.7, 3, 10, 1000, Number.POSITIVE_INFINITY),
        async (steps, perSecond) => {
          const clock = new FakeClock();
          const limit = new RateLimit({ perSecond, burst: 3, maxQueued: 4 }, { clock });
          const aborts: AbortController[] = [];
          let asked = 0;
          let settledCount = 0;
          let taken = 0;
          const served = (tokens: number): void => {
            taken += tokens;
            expect(limit.snapshot().pausedForMs).toBe(0);
            // Never more than the burst and what came since, and what a late timer may add.
            const earned = (clock.now() * Math.min(perSecond, 1e9)) / 1000;
            expect(taken).toBeLessThanOrEqual(3 + earned + perSecond * 0.02 + 1e-3);
          };
          for (const action of steps) {
            if (action.does === 'ask') {
              const abort = new AbortController();
              const deadlineAt = clock.now() + action.patienceMs;
              const { tokens } = action;
              aborts.push(abort);
              asked++;
              void limit.take({ tokens, signal: abort.signal, deadlineAt }).then((refusal) => {
                settledCount++;
                if (refusal !== undefined) {
                  expect(refusal.retryAfterMs).toBeGreaterThanOrEqual(0);
                  return;
                }
                expect(clock.now()).toBeLessThan(deadlineAt);
                served(tokens);
              });
              await clock.advance(0);
            } else if (action.does === 'try') {
              const hasQueue = limit.queued > 0;
              if (limit.tryTake()) {
                expect(hasQueue).toBe(false);
                served(1);
              }
            } else if (action.does === 'abort') aborts[action.which % Math.max(1, aborts.length)]?.abort();
            else if (action.does === 'wait') await clock.advance(action.ms);
            else if (action.does === 'jump') clock.jump(action.ms);
            else if (action.does === 'pause') limit.pauseFor(action.ms);
            else if (action.does === 'resume') limit.resume();
            else limit.cancelAll();
            await clock.advance(0);
            const { tokens, queued } = limit.snapshot();
            expect(tokens).toBeGreaterThanOrEqual(0);
            expect(tokens).toBeLessThanOrEqual(3);
            expect(queued).toBeLessThanOrEqual(4);
            expect(clock.pendingTimers).toBe(queued === 0 ? 0 : 1);
          }
          await clock.advance(60_000);
          expect(settledCount).toBe(asked);
          expect(clock.pendingTimers).toBe(0);
          for (const { signal } of aborts) expect(getEventListeners(signal, 'abort')).toHaveLength(0);
        },
      ),
    );
  });
});
