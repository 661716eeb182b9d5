import { describe, expect, it } from 'vitest';
import type { SignalboxError } from '../../src/core/errors.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { checkHttpClients, httpClient, resultFor, sseClient } from '../helpers/http-client.ts';
import {
  type HttpFixture,
  openStream,
  type RouteHandler,
  sendJson,
  sseEvent,
  startHttpFixture,
  until,
} from '../helpers/http-fixture.ts';
import { closedPort } from '../helpers/raw-http.ts';

checkHttpClients();

const HEADER = 'x-request-id';
const answer: RouteHandler = (request, response) => sendJson(response, resultFor(request.body));
const ids = (server: HttpFixture): unknown[] => server.requests.map(({ headers }) => headers[HEADER]);

describe('the request id', () => {
  it('numbers every request: POST, GET and DELETE, of all transports of the process', async () => {
    const server = await startHttpFixture((request, response) => {
      if (request.method === 'POST')
        sendJson(response, resultFor(request.body), 200, { 'mcp-session-id': 's' });
      else response.writeHead(405).end();
    });
    const first = await httpClient(server.url);
    const second = await httpClient(server.url);
    await first.send({ opensSession: true }).result;
    await second.send().result;
    first.transport.listen({});
    await until(() => server.of('GET').length === 1);
    await first.transport.close();
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'POST', 'GET', 'DELETE']);
    const all = ids(server) as string[];
    expect(new Set(all).size).toBe(4);
    for (const id of all) expect(id).toMatch(/^[a-z\d]{8}-[a-z\d]+$/u);
    expect(new Set(all.map((id) => id.slice(0, 8))).size).toBe(1);
  });

  it('keeps its number across redirects', async () => {
    const server = await startHttpFixture((request, response, fixture) => {
      if (request.path === '/mcp') response.writeHead(307, { location: '/mcp/' }).end();
      else return answer(request, response, fixture);
      return undefined;
    });
    await (await httpClient(server.url)).send().result;
    const [before, after] = ids(server);
    expect(before).toBeDefined();
    expect(after).toBe(before);
  });

  it('goes by another name, or is left out', async () => {
    const server = await startHttpFixture((_request, response) => void response.writeHead(500).end());
    const renamed = await httpClient(server.url, { http: { requestIdHeader: 'x-correlation-id' } });
    const error = await renamed.send().failure();
    expect(server.requests[0]?.headers).toMatchObject({ 'x-correlation-id': error.details['requestId'] });
    expect(server.requests[0]?.headers).not.toHaveProperty(HEADER);
    const silent = await httpClient(server.url, { http: { requestIdHeader: false } });
    expect((await silent.send().failure()).details).toEqual({ status: 500 });
    expect(server.requests[1]?.headers).not.toHaveProperty(HEADER);
  });

  it('a header of the user, or of the message, wins', async () => {
    const server = await startHttpFixture((_request, response) => void response.writeHead(500).end());
    const { send } = await httpClient(server.url, { headers: { 'X-Request-Id': 'mine' } });
    const errors = [await send().failure(), await send({ headers: { [HEADER]: 'own' } }).failure()];
    expect(
      server.requests.map(({ rawHeaders }) => rawHeaders.filter((text) => /^x-request-id$/iu.test(text))),
    ).toEqual([[HEADER], [HEADER]]);
    expect(ids(server)).toEqual(['mine', 'own']);
    for (const error of errors) expect(error.details).not.toHaveProperty('requestId');
  });
});

