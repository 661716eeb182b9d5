import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { Ewma } from './ewma.ts';

describe('Ewma', () => {
  it('has no value before the first', () => {
    const ewma = new Ewma({}, { clock: new FakeClock() });
    expect(ewma.value).toBeUndefined();
    ewma.add(40);
    expect(ewma.value).toBe(40);
    ewma.clear();
    expect(ewma.value).toBeUndefined();
  });

  it('weighs a value half after its half-life', () => {
    const clock = new FakeClock();
    const ewma = new Ewma({ halfLifeMs: 1000 }, { clock });
    ewma.add(10);
    clock.jump(1000);
    ewma.add(40);
    expect(ewma.value).toBeCloseTo((10 * 0.5 + 40) / 1.5, 10);
  });

  it('takes the plain average of values of one moment: no burst wipes out the past', () => {
    const ewma = new Ewma({}, { clock: new FakeClock() });
    for (const value of [10, 20, 30, 40]) ewma.add(value);
    expect(ewma.value).toBeCloseTo(25, 10);
  });

  it('believes the first value after a long silence', () => {
    const clock = new FakeClock();
    const ewma = new Ewma({ halfLifeMs: 1000 }, { clock });
    for (let n = 0; n < 1000; n++) ewma.add(10);
    clock.jump(1e9);
    expect(ewma.value).toBe(10);
    ewma.add(500);
    expect(ewma.value).toBe(500);
  });

  it('ignores what is no number, and the wall clock', () => {
    const clock = new FakeClock();
    const ewma = new Ewma({}, { clock });
    ewma.add(10);
    ewma.add(Number.NaN);
    ewma.add(Number.POSITIVE_INFINITY);
    clock.setWall(0);
    ewma.add(20);
    expect(ewma.value).toBe(15);
  });

  it('refuses a half-life of zero', () => {
    expect(() => new Ewma({ halfLifeMs: 0 })).toThrow('INVALID_ARGUMENT');
  });

  it('stays between the least and the greatest value', () => {
    const step = fc.record({ waitMs: fc.nat(100_000), value: fc.double({ min: 0, max: 1e6, noNaN: true }) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 50 }), (steps) => {
        const clock = new FakeClock();
        const ewma = new Ewma({}, { clock });
        for (const { waitMs, value } of steps) {
          clock.jump(waitMs);
          ewma.add(value);
        }
        const values = steps.map(({ value }) => value);
        expect(ewma.value).toBeGreaterThanOrEqual(Math.min(...values) - 1e-6);
        expect(ewma.value).toBeLessThanOrEqual(Math.max(...values) + 1e-6);
      }),
    );
  });
});
