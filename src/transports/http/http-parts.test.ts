import { describe, expect, it } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { type Logger, silentLogger } from '../../core/log.ts';
import { systemRandom } from '../../core/random.ts';
import { TRANSPORT_LIMITS, type TransportContext } from '../transport-context.ts';
import { BodyCollector } from './exchange/body-collector.ts';
import { httpError, isUnwritten } from './exchange/http-error.ts';
import { redirectTarget } from './exchange/redirect.ts';
import { RequestHeaders } from './exchange/request-headers.ts';
import { bodyKind, contentCoding, firstHeader, joinedHeader } from './exchange/response-headers.ts';
import { parseRetryAfter } from './exchange/retry-after.ts';
import { endpointUrl } from './http-options.ts';
import { reconnectDelay } from './reconnect-delay.ts';
import { meansSessionLost, readSessionHeader } from './session-id.ts';

const context = (logger: Logger = silentLogger): TransportContext => ({
  server: 's',
  clock: systemClock,
  random: systemRandom,
  logger,
  limits: TRANSPORT_LIMITS,
});

describe('parseRetryAfter', () => {
  const now = Date.UTC(2026, 10, 22, 12, 0, 0);
  it.each([
    ['120', 120_000],
    [' 3 ', 3000],
    ['0', 0],
    ['Sun, 22 Nov 2026 12:00:10 GMT', 10_000],
    ['Sunday, 22-Nov-26 12:00:10 GMT', 10_000],
    ['Sun, 22 Nov 2026 11:59:00 GMT', 0],
    ['-1', undefined],
    ['1.5', undefined],
    ['2026-11-22', undefined],
    ['Sun, garbage', undefined],
    ['', undefined],
    [undefined, undefined],
    ['9'.repeat(30), undefined],
  ])('F-077 reads %j as %j', (text, expected) => {
    expect(parseRetryAfter(text, now)).toBe(expected);
  });
});

describe('reconnectDelay', () => {
  it.each([
    [0, undefined, 0, 0],
    [0, undefined, 1, 500],
    [1, undefined, 0, 500],
    [1, undefined, 1, 1000],
    [6, undefined, 0, 15_000],
    [60, undefined, 1, 30_000],
    [0, 0, 0, 500],
    [0, 800, 0, 800],
    [0, 800, 1, 880],
    [4, 800, 0, 4000],
    [1, 120_000, 0, 120_000],
    [0, 300_001, 0, undefined],
  ])('after %i failures, told %j, with chance %d: %j', (failures, told, chance, expected) => {
    const delay = reconnectDelay(failures, told, () => chance);
    if (expected === undefined) expect(delay).toBeUndefined();
    else expect(delay).toBeCloseTo(expected);
  });
});

describe('response headers', () => {
  it('F-083 tells JSON and event streams by essence', () => {
    expect(bodyKind({ 'content-type': 'Text/Event-Stream; charset=latin1' })).toBe('event-stream');
    expect(bodyKind({ 'content-type': 'application/json ; a=b; Charset="utf8"' })).toBe('json');
    expect(bodyKind({ 'content-type': 'application/json; charset=utf-16' })).toBe('other');
    expect(bodyKind({ 'content-type': ['application/json', 'text/html'] })).toBe('json');
    expect(bodyKind({})).toBe('other');
  });

  it('reads repeated and inherited names with care', () => {
    const headers = { a: ['1', '2'], b: '3' };
    expect([firstHeader(headers, 'a'), firstHeader(headers, 'b'), firstHeader(headers, 'toString')]).toEqual([
      '1',
      '3',
      undefined,
    ]);
    expect([joinedHeader(headers, 'a'), joinedHeader(headers, 'c')]).toEqual(['1, 2', undefined]);
    expect([
      contentCoding({ 'content-encoding': 'Identity' }),
      contentCoding({ 'content-encoding': 'BR' }),
    ]).toEqual([undefined, 'br']);
  });
});

