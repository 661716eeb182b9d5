import { describe, expect, it } from 'vitest';
import { onceForEach } from './once-for-each.ts';

describe('onceForEach', () => {
  it('makes one for each source, whatever it is', () => {
    let made = 0;
    const lengthOf = onceForEach((source: readonly number[]) => {
      made++;
      return source.length === 0 ? undefined : { length: source.length };
    });
    const [one, other, empty] = [[1], [2], []];
    expect(lengthOf(one)).toEqual({ length: 1 });
    expect(lengthOf(one)).toBe(lengthOf(one));
    expect(lengthOf(other)).not.toBe(lengthOf(one));
    expect([lengthOf(empty), lengthOf(empty)]).toEqual([undefined, undefined]);
    expect(made).toBe(3);
  });

  it('is asked again after it threw', () => {
    let asked = 0;
    const refusing = onceForEach(() => {
      asked++;
      throw new Error('no');
    });
    const source = {};
    for (let n = 0; n < 2; n++) expect(() => refusing(source)).toThrow('no');
    expect(asked).toBe(2);
  });
});
