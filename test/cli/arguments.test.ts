import { describe, expect, it } from 'vitest';
import { parseMs, parsePath, parsePort } from '../../src/cli/arguments/option-values.ts';
import { toolArguments } from '../../src/cli/arguments/schema-values.ts';
import { parseInputObject, parseToolArguments } from '../../src/cli/arguments/tool-arguments.ts';

const thrownBy = (run: () => unknown): Error => {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
};

describe('key=value and key:=json', () => {
  it('takes text up to the first equals sign as the key, and all that follows as it stands', () => {
    expect(parseToolArguments(['a=1', 'b=', 'c=x=y', 'd= spaced ', 'e=:=', 'url=http://h/?q=1'])).toEqual([
      { key: 'a', text: '1' },
      { key: 'b', text: '' },
      { key: 'c', text: 'x=y' },
      { key: 'd', text: ' spaced ' },
      { key: 'e', text: ':=' },
      { key: 'url', text: 'http://h/?q=1' },
    ]);
  });

  it('takes JSON behind :=', () => {
    expect(parseToolArguments(['a:=1', 'b:="x"', 'c:={"d":[true,null]}'])).toEqual([
      { key: 'a', json: 1 },
      { key: 'b', json: 'x' },
      { key: 'c', json: { d: [true, null] } },
    ]);
  });

  it.each([
    ['noequals', /write key=value/u],
    ['=value', /write key=value/u],
    [':=1', /write key=value/u],
    ['a:={broken', /"a" is not valid JSON.*quotes of your shell/u],
    ['a:=', /"a" is not valid JSON/u],
  ])('refuses %s', (word, message) => {
    expect(thrownBy(() => parseToolArguments([word]))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(message),
    });
  });

  it('refuses an argument that is given twice', () => {
    expect(thrownBy(() => parseToolArguments(['a=1', 'a:=2'])).message).toMatch(/"a" is given twice/u);
  });

  it('takes one JSON object for all arguments, and nothing else', () => {
    expect(parseInputObject('{"a": 1}', '--input')).toEqual({ a: 1 });
    for (const text of ['[1]', '"x"', 'null', '3']) {
      expect(thrownBy(() => parseInputObject(text, '--input')).message).toMatch(
        /--input must be a JSON object/u,
      );
    }
    expect(thrownBy(() => parseInputObject('', 'what stdin holds')).message).toMatch(
      /what stdin holds is not valid JSON/u,
    );
  });
});

describe('values for a tool', () => {
  const properties = {
    text: { type: 'string' },
    count: { type: 'integer' },
    ratio: { type: 'number' },
    flag: { type: 'boolean' },
    either: { type: ['integer', 'string'] },
    maybe: { type: ['number', 'null'] },
    choice: { anyOf: [{ type: 'boolean' }, { type: 'integer' }] },
    open: { anyOf: [{ type: 'boolean' }, { enum: ['x'] }] },
    list: { type: 'array' },
    untold: {},
  };
  const tool = { name: 't', inputSchema: { type: 'object', properties } };
  const given = (...words: string[]): Record<string, unknown> =>
    toolArguments(tool, {}, parseToolArguments(words));

  it('become numbers and booleans where the schema says so', () => {
    expect(given('text=1', 'count=-7', 'ratio=1.5e3', 'flag=true', 'untold=1', 'unknown=2')).toEqual({
      text: '1',
      count: -7,
      ratio: 1500,
      flag: true,
      untold: '1',
      unknown: '2',
    });
  });

  it('stay text where text is allowed too, and follow simple unions', () => {
    expect(given('either=1', 'maybe=null', 'choice=false', 'open=true')).toEqual({
      either: '1',
      maybe: null,
      choice: false,
      open: 'true',
    });
    expect(given('choice=3')).toEqual({ choice: 3 });
  });

  it.each([
    ['count=1.5', /"count" must be an integer, not "1.5"/u],
    ['count=', /"count" must be an integer/u],
    ['count=99999999999999999999', /too large to be an exact number/u],
    ['ratio=abc', /"ratio" must be a number/u],
    ['ratio=Infinity', /"ratio" must be a number/u],
    ['flag=yes', /"flag" must be a boolean, not "yes"/u],
    ['list=a', /"list" must be an array, not "a"; write it as JSON: list:=/u],
  ])('are refused where they are not what the schema wants: %s', (word, message) => {
    expect(thrownBy(() => given(word))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(message),
    });
  });

  it('of the command line win over those of --input', () => {
    expect(
      toolArguments(tool, { text: 'a', count: 1 }, parseToolArguments(['count=2', 'flag:="raw"'])),
    ).toEqual({
      text: 'a',
      count: 2,
      flag: 'raw',
    });
  });

  it('with an unknown key are refused where the tool allows no other keys, with the nearest known one', () => {
    const strict = { name: 't', inputSchema: { properties, additionalProperties: false } };
    const none = { name: 't', inputSchema: { additionalProperties: false } };
    const call = (target: typeof strict | typeof none, word: string): unknown =>
      toolArguments(target, {}, parseToolArguments([word]));
    expect(thrownBy(() => call(strict, 'counts=1')).message).toMatch(
      /does not take "counts"; did you mean "count"\?/u,
    );
    expect(thrownBy(() => call(strict, 'zzzzzzzz=1')).message).toMatch(/it takes text, count,/u);
    expect(thrownBy(() => call(none, 'a=1')).message).toMatch(/it takes no arguments/u);
  });

  it('S20 under a key of Object.prototype are ordinary values', () => {
    const args = given('__proto__=1', 'constructor=2', 'toString=3');
    expect(Object.keys(args)).toEqual(['__proto__', 'constructor', 'toString']);
    expect(Object.getPrototypeOf(args)).toBe(Object.prototype);
    expect(toolArguments({ name: 't' }, {}, parseToolArguments(['a=1']))).toEqual({ a: '1' });
  });
});

describe('values of options', () => {
  it('ports, durations and paths', () => {
    expect([parsePort('0'), parsePort('65535'), parseMs('1'), parsePath('/mcp')]).toEqual([
      0,
      65_535,
      1,
      '/mcp',
    ]);
  });

  it.each([
    [parsePort, '65536'],
    [parsePort, '-1'],
    [parsePort, '80x'],
    [parsePort, ''],
    [parseMs, '0'],
    [parseMs, '1.5'],
    [parseMs, '99999999999'],
    [parsePath, 'mcp'],
    [parsePath, '/a?b'],
    [parsePath, '/a b'],
  ])('%o refuses "%s" and says what to give', (parse, text) => {
    expect(thrownBy(() => parse(text)).message).toMatch(/^Give /u);
  });
});