describe('request headers', () => {
  const pairs = (list: readonly string[]): Record<string, string> => {
    const all: Record<string, string> = {};
    for (let at = 0; at < list.length; at += 2) all[list[at]!] = list[at + 1]!;
    expect(Object.keys(all)).toHaveLength(list.length / 2);
    return all;
  };

  it('S08 leaves out what belongs to HTTP and to the protocol, and says so without the value', () => {
    const lines: unknown[] = [];
    const headers = RequestHeaders.of(
      {
        Host: 'evil',
        'Content-Length': '1',
        'Transfer-Encoding': 'x',
        'Mcp-Session-Id': 'stolen',
        Accept: '*/*',
        'X-Ok': 'yes',
      },
      context({ ...silentLogger, warn: (_message, fields) => void lines.push(fields?.['header']) }),
      true,
    );
    expect(pairs(headers.post(undefined, 's'))).toEqual({
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      'accept-encoding': 'gzip, deflate, br',
      'x-ok': 'yes',
      'mcp-session-id': 's',
    });
    expect(lines).toEqual(['host', 'content-length', 'transfer-encoding', 'mcp-session-id', 'accept']);
    expect(JSON.stringify(lines)).not.toContain('stolen');
  });

  it('S08 what a message brings wins over what is configured', () => {
    const headers = RequestHeaders.of({ Authorization: 'static', 'x-a': '1' }, context(), false);
    expect(pairs(headers.post({ authorization: 'fresh', 'mcp-method': 'ping' }, undefined))).toMatchObject({
      authorization: 'fresh',
      'x-a': '1',
      'mcp-method': 'ping',
    });
    expect(pairs(headers.stream(undefined, undefined, ''))).toEqual({
      accept: 'text/event-stream',
      'accept-encoding': 'identity',
      authorization: 'static',
      'x-a': '1',
    });
    expect(pairs(headers.end(undefined, 's'))).toMatchObject({
      authorization: 'static',
      'mcp-session-id': 's',
    });
  });

  it('are the same object for all entries without any, and lists of their own for each request', () => {
    const of = (own: Record<string, string> | undefined, packed = true): RequestHeaders =>
      RequestHeaders.of(own, context(), packed);
    const bare = of(undefined);
    expect(of({})).toBe(bare);
    expect(of({}, false)).not.toBe(bare);
    expect(of({ 'x-a': '1' })).not.toBe(of({ 'x-a': '1' }));
    bare.post(undefined, undefined).push('x-of-one-server', 'secret');
    expect(bare.post(undefined, undefined)).not.toContain('x-of-one-server');
    expect(bare.stream(undefined, undefined, undefined)).not.toContain('x-of-one-server');
  });

  it.each([
    ['a line break in the value', { 'x-a': 'secret-value\r\nevil: 1' }],
    ['NUL in the value', { 'x-a': 'secret-value\u0000' }],
    ['a blank in the name', { 'x a': 'secret-value' }],
    ['no name', { '': 'secret-value' }],
  ])('S08 refuses %s, naming the header and not the value', (_name, headers) => {
    const make = (): unknown => RequestHeaders.of(headers, context(), true);
    expect(make).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    expect(make).not.toThrow(/secret-value/u);
  });
});

describe('session ids', () => {
  it('F-086 F-087 reads one header, the first valid of several, or refuses', () => {
    expect(readSessionHeader('abc')).toEqual({ kind: 'id', id: 'abc' });
    expect(readSessionHeader(['a b', 'ok', 'other'])).toEqual({ kind: 'id', id: 'ok' });
    expect(readSessionHeader(undefined)).toEqual({ kind: 'none' });
    for (const bad of ['', 'a b', 'a\u0001', 'é', 'x'.repeat(1025)])
      expect(readSessionHeader(bad)).toEqual({ kind: 'unusable' });
    expect(readSessionHeader('x'.repeat(1024)).kind).toBe('id');
  });

  it.each([
    [404, '', true],
    [404, '{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"x"}}', false],
    [404, '{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"}}', true],
    [400, 'Session expired', true],
    [400, 'Invalid session ID', true],
    [400, 'Bad Request: Server not initialized', true],
    [400, 'Invalid params', false],
    [400, 'no obsession is invalid', false],
    [500, 'Session expired', false],
  ])('F-088 F-089 %i %j means a lost session: %s', (status, text, expected) => {
    const parsed: unknown = text.startsWith('{') ? JSON.parse(text) : undefined;
    expect(meansSessionLost(status, text, parsed)).toBe(expected);
  });
});

describe('BodyCollector', () => {
  it('joins chunks, however small, and cuts at the limit', () => {
    const body = new BodyCollector(3000);
    const text = 'é'.repeat(1500);
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at++) expect(body.push(bytes.subarray(at, at + 1))).toBe(true);
    expect(body.json()).toBe(text);
    expect(body.push(Buffer.from('more'))).toBe(false);
    expect([body.bytes, body.text()]).toEqual([3000, text]);
  });

  it('reads text that is all ASCII as it is, in one piece or several, and keeps its bytes for who wants them', () => {
    const [one, several, kept] = [new BodyCollector(100), new BodyCollector(100), new BodyCollector(100)];
    one.push(Buffer.from('{"a":1}'));
    for (const part of ['{"a"', ':2}']) several.push(Buffer.from(part));
    for (const part of ['{"a"', ':3}']) kept.push(Buffer.from(part));
    const content = kept.content();
    expect([one.json(), several.json(), several.text()]).toEqual(['{"a":1}', '{"a":2}', '{"a":2}']);
    expect(content.toString()).toBe('{"a":3}');
  });

  it('leaves a BOM out', () => {
    const body = new BodyCollector(10);
    body.push(Buffer.from('\uFEFF{}'));
    expect(body.json()).toBe('{}');
  });

  it('tells what is not UTF-8', () => {
    const body = new BodyCollector(10);
    body.push(Buffer.from([0xff, 0x41]));
    expect([body.json(), body.text()]).toEqual([undefined, '\uFFFDA']);
  });
});

