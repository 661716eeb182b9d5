import { describe, expect, it } from 'vitest';
import { resolveAuth } from './auth-settings.ts';
import { Findings } from './checks/findings.ts';
import { expandEntry } from './expand.ts';
import { parseEntry } from './parse-entry.ts';
import { secretsOf } from './secrets.ts';

const CANARY = 'canary-5f2e';

function problemOf(auth: unknown, more: object = {}): string {
  try {
    parseEntry('a', { url: 'https://h/mcp', 'x-signalbox': { auth }, ...more });
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('x-signalbox.auth', () => {
  it.each([
    false,
    { type: 'bearer', token: 'x' },
    { type: 'bearer', token: { env: 'TOKEN' } },
    { type: 'basic', user: 'me', password: { file: '/run/secrets/password' } },
    { type: 'header', name: 'X-Api-Key', value: { command: ['pass', 'show', 'key'] } },
    { type: 'header', name: 'Authorization', value: { keyring: { service: 's', account: 'a' } } },
    { type: 'command', command: ['node', 'headers.js'], timeoutMs: 5000, refreshMs: 1000 },
    { type: 'oauth' },
    { type: 'oauth', grant: 'client-credentials', clientId: 'c', clientSecret: { env: 'S' } },
    { type: 'oauth', grant: 'jwt-bearer', assertion: { file: '/var/run/token' } },
    { type: 'oauth', issuer: 'http://127.0.0.1:9000', callbackPort: 8080, dpop: true, allowPrivate: true },
    {
      type: 'oauth',
      grant: 'enterprise',
      clientId: 'c',
      idp: { issuer: 'https://i', clientId: 'd', idToken: 'x' },
    },
  ])('takes %j', (auth) => {
    expect(problemOf(auth)).toBe('');
  });

  it.each<[unknown, string]>([
    [true, 'write an object'],
    [{}, 'needs a "type"'],
    [{ type: 'digest' }, 'write "bearer" or "basic"'],
    [{ type: 'bearer' }, 'needs "token"'],
    [{ type: 'bearer', token: '' }, 'is empty'],
    [{ type: 'bearer', token: { env: 'A', file: '/b' } }, 'exactly one of'],
    [{ type: 'bearer', token: { file: 'b' } }, 'is a relative path'],
    [{ type: 'bearer', token: { env: 'A B' } }, 'the name of a variable'],
    [{ type: 'bearer', token: { command: `cat ${CANARY}` } }, 'as a list'],
    [
      { type: 'bearer', token: 'x', user: 'y' },
      '"x-signalbox.auth.user" does not belong to "type": "bearer"',
    ],
    [{ type: 'header', name: 'a b', value: 'x' }, 'write a header name'],
    [{ type: 'header', name: 'Mcp-Session-Id', value: 'x' }, 'is set by the protocol itself'],
    [{ type: 'command', command: [] }, 'as a list'],
    [{ type: 'oauth', issuer: 'http://login.example.com' }, 'write an https URL'],
    [{ type: 'oauth', issuer: `https://me:${CANARY}@h` }, 'user name or password'],
    [{ type: 'oauth', grant: 'client-credentials' }, 'needs "clientId"'],
    [{ type: 'oauth', grant: 'enterprise', clientId: 'x', idp: {} }, 'needs "issuer"'],
    [{ type: 'oauth', callbackPort: 0 }, 'from 1 to 65535'],
    [{ type: 'oauth', client_id: 'x' }, 'write "clientId"'],
  ])('S18 refuses %j, and quotes no secret', (auth, expected) => {
    const problem = problemOf(auth);
    expect(problem).toContain(expected);
    expect(problem).not.toContain(CANARY);
  });

  it('S08 refuses a header that it sets itself', () => {
    const headers = { authorization: `Bearer ${CANARY}` };
    const problem = problemOf({ type: 'bearer', token: 'x' }, { headers });
    expect(problem).toContain('"headers.authorization" is what "x-signalbox.auth" sets');
    expect(problem).not.toContain(CANARY);
  });

  it('warns where it has no effect', () => {
    const { warnings } = parseEntry('a', { command: 'x', 'x-signalbox': { auth: { type: 'oauth' } } });
    expect(warnings.join()).toContain('has no effect here');
  });

  it('has placeholders in it, and its secrets are known', () => {
    const raw = {
      url: 'https://h',
      'x-signalbox': { auth: { type: 'basic', user: 'me', password: '${PW}' } },
    };
    const scope = { env: { PW: CANARY }, workspaceFolder: '/', userHome: '/h' };
    const { entry, secrets } = expandEntry(raw, scope, new Findings());
    expect([...secrets]).toEqual([CANARY]);
    const encoded = Buffer.from(`me:${CANARY}`).toString('base64');
    expect(secretsOf(parseEntry('a', entry).entry)).toEqual([CANARY, encoded]);
  });
});

describe('resolveAuth', () => {
  it('lays what other hosts write below its own', () => {
    const foreign = { clientId: 'theirs', scopes: 'a b', callbackPort: 8080, authorizationUrl: 'x' };
    expect(resolveAuth(undefined, foreign)).toEqual({
      type: 'oauth',
      clientId: 'theirs',
      scopes: ['a', 'b'],
      callbackPort: 8080,
    });
    expect(resolveAuth({ type: 'oauth', clientId: 'ours' }, foreign)).toMatchObject({ clientId: 'ours' });
    expect(resolveAuth({ type: 'bearer', token: 'x' }, foreign)).toEqual({ type: 'bearer', token: 'x' });
    expect(resolveAuth(false, foreign)).toBe(false);
    expect(resolveAuth(undefined, undefined)).toBeUndefined();
  });
});
