import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SignalboxError } from '../core/errors.ts';
import type { HttpSettings } from './http-settings.ts';
import { parseConfig } from './parse-config.ts';
import { type ParsedEntry, parseEntry } from './parse-entry.ts';
import { resolveSettings } from './settings.ts';

const PEM = '-----BEGIN PRIVATE KEY-----\nY2FuYXJ5LWtleQ==\n-----END PRIVATE KEY-----\n';
const entry = (http: unknown, base: object = { url: 'https://h/mcp' }): object => ({
  ...base,
  'x-signalbox': { http },
});
const accept = (http: unknown, base?: object): ParsedEntry => parseEntry('web', entry(http, base));
const own = (http: unknown): HttpSettings | undefined => accept(http).entry['x-signalbox']?.http;

function refusal(http: unknown): string {
  try {
    accept(http);
  } catch (error) {
    if (error instanceof SignalboxError) return error.message;
  }
  throw new Error('the settings were accepted');
}

describe('x-signalbox.http', () => {
  it('fills in the defaults, and reads false', () => {
    const defaults = resolveSettings({ url: 'https://h' }).http;
    expect(defaults).toEqual({
      connections: 256,
      keepAliveMs: 4000,
      connectTimeoutMs: 30_000,
      streamIdleMs: 300_000,
      tls: undefined,
      proxy: false,
      compression: true,
      requestIdHeader: 'x-request-id',
      maxRedirects: 3,
      blockPrivate: false,
    });
    const off = { streamIdleMs: false, maxRedirects: false, requestIdHeader: false } as const;
    const { http } = resolveSettings({ url: 'https://h', 'x-signalbox': { http: off } });
    expect(http).toEqual({
      ...defaults,
      streamIdleMs: Number.POSITIVE_INFINITY,
      maxRedirects: 0,
      requestIdHeader: false,
    });
  });

  it('freezes what it resolves', () => {
    const http = { tls: { ca: PEM } };
    const resolved = resolveSettings({ url: 'https://h', 'x-signalbox': { http } }).http;
    expect([resolved, resolved.tls].every((value) => Object.isFrozen(value))).toBe(true);
    expect(resolved.tls).toEqual({
      ca: PEM,
      cert: undefined,
      key: undefined,
      passphrase: undefined,
      minVersion: undefined,
      serverName: undefined,
    });
  });

  it('writes the name of the header in lower case, and changes nothing on its own output', () => {
    const once = own({ requestIdHeader: 'X-Correlation-ID', tls: { cert: 'a.pem', key: PEM } });
    expect(once?.requestIdHeader).toBe('x-correlation-id');
    expect(own(once)).toEqual(once);
  });

  it.each([
    [{ conections: 4 }, 'did you mean "connections"?'],
    [{ keepAlive: true }, 'write "keepAliveMs"'],
    [{ tls: { rejectUnauthorized: false } }, 'certificates are always checked'],
    [{ tls: { servername: 'h' } }, 'write "serverName"'],
    [{ tls: false }, 'write an object'],
    [{ tls: { cert: PEM } }, '"x-signalbox.http.tls.cert" needs "key" beside it'],
    [{ tls: { key: PEM } }, '"x-signalbox.http.tls.key" needs "cert" beside it'],
    [{ tls: { passphrase: 'x' } }, '"x-signalbox.http.tls.passphrase" needs "key" beside it'],
    [{ tls: { ca: 'two\nlines' } }, 'is neither a path nor PEM text'],
    [{ tls: { minVersion: 'TLSv1' } }, 'write "TLSv1.2" or "TLSv1.3"'],
    [{ tls: { serverName: '127.0.0.1' } }, 'is an address; write a host name'],
    [{ tls: { serverName: 'a b' } }, 'write a host name'],
    [{ proxy: true }, 'is a boolean; write "env", false or a URL'],
    [{ proxy: 'proxy:3128' }, 'write an http or https URL'],
    [{ proxy: 'socks5://p' }, 'begins with socks5:'],
    [{ proxy: 'http://p/path' }, 'has a path or a query'],
    [{ proxy: 'not a url' }, 'is not a URL'],
    [{ requestIdHeader: 'a b' }, 'write a header name'],
    [{ requestIdHeader: 'Mcp-Method' }, 'has another use'],
    [{ requestIdHeader: 'authorization' }, 'has another use'],
    [{ requestIdHeader: true }, 'or false: none'],
    [{ maxRedirects: Number.POSITIVE_INFINITY }, 'is endless'],
    [{ maxRedirects: 0 }, 'from 1 to 20, or false: none is followed'],
    [{ connections: 0 }, 'from 1 to 10000'],
    [{ compression: 'gzip' }, 'write true or false'],
    [{ blockPrivate: true, proxy: 'http://p:1' }, 'cannot be kept through a proxy'],
  ])('refuses %j', (http, message) => {
    expect(refusal(http)).toContain(message);
  });

  it('S18 quotes no secret in what it refuses', () => {
    const secrets = [
      { proxy: 'http://user:canary-1@p/path' },
      { proxy: 'canary-1 \u0001' },
      { tls: { key: 'canary-1\nno pem' } },
      { tls: { passphrase: ['canary-1'] } },
    ];
    for (const http of secrets) expect(refusal(http)).not.toContain('canary');
  });

  it('warns where it has no effect', () => {
    expect(accept({}, { command: 'node' }).warnings.join()).toContain('belongs to a server with "url"');
    expect(accept({ tls: { ca: PEM } }, { url: 'http://h' }).warnings.join()).toContain('on an http URL');
    expect(accept({ tls: { ca: PEM } }).warnings).toEqual([]);
  });
});

describe('x-signalbox.http in a file', () => {
  const load = (http: unknown): ReturnType<typeof parseConfig> =>
    parseConfig(JSON.stringify({ mcpServers: { web: entry(http) } }), {
      cwd: '/base',
      env: { PROXY_PW: 'canary-proxy', KEY_PW: 'canary-pass', CERTS: 'certs' },
    });

  it('fills in placeholders and makes paths absolute; PEM text stays', () => {
    const { servers, failed } = load({
      proxy: 'http://me:${PROXY_PW}@p:1',
      tls: { ca: '${CERTS}/ca.pem', cert: './c.pem', key: PEM, passphrase: '${KEY_PW}' },
      requestIdHeader: 'x-id',
    });
    expect([...failed]).toEqual([]);
    expect(servers.get('web')?.['x-signalbox']?.http).toEqual({
      proxy: 'http://me:canary-proxy@p:1',
      tls: {
        ca: resolve('/base/certs/ca.pem'),
        cert: resolve('/base/c.pem'),
        key: PEM,
        passphrase: 'canary-pass',
      },
      requestIdHeader: 'x-id',
    });
  });

  it('S18 knows its secrets', () => {
    const { secrets } = load({
      proxy: 'http://me:p%40ss-canary@p:1',
      tls: { cert: 'c.pem', key: PEM, passphrase: 'swordfish' },
    });
    for (const secret of ['p%40ss-canary', 'p@ss-canary', PEM, 'swordfish']) {
      expect([...secrets]).toContain(secret);
    }
  });
});
