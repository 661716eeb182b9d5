import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LEGACY_VERDICT_MS, MemoryEraCache, readEraVerdict } from '../protocol/negotiation/era-cache.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { ClientStats } from './stats/client-stats.ts';
import { readTotals } from './stats/client-totals.ts';

const HOUR = 60 * 60 * 1000;

describe('the totals of a client', () => {
  it('go on where they ended: what two runs counted is what one run would have counted', () => {
    const latencies = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { maxLength: 30 });
    fc.assert(
      fc.property(latencies, latencies, (before, after) => {
        const clock = new FakeClock();
        const [first, second, whole] = [
          new ClientStats(clock),
          new ClientStats(clock),
          new ClientStats(clock),
        ];
        for (const [values, stats] of [
          [before, first],
          [after, second],
          [[...before, ...after], whole],
        ] as const) {
          for (const ms of values)
            stats.settled('tools/call', ms, ms > 5e5 ? new Error('x') : undefined, clock.now());
        }
        second.addTotals(readTotals(JSON.parse(JSON.stringify(first.totals())))!);
        const [got, expected] = [second.snapshot(), whole.snapshot()];
        expect(got).toMatchObject({ toolCalls: expected.toolCalls, errors: expected.errors });
        expect(got.latency.p90Ms).toBe(expected.latency.p90Ms);
        expect(got.latency).toMatchObject({ count: expected.latency.count, maxMs: expected.latency.maxMs });
        expect(got.latency.averageMs).toBeCloseTo(expected.latency.averageMs, 3);
      }),
    );
  });

  const sound = new ClientStats(new FakeClock()).totals();
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['text', 'x'],
    ['an array', []],
    ['a negative number', { ...sound, errors: -1 }],
    ['half a call', { ...sound, toolCalls: 0.5 }],
    ['a number that is too large', { ...sound, requestsSent: 2 ** 52 }],
    ['a number as text', { ...sound, connections: '1' }],
    ['no latency', { ...sound, latency: undefined }],
    ['a time that is none', { ...sound, latency: { ...sound.latency, sumMs: Number.NaN } }],
    ['no list of buckets', { ...sound, latency: { ...sound.latency, buckets: {} } }],
    [
      'too many buckets',
      { ...sound, latency: { ...sound.latency, buckets: Array.from({ length: 1000 }, () => [1, 1]) } },
    ],
    ['a bucket outside', { ...sound, latency: { ...sound.latency, buckets: [[240, 1]] } }],
    ['a bucket below', { ...sound, latency: { ...sound.latency, buckets: [[-1, 1]] } }],
    [
      'a bucket twice',
      {
        ...sound,
        latency: {
          ...sound.latency,
          buckets: [
            [1, 1],
            [1, 1],
          ],
        },
      },
    ],
    ['a bucket that is no pair', { ...sound, latency: { ...sound.latency, buckets: [7] } }],
    ['a count beyond a bucket', { ...sound, latency: { ...sound.latency, buckets: [[1, 2 ** 32]] } }],
  ])('are not read from what holds %s', (_what, saved) => {
    expect(readTotals(sound)).toEqual(sound);
    expect(readTotals(saved)).toBeUndefined();
  });

  it('do not overflow', () => {
    const stats = new ClientStats(new FakeClock());
    const latency = { sumMs: 1, maxMs: 1, buckets: [[10, 2 ** 32 - 1]] as const };
    stats.addTotals({ ...sound, latency });
    stats.addTotals({ ...sound, latency });
    expect(stats.snapshot().latency.count).toBe(2 ** 32 - 1);
  });
});

describe('the verdict about an era', () => {
  it('is believed in the next run for what is left of its time, whatever the clocks say', async () => {
    const clock = new FakeClock(5, Date.UTC(2026, 0, 1));
    const first = new MemoryEraCache(clock);
    first.set('old', 'legacy');
    first.set('new', 'modern');
    await clock.advance(HOUR / 2);
    const verdict = first.verdict('old')!;
    expect(verdict).toEqual({ era: 'legacy', until: Date.UTC(2026, 0, 1) + LEGACY_VERDICT_MS });
    expect(first.verdict('new')).toEqual({ era: 'modern', until: undefined });
    expect(first.verdict('never seen')).toBeUndefined();

    const later = new FakeClock(1e9, clock.wallNow());
    const second = new MemoryEraCache(later);
    second.restore('old', verdict);
    second.restore('new', first.verdict('new')!);
    await later.advance(HOUR / 2 - 1);
    expect([second.get('old'), second.get('new')]).toEqual(['legacy', 'modern']);
    await later.advance(2);
    expect([second.get('old'), second.get('new')]).toEqual([undefined, 'modern']);
  });

  it('is not believed for longer than a new one, nor after its time, nor against a newer one', async () => {
    const clock = new FakeClock(0, Date.UTC(2026, 0, 1));
    const cache = new MemoryEraCache(clock);
    cache.restore('far', { era: 'legacy', until: clock.wallNow() + 1e15 });
    cache.restore('over', { era: 'legacy', until: clock.wallNow() - 1 });
    cache.restore('none', { era: 'legacy', until: undefined });
    cache.set('known', 'modern');
    cache.restore('known', { era: 'legacy', until: clock.wallNow() + HOUR });
    expect(['far', 'over', 'none', 'known'].map((key) => cache.get(key))).toEqual([
      'legacy',
      undefined,
      undefined,
      'modern',
    ]);
    await clock.advance(HOUR + 1);
    expect(cache.get('far')).toBeUndefined();
  });

  it.each([undefined, null, 7, {}, { era: 'other' }, { era: ['legacy'] }])('is not read from %j', (saved) => {
    expect(readEraVerdict(saved)).toBeUndefined();
    expect(readEraVerdict({ era: 'modern', until: 'soon' })).toEqual({ era: 'modern', until: undefined });
  });
});
