import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  HEALTH_DEFAULTS,
  type HealthObservation,
  type HealthState,
  INITIAL_HEALTH,
  nextCheckMs,
  observeHealth,
  type ResolvedHealthOptions,
  resolveHealthOptions,
} from './health-machine.ts';

const good: HealthObservation = { type: 'answered', latencyMs: 10 };
const slow: HealthObservation = { type: 'answered', latencyMs: 2000 };
const missed: HealthObservation = { type: 'missed' };
const reconnected: HealthObservation = { type: 'reconnected' };
const traffic = (calls: number, failures: number): HealthObservation => ({
  type: 'traffic',
  calls,
  failures,
});
const breaker = (state: 'closed' | 'open' | 'half-open' | 'isolated'): HealthObservation => ({
  type: 'breaker',
  state,
});

function after(observations: readonly HealthObservation[], options?: ResolvedHealthOptions): HealthState {
  return observations.reduce<HealthState>((state, one) => observeHealth(state, one, options), INITIAL_HEALTH);
}

/** The kinds that a server goes through, without repetition. */
function walk(observations: readonly HealthObservation[]): string[] {
  const kinds: string[] = [INITIAL_HEALTH.kind];
  let state = INITIAL_HEALTH;
  for (const one of observations) {
    state = observeHealth(state, one);
    if (state.kind !== kinds.at(-1)) kinds.push(state.kind);
  }
  return kinds;
}

describe('health', () => {
  it.each<[string, HealthObservation[], string[]]>([
    ['good checks change nothing', [good, good, good], ['healthy']],
    ['one missed check is a doubt', [missed], ['healthy', 'degraded']],
    ['two are no proof', [missed, missed], ['healthy', 'degraded']],
    ['three in a row are', [missed, missed, missed], ['healthy', 'degraded', 'unhealthy']],
    ['not in a row', [missed, missed, good, missed, missed], ['healthy', 'degraded']],
    ['one good check is no recovery', [missed, good], ['healthy', 'degraded']],
    ['two are', [missed, good, good], ['healthy', 'degraded', 'healthy']],
    ['in a row', [missed, good, missed, good], ['healthy', 'degraded']],
    [
      'it recovers from the worst',
      [missed, missed, missed, good, good],
      ['healthy', 'degraded', 'unhealthy', 'healthy'],
    ],
    [
      'one answer does not bring it back',
      [missed, missed, missed, good],
      ['healthy', 'degraded', 'unhealthy'],
    ],
    [
      'slow answers bring it half the way',
      [missed, missed, missed, slow, slow],
      ['healthy', 'degraded', 'unhealthy', 'degraded'],
    ],
    ['slowness is a doubt', [slow], ['healthy', 'degraded']],
    ['and never more than that', Array<HealthObservation>(50).fill(slow), ['healthy', 'degraded']],
    ['some errors are a doubt', [traffic(10, 2)], ['healthy', 'degraded']],
    [
      'and never more than that, however long',
      Array(50)
        .fill([traffic(10, 2), good])
        .flat(),
      ['healthy', 'degraded'],
    ],
    ['errors of few calls are none', [traffic(9, 9), good], ['healthy']],
    ['many errors make checks bad', [traffic(10, 5), good, good, good], ['healthy', 'degraded', 'unhealthy']],
    ['but only checks count', Array<HealthObservation>(50).fill(traffic(10, 10)), ['healthy', 'degraded']],
    ['an open breaker is a doubt', [breaker('open')], ['healthy', 'degraded']],
    [
      'an open breaker makes checks bad',
      [breaker('open'), good, good, good],
      ['healthy', 'degraded', 'unhealthy'],
    ],
    ['a half-open one does not', [breaker('half-open'), good, good, good], ['healthy', 'degraded']],
    ['an isolated one says nothing', [breaker('isolated'), good], ['healthy']],
    [
      'a breaker that closes lets it recover',
      [breaker('open'), good, good, good, breaker('half-open'), breaker('closed'), good, good],
      ['healthy', 'degraded', 'unhealthy', 'healthy'],
    ],
    [
      'a new connection is used at once, and watched',
      [missed, missed, missed, reconnected, good, good],
      ['healthy', 'degraded', 'unhealthy', 'degraded', 'healthy'],
    ],
    [
      'a new connection forgets what was missed',
      [missed, missed, reconnected, missed, missed],
      ['healthy', 'degraded'],
    ],
    ['a new connection of a healthy server is none of our business', [reconnected], ['healthy']],
    ['silence changes nothing', Array<HealthObservation>(100).fill(traffic(0, 0)), ['healthy']],
  ])('%s', (_title, observations, kinds) => {
    expect(walk(observations)).toEqual(kinds);
  });

  it('says why', () => {
    expect(after([missed])).toMatchObject({ cause: 'missed', badChecks: 1 });
    expect(after([slow])).toMatchObject({ cause: 'slow', badChecks: 0 });
    expect(after([traffic(10, 3)])).toMatchObject({ cause: 'errors' });
    expect(after([breaker('open'), traffic(10, 9), good])).toMatchObject({ cause: 'breaker', badChecks: 1 });
    expect(after([missed, slow])).toMatchObject({ cause: 'slow' });
  });

  it('does not flutter: numbers must fall to half of what made them poor', () => {
    const at = (latencyMs: number): HealthObservation => ({ type: 'answered', latencyMs });
    expect(walk([at(1999), at(1999)])).toEqual(['healthy']);
    expect(walk([at(2000), at(1000), at(1000), at(1000)])).toEqual(['healthy', 'degraded']);
    expect(walk([at(2000), at(999), at(999)])).toEqual(['healthy', 'degraded', 'healthy']);
    expect(walk([traffic(100, 20), traffic(100, 10), good, good])).toEqual(['healthy', 'degraded']);
    expect(walk([traffic(100, 20), traffic(100, 9), good, good])).toEqual(['healthy', 'degraded', 'healthy']);
  });

  it('does not judge the speed of what was not measured', () => {
    expect(after([slow, { type: 'answered' }, { type: 'answered' }]).kind).toBe('healthy');
  });

  it('can be told to be strict', () => {
    const strict = resolveHealthOptions({ unhealthyAfter: 1, recoverAfter: 1 });
    expect(after([missed], strict).kind).toBe('unhealthy');
    expect(after([missed, good], strict).kind).toBe('healthy');
    expect(() => resolveHealthOptions({ jitter: 2 })).toThrow('INVALID_ARGUMENT');
    expect(resolveHealthOptions({})).toEqual(HEALTH_DEFAULTS);
  });
});

