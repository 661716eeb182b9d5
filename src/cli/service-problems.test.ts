import { describe, expect, it } from 'vitest';
import { serviceProblems } from './service-problems.ts';

describe('serviceProblems', () => {
  it.each([
    [
      'a list of objects with path and message',
      [{ path: '/title', code: 'required', message: 'must be there' }],
      ['/title: must be there'],
    ],
    [
      'a list of places as lists',
      [{ loc: ['body', 'items', 0], msg: 'field required' }],
      ['body.items.0: field required'],
    ],
    [
      'an object of fields',
      { title: ["can't be blank", 'is too short'] },
      ["title: can't be blank, is too short"],
    ],
    ['a list of texts', ['title is missing'], ['title is missing']],
    ['an object without words', [{ rule: 7 }], ['{"rule":7}']],
    [
      'an empty place',
      [{ path: '', message: 'must have required property' }],
      ['must have required property'],
    ],
    ['a text', 'all of it is wrong', ['all of it is wrong']],
    ['nothing', undefined, []],
    ['null', null, []],
  ])('reads %s', (_, problems, lines) => {
    expect(serviceProblems(problems)).toEqual(lines);
  });

  it('prints a few of many, each cut to a line that can be read', () => {
    const lines = serviceProblems(Array.from({ length: 9 }, () => 'x'.repeat(1000)));
    expect(lines).toHaveLength(6);
    expect(lines[0]).toHaveLength(300);
    expect(lines[5]).toBe('4 more: see the output with --json');
  });
});