describe('details.requestId', () => {
  const stream =
    (text: string): RouteHandler =>
    (_request, response) => {
      openStream(response);
      response.end(text);
    };
  const cases: readonly (readonly [string, string, RouteHandler])[] = [
    ['a status', 'HTTP_ERROR', (_request, response) => void response.writeHead(500).end()],
    ['a challenge', 'AUTH_REQUIRED', (_request, response) => void response.writeHead(401).end()],
    ['a limit of the server', 'RATE_LIMITED', (_request, response) => void response.writeHead(429).end()],
    [
      'a redirect',
      'REDIRECT_REFUSED',
      (_request, response) => void response.writeHead(302, { location: '/' }).end(),
    ],
    ['no content', 'BAD_RESPONSE', (_request, response) => void response.writeHead(202).end()],
    ['another id', 'BAD_RESPONSE', (_request, response) => sendJson(response, { jsonrpc: '2.0', id: 'x' })],
    [
      'a broken packing',
      'BAD_RESPONSE',
      (_request, response) => sendJson(response, {}, 200, { 'content-encoding': 'gzip' }),
    ],
    ['a large body', 'BODY_TOO_LARGE', (_request, response) => sendJson(response, 'x'.repeat(5000))],
    ['a large event', 'FRAME_TOO_LARGE', stream(sseEvent({ data: 'x'.repeat(5000) }))],
    ['a stream without an answer', 'CONNECTION_LOST', stream(':\n\n')],
    ['a broken connection', 'CONNECTION_LOST', (_request, response) => void response.destroy()],
  ];
  it.each(cases)('is told after %s (%s)', async (_what, code, handler) => {
    const server = await startHttpFixture(handler);
    const { send } = await httpClient(server.url, { limits: { bodyBytes: 4096, frameBytes: 4096 } });
    const error = await send().failure();
    expect(error.code).toBe(code);
    expect(error.details['requestId']).toBe(ids(server)[0]);
  });

  it('is told where nothing was sent', async () => {
    const { send } = await httpClient(`http://127.0.0.1:${await closedPort()}/mcp`);
    const error = await send().failure();
    expect(error).toMatchObject({
      code: 'CONNECT_FAILED',
      details: { requestId: expect.any(String) as string },
    });
  });

  it('is told of what was in flight when the transport was destroyed', async () => {
    const server = await startHttpFixture(() => {});
    const { transport, send } = await httpClient(server.url);
    const call = send();
    await until(() => server.requests.length === 1);
    transport.destroy();
    const error = await call.failure();
    expect(error).toMatchObject({ code: 'CONNECTION_CLOSED', details: { requestId: ids(server)[0] } });
  });

  it('is told of a session that was lost', async () => {
    const server = await startHttpFixture((request, response) => {
      if (request.headers['mcp-session-id'] === undefined)
        sendJson(response, resultFor(request.body), 200, { 'mcp-session-id': 's' });
      else response.writeHead(404).end();
    });
    const { send } = await httpClient(server.url);
    await send({ opensSession: true }).result;
    const error = await send().failure();
    expect(error).toMatchObject({ code: 'SESSION_LOST', details: { requestId: ids(server)[1] } });
  });

  it('names the POST, not the attempt to resume its answer', async () => {
    const clock = new FakeClock();
    const server = await startHttpFixture((request, response) => {
      if (request.method === 'GET') response.writeHead(404).end();
      else {
        openStream(response);
        response.end(sseEvent({ id: '1', data: '' }));
      }
    });
    const { send } = await httpClient(server.url, { clock });
    const call = send();
    await until(() => clock.pendingTimers > 0);
    await clock.advance(1000);
    const error = await call.failure();
    expect(error).toMatchObject({
      code: 'CONNECTION_LOST',
      details: { requestId: ids(server)[0], status: 404 },
    });
    expect((error.cause as SignalboxError).details['requestId']).toBe(ids(server)[1]);
  });

  it('HTTP+SSE: of a refused POST, of one that was cut off, and of the stream', async () => {
    let end: (() => void) | undefined;
    const server = await startHttpFixture((request, response) => {
      if (request.method === 'GET') {
        openStream(response);
        response.write(sseEvent({ event: 'endpoint', data: '/messages' }));
        end = () => response.end();
      } else if (server.requests.length === 2) response.writeHead(500).end();
    });
    const { transport, receiver, send } = sseClient(server.url);
    await transport.open(receiver, new AbortController().signal);
    const refused = await send().failure();
    const held = send();
    await until(() => server.requests.length === 3);
    end!();
    const cut = await held.failure();
    const closed = await transport.closed;
    const ofStream = closed.kind === 'lost' ? closed.error : undefined;
    expect([ofStream, refused, cut].map((error) => error?.details['requestId'])).toEqual(ids(server));
  });
});
