import { type Keyword, keyword } from '../evaluation/keyword.ts';

/** Keywords that look at strings and pass every other value. `format` is an annotation in both dialects. */

export const minLength: Keyword = keyword<number>((limit, { value, ...rest }, run) => {
  if (typeof value !== 'string') return 'valid';
  run.meter.spendText(value);
  if (lengthOf(value) >= limit) return 'valid';
  return run.fail({ value, ...rest }, `must have at least ${limit} characters`);
});

export const maxLength: Keyword = keyword<number>((limit, { value, ...rest }, run) => {
  if (typeof value !== 'string') return 'valid';
  run.meter.spendText(value);
  if (lengthOf(value) <= limit) return 'valid';
  return run.fail({ value, ...rest }, `must have at most ${limit} characters`);
});

/** A peer's regular expression can take forever on a long text, so none is ever compiled (S21). */
export const pattern: Keyword = (_operand, site, run) =>
  typeof site.value === 'string' ? run.skip('pattern') : 'valid';

/** Counts characters, not code units. */
function lengthOf(text: string): number {
  let length = text.length;
  for (let index = 0; index + 1 < text.length; index += 1) {
    if (isWithin(text, index, 0xd8_00) && isWithin(text, index + 1, 0xdc_00)) {
      length -= 1;
      index += 1;
    }
  }
  return length;
}

/** One of the 1024 code units from `first` on: one half of a surrogate pair. */
function isWithin(text: string, index: number, first: number): boolean {
  const unit = text.charCodeAt(index);
  return unit >= first && unit < first + 0x4_00;
}
