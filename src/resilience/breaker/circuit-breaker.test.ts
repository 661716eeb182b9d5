import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import type { CircuitBreakerOptions } from './breaker-options.ts';
import type { BreakerPermit, BreakerRefusal } from './breaker-permit.ts';
import { type BreakerChange, CircuitBreaker, observedBreaker } from './circuit-breaker.ts';

interface Bench {
  readonly clock: FakeClock;
  readonly breaker: CircuitBreaker;
  readonly changes: BreakerChange[];
}

/** Chance 1: an open circuit stays open for as long as it may. */
function bench(options: CircuitBreakerOptions = {}, chance: number = 1): Bench {
  const clock = new FakeClock();
  const breaker = new CircuitBreaker(options, { clock, random: () => chance });
  const changes: BreakerChange[] = [];
  breaker.on('state', (change) => changes.push(change));
  return { clock, breaker, changes };
}

function entered(breaker: CircuitBreaker): BreakerPermit {
  const entry = breaker.tryEnter();
  if (!entry.permitted) throw new Error(`refused: ${entry.reason}`);
  return entry;
}

function refused(breaker: CircuitBreaker): BreakerRefusal {
  const entry = breaker.tryEnter();
  if (entry.permitted) throw new Error('let in');
  return entry;
}

function fail(breaker: CircuitBreaker, times: number = 1): void {
  for (let n = 0; n < times; n++) entered(breaker).failed();
}

describe('a closed circuit', () => {
  it('opens after five failures in a row', () => {
    const { breaker, changes } = bench();
    fail(breaker, 4);
    expect(breaker.state).toBe('closed');
    fail(breaker);
    expect(breaker.state).toBe('open');
    expect(changes).toEqual([
      { from: 'closed', to: 'open', cause: 'consecutive-failures', retryAfterMs: 5000 },
    ]);
  });

  it('begins to count anew with each success', () => {
    const { breaker } = bench({ failureRatio: Number.POSITIVE_INFINITY });
    for (let n = 0; n < 20; n++) {
      fail(breaker, 4);
      entered(breaker).succeeded();
    }
    expect(breaker.state).toBe('closed');
  });

  it('opens when half of at least ten calls failed', () => {
    const { breaker } = bench();
    for (let n = 0; n < 5; n++) {
      fail(breaker);
      entered(breaker).succeeded();
    }
    // Ten calls, half of them failed: but a good call opens nothing.
    expect(breaker.state).toBe('closed');
    fail(breaker);
    expect(breaker.snapshot()).toMatchObject({ state: 'open', cause: 'failure-ratio', retryAfterMs: 5000 });
  });

  it('does not look at the ratio of few calls, nor at calls of long ago', () => {
    const { breaker, clock } = bench();
    for (let n = 0; n < 50; n++) {
      fail(breaker);
      entered(breaker).succeeded();
      clock.jump(8000);
    }
    expect(breaker.state).toBe('closed');
  });

  it('minds slow calls only where asked', () => {
    for (const [slowRatio, state] of [
      [Number.POSITIVE_INFINITY, 'closed'],
      [0.5, 'open'],
    ] as const) {
      const { breaker } = bench({ slowRatio, slowMs: 1000 });
      for (let n = 0; n < 10; n++) entered(breaker).succeeded(n < 5 ? 100 : 1000);
      expect(breaker.state).toBe(state);
    }
  });

  it('names slowness as the cause', () => {
    const { breaker } = bench({ slowRatio: 1, slowMs: 1000, minCalls: 3 });
    for (let n = 0; n < 3; n++) entered(breaker).succeeded(5000);
    expect(breaker.snapshot()).toMatchObject({ state: 'open', cause: 'slow-ratio' });
  });

  it('takes what was abandoned for nothing', () => {
    const { breaker } = bench();
    fail(breaker, 4);
    entered(breaker).abandoned();
    expect(breaker.snapshot()).toMatchObject({ consecutiveFailures: 4, calls: 4 });
    fail(breaker);
    expect(breaker.state).toBe('open');
  });

  it('opens never if everything is off', () => {
    const off = Number.POSITIVE_INFINITY;
    const { breaker } = bench({ consecutiveFailures: off, failureRatio: off });
    fail(breaker, 1000);
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', calls: 0 });
  });

  it('lets in without making an object', () => {
    const { breaker } = bench();
    const permit = breaker.tryEnter();
    entered(breaker).failed();
    entered(breaker).succeeded();
    expect(breaker.tryEnter()).toBe(permit);
  });
});