describe('httpError', () => {
  const failure = { server: 's', origin: 'http://127.0.0.1:1', sent: false };
  const withCode = (code: string): Error => Object.assign(new Error('x'), { code });
  it.each([
    ['ECONNREFUSED', false, 'CONNECT_FAILED', 'no'],
    ['EHOSTUNREACH', false, 'CONNECT_FAILED', 'no'],
    ['ENETUNREACH', false, 'CONNECT_FAILED', 'no'],
    ['EAI_AGAIN', false, 'CONNECT_FAILED', 'no'],
    ['ETIMEDOUT', false, 'CONNECT_FAILED', 'no'],
    ['ECONNRESET', false, 'CONNECT_FAILED', 'no'],
    ['ECONNRESET', true, 'CONNECTION_LOST', 'unknown'],
    ['EPIPE', true, 'CONNECTION_LOST', 'unknown'],
    ['UND_ERR_SOCKET', true, 'CONNECTION_LOST', 'unknown'],
    ['UND_ERR_CONNECT_TIMEOUT', false, 'CONNECT_TIMEOUT', 'no'],
    ['UND_ERR_DESTROYED', false, 'CONNECTION_CLOSED', 'no'],
    ['UND_ERR_INVALID_ARG', false, 'INVALID_ARGUMENT', 'no'],
    ['CERT_REVOKED', false, 'TLS_ERROR', 'no'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', false, 'TLS_ERROR', 'no'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', true, 'TLS_ERROR', 'unknown'],
  ])('F-068 F-072 F-094 %s, sent %s: %s, delivered %s', (code, sent, expected, delivered) => {
    const error = httpError(withCode(code), { ...failure, sent });
    expect(error).toMatchObject({ code: expected, delivered, server: 's' });
    expect(error.cause).toBeInstanceOf(Error);
  });

  it.each([
    ['read ECONNRESET', false, 'http://a', true],
    ['write EPIPE', false, 'https://a', true],
    ['write EPIPE', true, 'http://a', true],
    ['write ECONNRESET', true, 'http://a', true],
    // TLS writes on its own account, too, so that proves nothing.
    ['write EPIPE', true, 'https://a', false],
    // The server may have read the request before it hung up.
    ['read ECONNRESET', true, 'http://a', false],
    ['close UND_ERR_SOCKET', true, 'http://a', false],
    ['connect ECONNREFUSED', false, 'http://a', false],
    ['connect ECONNRESET', false, 'http://a', false],
  ])('F-091 %s, begun %s, to %s: provably not received %s', (fault, sent, origin, expected) => {
    const [syscall = '', code = ''] = fault.split(' ');
    const error = Object.assign(withCode(code), { syscall });
    expect(isUnwritten(error, sent, origin)).toBe(expected);
  });

  it('leaves our own errors as they are, and survives anything thrown', () => {
    const own = httpError('?', failure);
    expect(httpError(own, failure)).toBe(own);
    expect(httpError(undefined, { ...failure, sent: true }).code).toBe('CONNECTION_LOST');
  });
});

describe('URLs', () => {
  it('S06 an endpoint is http or https, without userinfo', () => {
    expect(endpointUrl('http://localhost:1/a?b#c', 's').href).toBe('http://localhost:1/a?b');
    for (const text of ['ftp://a/', 'file:///a', 'nonsense', 'http://user:hunter22@a/', 'https://:pw@a/']) {
      expect(() => endpointUrl(text, 's')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
      expect(() => endpointUrl(text, 's')).not.toThrow(/hunter22/u);
    }
  });

  it('S07 the target of a redirect is compared in its canonical form', () => {
    const request = {
      server: 's',
      method: 'POST',
      status: 307,
      from: new URL('http://127.0.0.1:80/mcp'),
      hops: 0,
      maxHops: 3,
      requestId: undefined,
    };
    const target = (location: string): string => {
      const result = redirectTarget({ ...request, location });
      return result instanceof URL ? result.href : result.code;
    };
    expect(target('HTTP://127.1/x')).toBe('http://127.0.0.1/x');
    expect(target('//127.0.0.1:81/x')).toBe('REDIRECT_REFUSED');
    expect(target('\\\\evil\\x')).toBe('REDIRECT_REFUSED');
  });
});
