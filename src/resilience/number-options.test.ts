import { describe, expect, it } from 'vitest';
import { resolveEnvironment } from './environment.ts';
import { checkNumber, resolveNumbers } from './number-options.ts';

describe('resolveNumbers', () => {
  const defaults = { size: 5, share: 0.5 };
  const rules = { size: { min: 1, whole: true, orInfinity: true }, share: { above: 0, max: 1 } };
  const resolve = (given: object): object => resolveNumbers('Thing', defaults, rules, given);

  it('lays what is given over the defaults; undefined hides nothing', () => {
    expect(resolve({ size: 7, share: undefined })).toEqual({ size: 7, share: 0.5 });
    expect(resolve({ size: Number.POSITIVE_INFINITY })).toEqual({
      size: Number.POSITIVE_INFINITY,
      share: 0.5,
    });
    expect(Object.isFrozen(resolve({}))).toBe(true);
  });

  it('returns what is frozen and says everything as it is, once it is checked', () => {
    const whole = Object.freeze({ size: 7, share: 0.1 });
    expect(resolve(whole)).toBe(whole);
    expect(() => resolve(Object.freeze({ size: 7, share: 2 }))).toThrow('Thing.share');
    // Whatever is not frozen may change yet, and what is missing has to be filled in.
    for (const given of [{ ...whole }, Object.freeze({ size: 7 })]) expect(resolve(given)).not.toBe(given);
    expect(resolve(Object.freeze({ size: 7, share: undefined }))).toEqual({ size: 7, share: 0.5 });
  });

  it.each([
    [{ size: 0 }, 'Thing.size must be a whole number of at least 1, or Infinity, not 0'],
    [{ size: 1.5 }, 'not 1.5'],
    [{ size: '3' }, 'not "3"'],
    [{ size: null }, 'not null'],
    [{ share: 0 }, 'Thing.share must be a number greater than 0 up to 1, not 0'],
    [{ share: Number.NaN }, 'not NaN'],
    [{ share: Number.POSITIVE_INFINITY }, 'not Infinity'],
    [{ sise: 3 }, 'Thing has no option "sise"; it knows size, share'],
    [JSON.parse('{"__proto__": 3}') as object, 'Thing has no option "__proto__"'],
  ])('refuses %o', (given, message) => {
    expect(() => resolve(given)).toThrow(message);
  });
});

describe('checkNumber', () => {
  it('does not quote a long text in full', () => {
    expect(() => checkNumber('x', 'y'.repeat(1000), {})).toThrow(/^.{0,100}$/u);
  });
});

describe('resolveEnvironment', () => {
  it('takes time and chance of the machine unless they are given', () => {
    const { clock, random } = resolveEnvironment({});
    expect(clock.now()).toBeGreaterThan(0);
    expect(random()).toBeLessThan(1);
    const half = (): number => 0.5;
    expect(resolveEnvironment({ random: half }).random).toBe(half);
    const whole = resolveEnvironment({ random: half });
    expect(resolveEnvironment(whole)).toBe(whole);
  });
});
