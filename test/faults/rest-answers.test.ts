import { createGzip, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { CredentialSource } from '../../src/auth/credential-source.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { checkHttpClients, restClient } from '../helpers/http-client.ts';
import { sendJson, startHttpFixture } from '../helpers/http-fixture.ts';
import { head, startRawHttp } from '../helpers/raw-http.ts';

checkHttpClients();

describe('answers of a REST service', () => {
  it.each([500, 502, 503, 504])('F-076 HTTP %i with 5 MB of HTML: a short, clean message', async (status) => {
    const page = `\u001B[2J<html>\r\nOops ${'x'.repeat(5_000_000)}`;
    const server = await startHttpFixture((_request, response) => {
      response.writeHead(status, { 'content-type': 'text/html' });
      response.end(page);
    });
    const { send } = await restClient(server.url);
    const error = await send().failure();
    expect(error).toMatchObject({ code: 'HTTP_ERROR', retryable: true, delivered: 'unknown' });
    expect(error.details).toEqual({ status, requestId: server.requests[0]?.headers['x-request-id'] });
    expect(error.message).toContain('<html> Oops xxx');
    expect(error.message.length).toBeLessThan(400);
    // oxlint-disable-next-line no-control-regex -- their absence is the point
    expect(error.message).not.toMatch(/[\u0000-\u001F]/u);
  });

  it.each([
    [405, 'HTTP_ERROR', false, 'no'],
    [408, 'HTTP_ERROR', true, 'no'],
    [409, 'HTTP_ERROR', false, 'no'],
    [425, 'HTTP_ERROR', true, 'no'],
    [400, 'INVALID_ARGUMENT', false, 'no'],
    [422, 'INVALID_ARGUMENT', false, 'no'],
    [501, 'HTTP_ERROR', false, 'unknown'],
  ] as const)(
    'F-076 F-078 HTTP %i: %s, retryable %s, delivered %s',
    async (status, code, retryable, delivered) => {
      const server = await startHttpFixture((_request, response) => void response.writeHead(status).end());
      const { send } = await restClient(server.url);
      await expect(send().failure()).resolves.toMatchObject({
        code,
        retryable,
        delivered,
        details: { status },
      });
    },
  );

  it.each([
    ['seconds', '7', 7000],
    ['an HTTP date', 'Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['1e9 seconds', '1000000000', 1e12],
    ['a negative number', '-5', undefined],
    ['garbage', 'soon', undefined],
  ] as const)('F-077 429 with Retry-After as %s', async (_name, header, retryAfterMs) => {
    const clock = new FakeClock(0, Date.UTC(2026, 0, 1));
    const server = await startHttpFixture((_request, response) => {
      sendJson(response, { message: 'slow down' }, 429, { 'retry-after': header });
    });
    const { send } = await restClient(server.url, { clock });
    const error = await send().failure();
    expect(error).toMatchObject({ code: 'RATE_LIMITED', retryable: true, delivered: 'no' });
    expect(error.details['retryAfterMs']).toBe(retryAfterMs);
  });

  it('F-079 401, then 200: the same request goes out once more, with the same number and other credentials', async () => {
    const server = await startHttpFixture((request, response) => {
      if (request.headers['x-key'] === 'new') sendJson(response, { done: true });
      else response.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
    });
    let key = 'old';
    const credentials: CredentialSource = {
      headers: () => ['x-key', key],
      refused: () => {
        key = 'new';
        return Promise.resolve({ kind: 'again' });
      },
      conceal: (text) => text,
    };
    const { send } = await restClient(server.url, { credentials });
    await expect(send().result).resolves.toMatchObject({ result: { structuredContent: { done: true } } });
    expect(server.requests.map(({ headers }) => headers['x-key'])).toEqual(['old', 'new']);
    expect(new Set(server.requests.map(({ headers }) => headers['x-request-id'])).size).toBe(1);
  });

  it('F-079 F-080 401 and 403 tell the challenge', async () => {
    const challenge = 'Bearer error="insufficient_scope", scope="a"';
    for (const [status, code] of [
      [401, 'AUTH_REQUIRED'],
      [403, 'FORBIDDEN'],
    ] as const) {
      const server = await startHttpFixture((_request, response) => {
        response.writeHead(status, { 'www-authenticate': challenge }).end();
      });
      const { send } = await restClient(server.url);
      await expect(send().failure()).resolves.toMatchObject({
        code,
        details: { wwwAuthenticate: challenge },
      });
    }
  });

  it.each([
    ['application/json', '{"a":', 'BAD_RESPONSE'],
    ['application/problem+json', 'oops', 'BAD_RESPONSE'],
  ])('F-083 %s that is none fails as %s', async (type, body, code) => {
    const server = await startHttpFixture((_request, response) => {
      response.writeHead(200, { 'content-type': type });
      response.end(body);
    });
    const { send } = await restClient(server.url);
    await expect(send().failure()).resolves.toMatchObject({
      code,
      delivered: 'yes',
      details: { status: 200 },
    });
  });

  it.each([
    ['Application/JSON; Charset="UTF-8"', Buffer.from('\uFEFF{"a":"ü"}'), { structuredContent: { a: 'ü' } }],
    ['application/vnd.api+json', Buffer.from('{"a":1}'), { structuredContent: { a: 1 } }],
    [undefined, Buffer.from('[1]'), { content: [{ type: 'text', text: '[1]' }] }],
    [undefined, Buffer.from('plain'), { content: [{ type: 'text', text: 'plain' }] }],
    ['text/plain; charset=iso-8859-1', Buffer.from([0xfc]), { content: [{ type: 'text', text: 'ü' }] }],
    ['text/plain; charset=no-such', Buffer.from('ü'), { content: [{ type: 'text', text: 'ü' }] }],
    ['audio/wav', Buffer.from([1]), { content: [{ type: 'audio', data: 'AQ==', mimeType: 'audio/wav' }] }],
    ['application/pdf', Buffer.from([1]), { content: [{ type: 'resource', resource: { blob: 'AQ==' } }] }],
  ])('F-083 content type %s is read for what it is', async (type, body, result) => {
    const server = await startHttpFixture((_request, response) => {
      response.writeHead(200, type === undefined ? {} : { 'content-type': type });
      response.end(body);
    });
    const { send } = await restClient(server.url);
    await expect(send().result).resolves.toMatchObject({ result });
  });

  it('F-075 gzip is unpacked; a bomb and rubbish are refused', async () => {
    const answers = [
      gzipSync('{"a":1}'),
      gzipSync(Buffer.alloc(64 * 1024 * 1024)),
      Buffer.from('this is no gzip'),
    ];
    const server = await startHttpFixture((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(answers.shift());
    });
    const { send } = await restClient(server.url);
    await expect(send().result).resolves.toMatchObject({ result: { structuredContent: { a: 1 } } });
    await expect(send().failure()).resolves.toMatchObject({ code: 'BODY_TOO_LARGE' });
    await expect(send().failure()).resolves.toMatchObject({ code: 'BAD_RESPONSE' });
  });

  it('F-075 a coding that was not asked for is told', async () => {
    const server = await startHttpFixture((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'zstd' });
      response.end('x');
    });
    const { send } = await restClient(server.url);
    const error = await send().failure();
    expect(error).toMatchObject({ code: 'BAD_RESPONSE', delivered: 'yes' });
    expect(error.message).toContain('zstd');
  });

  it('F-071 a body in drops holds the call until it is abandoned, then its socket is closed', async () => {
    const server = await startHttpFixture((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      const packed = createGzip();
      packed.pipe(response);
      packed.write('{"a":');
      packed.flush();
    });
    const { transport, send, receiver } = await restClient(server.url);
    const call = send();
    while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(call.settled).toBe(false);
    transport.abandon(call);
    while ((await server.connections()) > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(receiver.messages).toEqual([]);
  });

  it('F-097 a hundred interim answers are too many', async () => {
    const server = await startRawHttp([
      { send: 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(100) + head('200 OK', { 'content-length': '0' }) },
    ]);
    const { send } = await restClient(server.url);
    await expect(send().failure()).resolves.toMatchObject({ code: 'BAD_RESPONSE' });
  });
});
