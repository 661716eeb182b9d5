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
