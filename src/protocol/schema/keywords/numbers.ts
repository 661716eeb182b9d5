import { type Keyword, keyword } from '../evaluation/keyword.ts';
import { isMultipleOf } from './multiple-of.ts';

/** Keywords that look at numbers and pass every other value. */

/** Decimals are divided exactly, which takes hundreds of digits in the worst case. */
const STEPS_OF_DIVISION = 64;

function bound(holds: (value: number, limit: number) => boolean, words: string): Keyword {
  return keyword<number>((limit, site, run) => {
    const { value } = site;
    if (typeof value !== 'number' || holds(value, limit)) return 'valid';
    return run.fail(site, `must be ${words} ${limit}`);
  });
}

export const minimum: Keyword = bound((value, limit) => value >= limit, 'at least');
export const maximum: Keyword = bound((value, limit) => value <= limit, 'at most');
export const exclusiveMinimum: Keyword = bound((value, limit) => value > limit, 'more than');
export const exclusiveMaximum: Keyword = bound((value, limit) => value < limit, 'less than');

export const multipleOf: Keyword = keyword<number>((divisor, site, run) => {
  const { value } = site;
  if (typeof value !== 'number') return 'valid';
  run.meter.spend(STEPS_OF_DIVISION);
  return isMultipleOf(value, divisor) ? 'valid' : run.fail(site, `must be a multiple of ${divisor}`);
});
