import { describe, expect, it } from 'vitest';
import { LateMap } from './late-map.ts';
import { LateSet } from './late-set.ts';

describe('LateMap', () => {
  it('is empty at first, and again once it is cleared', () => {
    const map = new LateMap<string, number>();
    const look = (): unknown => [
      map.size,
      map.get('a'),
      map.has('a'),
      [...map.keys()],
      [...map.values()],
      [...map],
    ];
    const empty = [0, undefined, false, [], [], []];
    expect(look()).toEqual(empty);
    expect(map.delete('a')).toBe(false);
    map.set('a', 1);
    expect(look()).toEqual([1, 1, true, ['a'], [1], [['a', 1]]]);
    map.clear();
    expect(look()).toEqual(empty);
  });

  it('forgets single entries', () => {
    const map = new LateMap<string, number>();
    map.set('a', 1);
    map.set('b', 2);
    expect([map.delete('a'), map.delete('a')]).toEqual([true, false]);
    expect([...map]).toEqual([['b', 2]]);
  });
});

describe('LateSet', () => {
  it('is empty at first, and again once it is cleared', () => {
    const set = new LateSet<string>();
    const look = (): unknown => [set.size, set.has('a'), [...set]];
    expect(look()).toEqual([0, false, []]);
    expect(set.delete('a')).toBe(false);
    set.add('a');
    set.add('a');
    expect(look()).toEqual([1, true, ['a']]);
    expect([set.delete('a'), set.delete('a')]).toEqual([true, false]);
    set.add('b');
    set.clear();
    expect(look()).toEqual([0, false, []]);
  });
});
