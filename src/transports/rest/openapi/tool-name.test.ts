import { describe, expect, it } from 'vitest';
import { matches } from './operation-filter.ts';
import { toolNames } from './tool-name.ts';

const named = (id: string | undefined, method = 'GET', path = '/x') => ({ id, method, path });

describe('the names of tools', () => {
  it('are the ids of the operations, cleaned', () => {
    expect(toolNames([named('getPet'), named('Todo.find'), named('get pet/{id}!'), named('süß')])).toEqual([
      'getPet',
      'Todo_find',
      'get_pet_id',
      's',
    ]);
  });

  it('are method and path where there is no usable id', () => {
    const operations = [
      named(undefined, 'GET', '/todos/{id}'),
      named('  ', 'POST', '/todos'),
      named(undefined, 'GET', '/'),
    ];
    expect(toolNames(operations)).toEqual(['get_todos_id', 'post_todos', 'get']);
  });

  it('stay apart, and the same from time to time', () => {
    const operations = [named('a b'), named('a_b'), named('a_b_2'), named('a-b')];
    expect(toolNames(operations)).toEqual(['a_b', 'a_b_2', 'a_b_2_2', 'a-b']);
    expect(toolNames(operations)).toEqual(toolNames(operations));
  });

  it('are never longer than 64 characters, and still tell long ids apart', () => {
    const names = toolNames([named('x'.repeat(100)), named(`${'x'.repeat(99)}y`), named('x'.repeat(100))]);
    expect(new Set(names).size).toBe(3);
    for (const name of names) expect(name).toMatch(/^[A-Za-z\d_-]{1,64}$/u);
  });
});

describe('a pattern of a filter', () => {
  it.each([
    ['getPet', 'getPet', true],
    ['getPet', 'getPets', false],
    ['get*', 'getPets', true],
    ['*Pet', 'getPet', true],
    ['*', '', true],
    ['g*P*s', 'getPets', true],
    ['g*P*s', 'getPet', false],
    ['ab*ba', 'aba', false],
    ['a*b*a', 'aba', true],
    ['a**a', 'aa', true],
    ['a.c', 'abc', false],
  ])('%s on %s: %s', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });

  it('takes no time that grows faster than its text', () => {
    expect(matches(`${'*a'.repeat(5000)}*b`, 'a'.repeat(50_000))).toBe(false);
  });
});
