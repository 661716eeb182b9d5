import { describe, expect, it } from 'vitest';
import type { ParameterStyle } from './operation.ts';
import { percentEncoded } from './percent-encoding.ts';
import { inlineText, queryPairs } from './styled-value.ts';

const LIST = ['blue', 'black', 'brown'];
const OBJECT = { R: 100, G: 200, B: 150 };

/** The table of the OpenAPI specification (Style Examples), with the corrections of RFC 6570. */
const IN_PATH: readonly (readonly [ParameterStyle, boolean, unknown, string])[] = [
  ['simple', false, 'blue', 'blue'],
  ['simple', false, LIST, 'blue,black,brown'],
  ['simple', true, LIST, 'blue,black,brown'],
  ['simple', false, OBJECT, 'R,100,G,200,B,150'],
  ['simple', true, OBJECT, 'R=100,G=200,B=150'],
  ['label', false, 'blue', '.blue'],
  ['label', false, LIST, '.blue,black,brown'],
  ['label', true, LIST, '.blue.black.brown'],
  ['label', false, OBJECT, '.R,100,G,200,B,150'],
  ['label', true, OBJECT, '.R=100.G=200.B=150'],
  ['matrix', false, '', ';color'],
  ['matrix', false, 'blue', ';color=blue'],
  ['matrix', false, LIST, ';color=blue,black,brown'],
  ['matrix', true, LIST, ';color=blue;color=black;color=brown'],
  ['matrix', false, OBJECT, ';color=R,100,G,200,B,150'],
  ['matrix', true, OBJECT, ';R=100;G=200;B=150'],
  ['json', false, OBJECT, '%7B%22R%22%3A100%2C%22G%22%3A200%2C%22B%22%3A150%7D'],
];

const IN_QUERY: readonly (readonly [ParameterStyle, boolean, unknown, string])[] = [
  ['form', true, '', 'color='],
  ['form', true, 'blue', 'color=blue'],
  ['form', false, LIST, 'color=blue,black,brown'],
  ['form', true, LIST, 'color=blue&color=black&color=brown'],
  ['form', false, OBJECT, 'color=R,100,G,200,B,150'],
  ['form', true, OBJECT, 'R=100&G=200&B=150'],
  ['spaceDelimited', false, LIST, 'color=blue%20black%20brown'],
  ['spaceDelimited', false, OBJECT, 'color=R%20100%20G%20200%20B%20150'],
  ['pipeDelimited', false, LIST, 'color=blue%7Cblack%7Cbrown'],
  ['pipeDelimited', false, OBJECT, 'color=R%7C100%7CG%7C200%7CB%7C150'],
  ['deepObject', true, OBJECT, 'color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150'],
  ['deepObject', true, { a: { b: [1, 2] } }, 'color%5Ba%5D%5Bb%5D=1&color%5Ba%5D%5Bb%5D=2'],
  ['deepObject', true, LIST, 'color=blue&color=black&color=brown'],
  ['json', false, LIST, 'color=%5B%22blue%22%2C%22black%22%2C%22brown%22%5D'],
];

describe('a value in a path or a header', () => {
  it.each(IN_PATH)('%s, explode %s, of %j', (style, explode, value, expected) => {
    expect(inlineText('color', value, { style, explode }, percentEncoded)).toBe(expected);
  });

  it('writes what has no rule as JSON: an object within a list', () => {
    const text = inlineText('x', [{ a: 1 }, true, 2.5], { style: 'simple', explode: false }, (part) => part);
    expect(text).toBe('{"a":1},true,2.5');
  });
});

describe('a value in a query', () => {
  it.each(IN_QUERY)('%s, explode %s, of %j', (style, explode, value, expected) => {
    const pairs = queryPairs('color', value, { style, explode }, percentEncoded, percentEncoded);
    expect(pairs.map(([name, text]) => `${name}=${text}`).join('&')).toBe(expected);
  });

  it('follows nested objects only so far', () => {
    let value: unknown = 'end';
    for (let depth = 0; depth < 1000; depth++) value = { k: value };
    const [[name] = ['']] = queryPairs('o', value, { style: 'deepObject', explode: true }, String, String);
    expect(name.length).toBeLessThan(100);
  });
});

describe('percent encoding', () => {
  it('lets only unreserved characters through', () => {
    expect(percentEncoded("a-b.c_d~e/?#[]@!$&'()*+,;= %ü€𝄞")).toBe(
      'a-b.c_d~e%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D%20%25%C3%BC%E2%82%AC%F0%9D%84%9E',
    );
  });

  it('leaves reserved characters that do no harm, where that is allowed', () => {
    expect(percentEncoded("/?:@!$'()*,;#&+=[]%", true)).toBe("/?:@!$'()*,;%23%26%2B%3D%5B%5D%25");
  });

  it('replaces half a character, which has no bytes', () => {
    expect(percentEncoded('a\uD800b')).toBe('a%EF%BF%BDb');
  });
});
