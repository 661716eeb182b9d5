import { describe, expect, it } from 'vitest';
import { oauthParam, parseChallenges } from './challenge.ts';

const plain = (header: string | undefined): unknown =>
  parseChallenges(header).map(({ scheme, params }) => [scheme, Object.fromEntries(params)]);

describe('parseChallenges', () => {
  it.each<[string | undefined, unknown]>([
    [undefined, []],
    ['', []],
    ['Bearer', [['bearer', {}]]],
    ['Bearer realm="a", scope="x y"', [['bearer', { realm: 'a', scope: 'x y' }]]],
    ['Bearer scope=x,error=invalid_token', [['bearer', { scope: 'x', error: 'invalid_token' }]]],
    [
      'Basic realm="a", Bearer resource_metadata="https://h/.well-known/x", DPoP algs="ES256"',
      [
        ['basic', { realm: 'a' }],
        ['bearer', { resource_metadata: 'https://h/.well-known/x' }],
        ['dpop', { algs: 'ES256' }],
      ],
    ],
    ['Bearer resource_metadata=https://h/x', [['bearer', { resource_metadata: 'https://h/x' }]]],
    [
      'Negotiate YWJj==, Bearer scope="a"',
      [
        ['negotiate', {}],
        ['bearer', { scope: 'a' }],
      ],
    ],
    ['Bearer SCOPE = "a", scope="b"', [['bearer', { scope: 'a' }]]],
    [
      'Bearer error_description="say \\"scope=evil\\"", scope="a"',
      [['bearer', { error_description: 'say "scope=evil"', scope: 'a' }]],
    ],
    ['Bearer scope="never closed', [['bearer', { scope: '' }]]],
    ['Bearer __proto__="x"', [['bearer', JSON.parse('{"__proto__":"x"}')]]],
  ])('%j', (header, expected) => {
    expect(plain(header)).toEqual(expected);
  });

  it('S21 takes a time that grows with the length only, whatever it is made of', () => {
    for (const part of ['"', '\\', ' ', ',', 'a=', 'a ', '="', 'a="\\"']) {
      expect(parseChallenges(part.repeat(200_000)).length).toBeLessThanOrEqual(16);
    }
  });
});

describe('oauthParam', () => {
  it('looks at challenges of OAuth only, and takes the first that says something', () => {
    const challenges = parseChallenges('Basic scope="no", Bearer scope="", DPoP scope="yes"');
    expect(oauthParam(challenges, 'scope')).toBe('yes');
    expect(oauthParam(challenges, 'error')).toBeUndefined();
  });
});