describe('the next check', () => {
  const range = (state: HealthState): number[] =>
    [0, 0.5, 1].map((chance) => nextCheckMs(state, () => chance));

  it('comes sooner in doubt and later again without use', () => {
    const misses = (n: number): HealthState => after(Array<HealthObservation>(n).fill(missed));
    expect(range(INITIAL_HEALTH)).toEqual([24_000, 30_000, 36_000]);
    expect(range(misses(1))).toEqual([4000, 5000, 6000]);
    expect([3, 4, 5, 6, 7, 100].map((n) => nextCheckMs(misses(n), () => 0.5))).toEqual([
      5000, 10_000, 20_000, 30_000, 30_000, 30_000,
    ]);
  });

  it('returns to normal after recovery', () => {
    expect(nextCheckMs(after([missed, missed, missed, missed, good]), () => 0.5)).toBe(5000);
    expect(nextCheckMs(after([missed, missed, missed, good, good]), () => 0.5)).toBe(30_000);
  });
});

describe('whatever is observed', () => {
  const anything = fc.oneof(
    fc.constantFrom<HealthObservation>(missed, reconnected, { type: 'answered' }),
    fc.nat(5000).map((latencyMs): HealthObservation => ({ type: 'answered', latencyMs })),
    fc.tuple(fc.nat(100), fc.nat(100)).map(([calls, failures]) => traffic(calls, Math.min(calls, failures))),
    fc
      .constantFrom('closed' as const, 'open' as const, 'half-open' as const, 'isolated' as const)
      .map(breaker),
  );

  it('only a third bad check in a row makes a server unhealthy', () => {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 100 }), (observations) => {
        let state = INITIAL_HEALTH;
        for (const one of observations) {
          const next = observeHealth(state, one);
          if (next.kind === 'unhealthy' && state.kind !== 'unhealthy') {
            expect(state).toMatchObject({ kind: 'degraded', badChecks: 2 });
            expect(['missed', 'answered']).toContain(one.type);
          }
          if (next.kind === 'healthy' && state.kind !== 'healthy') expect(one.type).toBe('answered');
          const interval = nextCheckMs(next, () => 0.5);
          expect(interval).toBeGreaterThanOrEqual(5000);
          expect(interval).toBeLessThanOrEqual(30_000);
          state = next;
        }
      }),
    );
  });

  it('a server without a fault stays healthy, however little it is used', () => {
    const harmless = fc.oneof(
      fc.nat(1999).map((latencyMs): HealthObservation => ({ type: 'answered', latencyMs })),
      fc.nat(1000).map((calls) => traffic(calls, 0)),
      fc.constantFrom(breaker('closed'), breaker('isolated'), reconnected),
    );
    fc.assert(
      fc.property(fc.array(harmless), (observations) => {
        expect(walk(observations)).toEqual(['healthy']);
      }),
    );
  });

  it('a server that is well again is found to be so', () => {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 50 }), (observations) => {
        expect(after([...observations, breaker('closed'), traffic(0, 0), good, good]).kind).toBe('healthy');
      }),
    );
  });
});