describe('an open circuit', () => {
  it('says when to come back', () => {
    const { breaker, clock } = bench();
    fail(breaker, 5);
    clock.jump(1500);
    expect(refused(breaker)).toEqual({ permitted: false, reason: 'open', retryAfterMs: 3500 });
  });

  it('F-140 lets in one of a hundred when its time is over', () => {
    const { breaker, clock, changes } = bench();
    fail(breaker, 5);
    clock.jump(5000);
    const entries = Array.from({ length: 100 }, () => breaker.tryEnter());
    const probes = entries.filter((entry) => entry.permitted);
    expect(probes.map((probe) => probe.isProbe)).toEqual([true]);
    expect(refused(breaker)).toEqual({ permitted: false, reason: 'probing', retryAfterMs: 1000 });
    expect(changes.map(({ to }) => to)).toEqual(['open', 'half-open']);
  });

  it('stays open twice as long after each relapse, a minute at most', () => {
    const { breaker, clock } = bench();
    fail(breaker, 5);
    const waits = Array.from({ length: 6 }, () => {
      const { retryAfterMs } = refused(breaker);
      clock.jump(retryAfterMs);
      fail(breaker);
      return retryAfterMs;
    });
    expect(waits).toEqual([5000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  });

  it('takes a part of that by chance', () => {
    const { breaker } = bench({}, 0.25);
    fail(breaker, 5);
    expect(refused(breaker).retryAfterMs).toBe(1250);
  });

  it('ignores calls that were let in before', () => {
    const { breaker, clock } = bench();
    const late = entered(breaker);
    fail(breaker, 5);
    clock.jump(1000);
    late.succeeded();
    late.failed();
    expect(breaker.snapshot()).toMatchObject({ state: 'open', retryAfterMs: 4000, trips: 1 });
  });

  it('F-134 is not confused by the wall clock', () => {
    const { breaker, clock } = bench();
    fail(breaker, 5);
    clock.setWall(Date.UTC(2100, 0, 1));
    expect(refused(breaker).retryAfterMs).toBe(5000);
    clock.setWall(0);
    clock.jump(5000);
    expect(entered(breaker).isProbe).toBe(true);
  });
});

describe('a half-open circuit', () => {
  function probing(options: CircuitBreakerOptions = {}): Bench & { probe: BreakerPermit } {
    const all = bench(options);
    fail(all.breaker, 5);
    all.clock.jump(5000);
    return { ...all, probe: entered(all.breaker) };
  }

  it('closes after the probe and three successes', () => {
    const { breaker, probe, changes } = probing();
    probe.succeeded();
    const trial = [entered(breaker), entered(breaker), entered(breaker)];
    expect(trial.map((permit) => permit.isProbe)).toEqual([false, false, false]);
    expect(refused(breaker).reason).toBe('probing');
    for (const permit of trial) {
      expect(breaker.state).toBe('half-open');
      permit.succeeded();
    }
    expect(changes.map(({ to }) => to)).toEqual(['open', 'half-open', 'closed']);
    expect(breaker.snapshot()).toMatchObject({ calls: 0, consecutiveFailures: 0, retryAfterMs: undefined });
  });

  it('opens again with the first failure of the trial; what comes later is stale', () => {
    const { breaker, probe, changes } = probing();
    probe.succeeded();
    const [first, second, third] = [entered(breaker), entered(breaker), entered(breaker)];
    first.succeeded();
    second.failed();
    third.succeeded();
    third.failed();
    expect(breaker.snapshot()).toMatchObject({ state: 'open', cause: 'probe-failed', trips: 2, opens: 2 });
    expect(changes).toHaveLength(3);
  });

  it('counts each permit once', () => {
    const { breaker, probe } = probing();
    probe.succeeded();
    const permit = entered(breaker);
    for (let n = 0; n < 5; n++) permit.succeeded();
    permit.failed();
    permit.abandoned();
    expect(breaker.state).toBe('half-open');
    expect(
      [breaker.tryEnter(), breaker.tryEnter(), breaker.tryEnter()].map((entry) => entry.permitted),
    ).toEqual([true, true, false]);
  });

  it('gives the place of an abandoned probe to another', () => {
    const { breaker, probe } = probing();
    probe.abandoned();
    expect(entered(breaker).isProbe).toBe(true);
    expect(refused(breaker).reason).toBe('probing');
  });

  it('F-140 replaces a probe that gives no verdict, and ignores it from then on', () => {
    const { breaker, clock, probe } = probing();
    clock.jump(59_900);
    expect(refused(breaker).retryAfterMs).toBe(100);
    clock.jump(100);
    const second = entered(breaker);
    expect(second.isProbe).toBe(true);
    probe.failed();
    expect(breaker.state).toBe('half-open');
    probe.succeeded();
    expect(refused(breaker).reason).toBe('probing');
    second.failed();
    expect(breaker.state).toBe('open');
  });

  it('F-140 ignores a probe of an earlier epoch when another one is under way', () => {
    const { breaker, clock, probe } = probing({ probeTimeoutMs: 1000 });
    clock.jump(1000);
    entered(breaker).failed();
    clock.jump(10_000);
    const third = entered(breaker);
    probe.succeeded();
    expect(refused(breaker).reason).toBe('probing');
    third.succeeded();
    expect(breaker.tryEnter().permitted).toBe(true);
  });

  it('is not satisfied with a slow probe where slowness counts', () => {
    const { breaker, probe } = probing({ slowRatio: 0.5, slowMs: 1000 });
    probe.succeeded(1000);
    expect(breaker.state).toBe('open');
  });

  it('forgets relapses only after a stable minute', () => {
    for (const [stableMs, wait] of [
      [59_999, 10_000],
      [60_000, 5000],
    ] as const) {
      const { breaker, clock, probe } = probing({ halfOpenCalls: 0 });
      probe.succeeded();
      clock.jump(stableMs);
      fail(breaker, 5);
      expect(refused(breaker).retryAfterMs).toBe(wait);
    }
  });
});

describe('by hand', () => {
  it('a circuit is isolated until it is reset', () => {
    const { breaker, clock, changes } = bench();
    const before = entered(breaker);
    breaker.isolate();
    breaker.isolate();
    clock.jump(1e9);
    before.succeeded();
    expect(refused(breaker)).toMatchObject({ reason: 'isolated', retryAfterMs: Number.POSITIVE_INFINITY });
    expect(breaker.snapshot()).toMatchObject({ state: 'isolated', stateForMs: 1e9, trips: 0 });
    breaker.reset();
    expect(entered(breaker).isProbe).toBe(false);
    expect(changes.map(({ to }) => to)).toEqual(['isolated', 'closed']);
  });

  it('a reset forgets the past, and what is still under way from it', () => {
    const { breaker, changes } = bench();
    const old = entered(breaker);
    fail(breaker, 4);
    breaker.reset();
    old.failed();
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', consecutiveFailures: 0, calls: 0 });
    expect(changes).toEqual([]);
  });

  it('a listener goes when it is disposed of, and may act at once', () => {
    const { breaker, changes } = bench();
    const dispose = breaker.on('state', ({ to }) => {
      if (to === 'open') breaker.reset();
    });
    fail(breaker, 5);
    expect(breaker.state).toBe('closed');
    dispose();
    fail(breaker, 5);
    expect(breaker.state).toBe('open');
    expect(changes.length).toBeGreaterThan(2);
  });

  it('without ratios nothing but failures in a row opens it, and its snapshot counts no calls', () => {
    const { breaker } = bench({ failureRatio: Number.POSITIVE_INFINITY });
    for (let n = 0; n < 20; n++) {
      fail(breaker, 4);
      entered(breaker).succeeded();
    }
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', calls: 0, failures: 0, slow: 0 });
    fail(breaker, 5);
    expect(breaker.state).toBe('open');
  });

  it('an observer is told of every change, before those who listen', () => {
    const heard: string[] = [];
    const told = (who: string) => (change: BreakerChange) => void heard.push(`${who}: ${change.to}`);
    const circuitChanged = told('observer');
    const breaker = observedBreaker({}, { clock: new FakeClock() }, { circuitChanged });
    fail(breaker, 5);
    breaker.on('state', told('listener'));
    breaker.isolate();
    breaker.isolate();
    breaker.reset();
    expect(heard).toEqual([
      'observer: open',
      'observer: isolated',
      'listener: isolated',
      'observer: closed',
      'listener: closed',
    ]);
  });

  it('a snapshot is plain', () => {
    const { breaker } = bench();
    fail(breaker, 2);
    const snapshot = breaker.snapshot();
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual({
      state: 'closed',
      stateForMs: 0,
      trips: 0,
      opens: 0,
      consecutiveFailures: 2,
      calls: 2,
      failures: 2,
      slow: 0,
    });
  });

  it('wrong options are refused', () => {
    for (const options of [
      { consecutiveFailures: 0 },
      { failureRatio: 1.5 },
      { openMs: -1 },
      { opneMs: 1 },
    ]) {
      expect(() => new CircuitBreaker(options)).toThrow('INVALID_ARGUMENT');
    }
  });
});

describe('whatever happens', () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ does: fc.constant('enter' as const) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        does: fc.constantFrom('succeeded' as const, 'failed' as const, 'abandoned' as const),
        which: fc.nat(),
      }),
    },
    { weight: 2, arbitrary: fc.record({ does: fc.constant('wait' as const), ms: fc.nat(30_000) }) },
    { weight: 1, arbitrary: fc.record({ does: fc.constantFrom('isolate' as const, 'reset' as const) }) },
  );

  it('at most one call probes, and no more are let in than close the circuit', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 150 }),
        fc.integer({ min: 0, max: 5 }),
        (steps, halfOpenCalls) => {
          const { breaker, clock, changes } = bench({ consecutiveFailures: 2, halfOpenCalls }, 0.5);
          let live: BreakerPermit[] = [];
          let seen = 0;
          for (const action of steps) {
            if (action.does === 'enter') {
              const before = breaker.state;
              const entry = breaker.tryEnter();
              if (entry.permitted) {
                // The limit is one of each epoch: a lost probe is replaced, and its verdict ignored.
                if (before !== 'half-open' || entry.isProbe) live = [];
                live.push(entry);
                if (breaker.state === 'half-open') {
                  expect(live.filter((permit) => permit.isProbe).length).toBeLessThanOrEqual(1);
                  expect(live.length).toBeLessThanOrEqual(Math.max(1, halfOpenCalls));
                }
              } else {
                expect(entry.retryAfterMs).toBeGreaterThanOrEqual(0);
                expect(breaker.state).not.toBe('closed');
              }
            } else if ('which' in action) {
              const [permit] = live.splice(action.which % Math.max(1, live.length), 1);
              permit?.[action.does]();
            } else if (action.does === 'wait') clock.jump(action.ms);
            else if (action.does === 'isolate') breaker.isolate();
            else breaker.reset();
            for (const change of changes.slice(seen)) expect(change.from).not.toBe(change.to);
            seen = changes.length;
          }
          breaker.reset();
          expect(breaker.tryEnter().permitted).toBe(true);
        },
      ),
    );
  });

  it('a server that is back is found, however badly it began', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 100 }), (calls) => {
        const { breaker, clock } = bench();
        for (const isGood of calls) {
          const entry = breaker.tryEnter();
          if (entry.permitted && isGood) entry.succeeded();
          else if (entry.permitted) entry.failed();
          clock.jump(1000);
        }
        for (let n = 0; n < 5 && breaker.state !== 'closed'; n++) {
          const entry = breaker.tryEnter();
          if (entry.permitted) entry.succeeded();
          else clock.jump(entry.retryAfterMs);
        }
        expect(breaker.state).toBe('closed');
      }),
    );
  });
});
