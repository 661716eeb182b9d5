import { describe, expect, it } from 'vitest';
import { isSecretName, REDACTED, Redactor, redactUrl } from './redact.ts';

describe('S18 redaction', () => {
  it.each([
    'Authorization',
    'proxy-authorization',
    'Cookie',
    'X-Api-Key',
    'API_KEY',
    'apikey',
    'access_token',
    'clientSecret',
    'DB_PASSWORD',
    'mcp-session-id',
    'private_key',
  ])('%s usually names a secret', (name) => expect(isSecretName(name)).toBe(true));

  it.each(['Accept', 'content-type', 'name', 'HOME'])('%s does not', (name) =>
    expect(isSecretName(name)).toBe(false),
  );

  it('takes credentials out of URLs, and leaves the rest', () => {
    expect(redactUrl('see https://bob:hunter2@host/p?a=1&access_token=abc#f, and http://h/?q=2')).toBe(
      `see https://${REDACTED}@host/p?a=1&access_token=${REDACTED}#f, and http://h/?q=2`,
    );
    expect(redactUrl('/callback?code=xyz&state=1')).toBe(`/callback?code=${REDACTED}&state=1`);
  });

  it('replaces known values wherever they stand, and credentials by their form', () => {
    const redactor = new Redactor();
    redactor.add('s3cr3t-value');
    redactor.add('short');
    expect(redactor.text('a s3cr3t-value, s3cr3t-value and short')).toBe(
      `a ${REDACTED}, ${REDACTED} and short`,
    );
    expect(redactor.text('authorization: Bearer abc.def-123')).toBe(`authorization: Bearer ${REDACTED}`);
  });

  it('replaces by name, at any depth, without touching what it is given', () => {
    const redactor = new Redactor();
    redactor.add('canary-value');
    const value = {
      headers: { Authorization: 'Bearer x', accept: '*/*' },
      list: [{ password: 'p' }, 'canary-value'],
      error: new Error('failed with canary-value'),
      token: undefined,
      count: 3,
      nothing: null,
    };
    const before = structuredClone(value);
    expect(redactor.value(value)).toEqual({
      headers: { Authorization: REDACTED, accept: '*/*' },
      list: [{ password: REDACTED }, REDACTED],
      error: `failed with ${REDACTED}`,
      token: undefined,
      count: 3,
      nothing: null,
    });
    expect(value).toEqual(before);
  });

  it('S20 a key such as __proto__ changes no prototype; a circle ends', () => {
    const redactor = new Redactor();
    const copy = redactor.value(JSON.parse('{"__proto__":{"polluted":true}}')) as Record<string, unknown>;
    expect(Object.keys(copy)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    expect(JSON.stringify(redactor.value(circle))).toContain('[…]');
  });

  it.each([
    ['query names', `?${'token?'.repeat(200_000)}`],
    ['query names without end', `?${'token'.repeat(200_000)}`],
    ['schemes', 'a.'.repeat(500_000)],
    ['userinfo', `http://${'a:'.repeat(500_000)}`],
    ['credentials', `Bearer ${' '.repeat(1_000_000)}`],
  ])('S21 hostile text is no burden: %s', (_what, text) => {
    // Quadratic time would outlast the test.
    expect(new Redactor().text(text)).toBeTypeOf('string');
  });
});
