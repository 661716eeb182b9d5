import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { checkHttpClients, httpClient, resultFor } from '../helpers/http-client.ts';
import { type RouteHandler, sendJson, startHttpFixture, until } from '../helpers/http-fixture.ts';

checkHttpClients();

describe('statuses that mean failure', () => {
  it.each([500, 502, 503, 504])(
    'F-076 HTTP %i with 5 MB of HTML fails as HTTP_ERROR with a short, clean message',
    async (status) => {
      const page = `\u001B[2J<html>\r\nOops ${'x'.repeat(5_000_000)}`;
      const server = await startHttpFixture((_request, response) => {
        response.writeHead(status, { 'content-type': 'text/html' });
        response.end(page);
      });
      const { send } = await httpClient(server.url);
      const error = await send().failure();
      expect(error).toMatchObject({ code: 'HTTP_ERROR', retryable: true, delivered: 'unknown' });
      expect(error.details).toEqual({ status, requestId: server.requests[0]?.headers['x-request-id'] });
      expect(error.message).toContain('<html> Oops xxx');
      expect(error.message.length).toBeLessThan(400);
      // oxlint-disable-next-line no-control-regex -- their absence is the point
      expect(error.message).not.toMatch(/[\u0000-\u001F]/u);
    },
  );

  it.each([
    [400, false, 'no'],
    [404, false, 'no'],
    [405, false, 'no'],
    [408, true, 'no'],
    [425, true, 'no'],
    [500, true, 'unknown'],
    [501, false, 'unknown'],
  ] as const)('F-076 F-078 HTTP %i: retryable %s, delivered %s', async (status, retryable, delivered) => {
    const server = await startHttpFixture((_request, response) => void response.writeHead(status).end());
    const { send } = await httpClient(server.url);
    await expect(send().failure()).resolves.toMatchObject({
      code: 'HTTP_ERROR',
      retryable,
      delivered,
      details: { status },
    });
  });

  it('F-076 an answer that breaks off after its status keeps its status', async () => {
    const server = await startHttpFixture((_request, response) => {
      response.writeHead(503, { 'content-length': '1000' });
      response.write('busy');
      setTimeout(() => response.destroy(), 20);
    });
    const { send } = await httpClient(server.url);
    await expect(send().failure()).resolves.toMatchObject({ code: 'HTTP_ERROR', details: { status: 503 } });
  });

  it.each([
    ['seconds', '7', 7000],
    ['an HTTP date', 'Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['a date that has passed', 'Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['zero', '0', 0],
    ['1e9 seconds', '1000000000', 1e12],
    ['a negative number', '-5', undefined],
    ['garbage', 'soon', undefined],
    ['nothing', undefined, undefined],
  ] as const)('F-077 429 with Retry-After as %s', async (_name, header, retryAfterMs) => {
    const clock = new FakeClock(0, Date.UTC(2026, 0, 1));
    const server = await startHttpFixture((_request, response) => {
      response.writeHead(429, header === undefined ? {} : { 'retry-after': header }).end('slow down');
    });
    const { send } = await httpClient(server.url, { clock });
    const error = await send().failure();
    expect(error).toMatchObject({ code: 'RATE_LIMITED', retryable: true, delivered: 'no' });
    expect(error.details['retryAfterMs']).toBe(retryAfterMs);
  });

  it('F-079 401 fails as AUTH_REQUIRED with the challenge, also when the body is a JSON-RPC error', async () => {
    const challenge = `Bearer resource_metadata="https://auth.example/meta", scope="${'s'.repeat(5000)}"`;
    const server = await startHttpFixture((_request, response) =>
      sendJson(
        response,
        { jsonrpc: '2.0', id: null, error: { code: -32_000, message: 'Unauthorized' } },
        401,
        {
          'www-authenticate': challenge,
        },
      ),
    );
    const { receiver, send } = await httpClient(server.url);
    const error = await send().failure();
    expect(error).toMatchObject({ code: 'AUTH_REQUIRED', retryable: false, delivered: 'no' });
    expect(error.details['wwwAuthenticate']).toBe(challenge.slice(0, 2048));
    expect(receiver.messages).toEqual([]);
  });

  it('F-080 403 fails as FORBIDDEN with the challenge', async () => {
    const server = await startHttpFixture((_request, response) => {
      response.writeHead(403, { 'www-authenticate': ['Bearer error="insufficient_scope"', 'Basic'] }).end();
    });
    const { send } = await httpClient(server.url);
    const error = await send().failure();
    expect(error).toMatchObject({ code: 'FORBIDDEN', retryable: false, delivered: 'no' });
    expect(error.details['wwwAuthenticate']).toBe('Bearer error="insufficient_scope", Basic');
  });

  it.each([
    ['with the id of the request', (id: number) => id],
    ['with id null', () => null],
    ['without id', () => undefined],
  ])('a JSON-RPC error %s counts more than its status', async (_name, idOf) => {
    const server = await startHttpFixture((request, response) => {
      const id = idOf((JSON.parse(request.body) as { id: number }).id);
      sendJson(response, { jsonrpc: '2.0', id, error: { code: -32_022, message: 'no', data: {} } }, 400);
    });
    const { receiver, send } = await httpClient(server.url);
    const call = send();
    await expect(call.result).resolves.toMatchObject({ error: { code: -32_022 } });
    expect(receiver.messages).toMatchObject([{ exchange: call, status: 400 }]);
  });

  it('an error body that is no JSON-RPC is not taken for one', async () => {
    const server = await startHttpFixture((_request, response) =>
      sendJson(response, { error: { code: 'invalid_payload', message: 'what is this' } }, 400),
    );
    const { receiver, send } = await httpClient(server.url);
    await expect(send().failure()).resolves.toMatchObject({ code: 'HTTP_ERROR', details: { status: 400 } });
    expect(receiver.messages).toEqual([]);
  });

  it('a refused notification fails, whatever its body says', async () => {
    const server = await startHttpFixture((_request, response) =>
      sendJson(response, { jsonrpc: '2.0', error: { code: -32_600, message: 'no' } }, 400),
    );
    const { receiver, send } = await httpClient(server.url);
    await expect(send({ expectsAnswer: false }).failure()).resolves.toMatchObject({ code: 'HTTP_ERROR' });
    expect(receiver.messages).toEqual([]);
  });
});

describe('answers that are none', () => {
  const typed =
    (type: string | undefined, text?: string): RouteHandler =>
    (request, response) => {
      response.writeHead(200, type === undefined ? {} : { 'content-type': type });
      response.end(text ?? JSON.stringify(resultFor(request.body)));
    };

  it.each([
    ['text/html'],
    [undefined],
    ['application/json; charset=latin1'],
    ['text/plain'],
    ['application/jsonp'],
  ])('F-083 content type %s fails as BAD_RESPONSE at once', async (type) => {
    const server = await startHttpFixture(typed(type));
    const { send } = await httpClient(server.url);
    await expect(send().failure()).resolves.toMatchObject({
      code: 'BAD_RESPONSE',
      retryable: false,
      delivered: 'yes',
      details: { status: 200 },
    });
  });

  it.each([
    ['application/json'],
    ['Application/JSON'],
    ['application/json; charset=utf-8'],
    ['application/json;charset="UTF-8"'],
    ['application/json; profile=x'],
  ])('F-083 content type %s is accepted', async (type) => {
    const server = await startHttpFixture(typed(type));
    const { send } = await httpClient(server.url);
    await expect(send().result).resolves.toMatchObject({ result: {} });
  });

  it('F-083 a BOM is stripped, bytes that are not UTF-8 are refused', async () => {
    const bodies = [
      (body: string) => Buffer.from(`\uFEFF${JSON.stringify(resultFor(body))}`),
      (body: string) => Buffer.from(JSON.stringify(resultFor(body, 'é')), 'latin1'),
    ];
    const server = await startHttpFixture((request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(bodies.shift()!(request.body));
    });
    const { send } = await httpClient(server.url);
    await expect(send().result).resolves.toMatchObject({ result: {} });
    await expect(send().failure()).resolves.toMatchObject({ code: 'BAD_RESPONSE' });
  });

  it.each([
    [200, 'application/json'],
    [200, undefined],
    [202, undefined],
    [202, 'application/json'],
    [204, undefined],
  ])('F-084 HTTP %i without a body (%s) fails as BAD_RESPONSE at once', async (status, type) => {
    const server = await startHttpFixture((_request, response) => {
      response.writeHead(status, type === undefined ? {} : { 'content-type': type }).end();
    });
    const { send } = await httpClient(server.url);
    await expect(send().failure()).resolves.toMatchObject({ code: 'BAD_RESPONSE', details: { status } });
  });

  it.each([200, 202, 204])(
    'F-084 HTTP %i is fine for a notification; its body is ignored',
    async (status) => {
      const server = await startHttpFixture((_request, response) => {
        response.writeHead(status, status === 204 ? {} : { 'content-type': 'text/plain' });
        response.end(status === 204 ? undefined : 'x'.repeat(200_000));
      });
      const { transport, receiver, send } = await httpClient(server.url);
      const message = send({ expectsAnswer: false });
      await until(() => message.flushes === 1 && message.exchange === undefined);
      expect(message.settled).toBe(false);
      expect(receiver.messages).toEqual([]);
      await transport.close();
    },
  );

  it.each([
    ['another id', { jsonrpc: '2.0', id: 987_654, result: {} }],
    ['a notification', { jsonrpc: '2.0', method: 'notifications/message' }],
    ['no JSON-RPC', { ok: true }],
  ])('F-085 %s as JSON body fails as BAD_RESPONSE at once', async (_name, value) => {
    const server = await startHttpFixture((_request, response) => sendJson(response, value));
    const { receiver, send } = await httpClient(server.url);
    const call = send();
    await expect(call.failure()).resolves.toMatchObject({ code: 'BAD_RESPONSE', details: { status: 200 } });
    expect(receiver.messages).toMatchObject([{ exchange: call, status: 200 }]);
    expect(call.failures).toBe(1);
  });

  it('F-075 with compression off an encoded answer is refused by name and not inflated', async () => {
    const server = await startHttpFixture((request, response) => {
      expect(request.headers['accept-encoding']).toBe('identity');
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(gzipSync(JSON.stringify(resultFor(request.body))));
    });
    const { send } = await httpClient(server.url, { http: { compression: false } });
    const error = await send().failure();
    expect(error.code).toBe('BAD_RESPONSE');
    expect(error.message).toContain('gzip');
  });
});

describe('S19 sizes are limited at one point', () => {
  it('S19 a body over limits.bodyBytes fails as BODY_TOO_LARGE, told or not', async () => {
    const server = await startHttpFixture((request, response) => {
      const text = JSON.stringify(resultFor(request.body, 'x'.repeat(5000)));
      response.writeHead(200, {
        'content-type': 'application/json',
        ...(request.headers['x-told'] === undefined ? {} : { 'content-length': text.length }),
      });
      response.write(text.slice(0, 2000));
      response.end(text.slice(2000));
    });
    const { receiver, send } = await httpClient(server.url, { limits: { bodyBytes: 4096 } });
    for (const call of [send(), send({ headers: { 'x-told': '1' } })]) {
      await expect(call.failure()).resolves.toMatchObject({ code: 'BODY_TOO_LARGE', delivered: 'yes' });
    }
    expect(receiver.messages).toEqual([]);
  });

  it('S19 an endless body is cut off at the limit', async () => {
    const server = await startHttpFixture((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = (): void => {
        if (!response.destroyed && response.write('x'.repeat(65_536))) setImmediate(more);
        else response.once('drain', more);
      };
      more();
    });
    const { send } = await httpClient(server.url, { limits: { bodyBytes: 1_000_000 } });
    await expect(send().failure()).resolves.toMatchObject({ code: 'BODY_TOO_LARGE' });
  });

  it('S19 a header block over limits.headerBytes fails as BAD_RESPONSE', async () => {
    const server = await startHttpFixture((request, response) =>
      sendJson(response, resultFor(request.body), 200, { 'x-big': 'x'.repeat(3000) }),
    );
    const small = await httpClient(server.url, { limits: { headerBytes: 2048 } });
    const large = await httpClient(server.url, { limits: { headerBytes: 4096 }, pools: small.pools });
    const error = await small.send().failure();
    expect(error.code).toBe('BAD_RESPONSE');
    expect(error.message).toContain('limits.headerBytes');
    await expect(large.send().result).resolves.toMatchObject({ result: {} });
  });

  it('S19 a large body in tiny chunks is whole and takes little time', async () => {
    const result = 'y'.repeat(200_000);
    const server = await startHttpFixture(async (request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const text = JSON.stringify(resultFor(request.body, result));
      for (let at = 0; at < text.length; at += 50) response.write(text.slice(at, at + 50));
      response.end();
    });
    const { send } = await httpClient(server.url);
    await expect(send().result).resolves.toMatchObject({ result });
  });
});
