import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LatencyHistogram } from './latency-histogram.ts';

describe('LatencyHistogram', () => {
  it('is empty at first', () => {
    const histogram = new LatencyHistogram();
    expect([histogram.count, histogram.average, histogram.max, histogram.percentile(0.5)]).toEqual([
      0, 0, 0, 0,
    ]);
  });

  it('finds percentiles to within its precision', () => {
    const histogram = new LatencyHistogram();
    for (let ms = 1; ms <= 1000; ms++) histogram.add(ms);
    expect(histogram.count).toBe(1000);
    expect(histogram.average).toBe(500.5);
    expect(histogram.max).toBe(1000);
    for (const q of [0.1, 0.5, 0.9, 0.99]) {
      expect(Math.abs(histogram.percentile(q) / (q * 1000) - 1)).toBeLessThan(0.1);
    }
  });

  it('counts the same in whatever order the values come', () => {
    const values = [40, 3, 3600_000, 0.001, 41, 3, 700];
    const inOrder = new LatencyHistogram();
    const reversed = new LatencyHistogram();
    for (const value of values) inOrder.add(value);
    for (const value of values.toReversed()) reversed.add(value);
    expect(inOrder.totals().buckets).toEqual(reversed.totals().buckets);
    const sum = inOrder.totals().buckets.reduce((total, [, count]) => total + count, 0);
    expect(sum).toBe(values.length);
    const resumed = new LatencyHistogram();
    resumed.add(40);
    resumed.addTotals(inOrder.totals());
    expect(resumed.count).toBe(values.length + 1);
    expect(resumed.percentile(0.01)).toBeLessThan(0.02);
    expect(resumed.max).toBe(3600_000);
  });

  it('never exceeds the largest value and takes any number', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: false }), { minLength: 1 }), (values) => {
        const histogram = new LatencyHistogram();
        for (const value of values) histogram.add(value);
        expect(histogram.percentile(1)).toBeLessThanOrEqual(histogram.max);
        expect(histogram.count).toBe(values.length);
      }),
    );
  });
});
