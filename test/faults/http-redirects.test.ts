import { describe, expect, it } from 'vitest';
import { ClientFactory } from '../../src/client/client-factory.ts';
import { checkHttpClients, EXCHANGES, httpClient, resultFor, sseClient } from '../helpers/http-client.ts';
import { openStream, sendJson, sseEvent, startHttpFixture, until } from '../helpers/http-fixture.ts';

checkHttpClients();

const SECRET = 'Bearer canary-7f3a';

describe.each(EXCHANGES)('%s: redirects of a POST', (_kind, openClient) => {
  it.each([301, 302, 303])('F-081 HTTP %i is refused and names where to go', async (status) => {
    const server = await startHttpFixture((_request, response) => {
      response.writeHead(status, { location: '/other?token=hidden' }).end();
    });
    const { send } = await openClient(server.url);
    const error = await send().failure();
    expect(error).toMatchObject({ code: 'REDIRECT_REFUSED', retryable: false, delivered: 'no' });
    expect(error.details).toEqual({
      status,
      location: `${server.origin}/other?token=***`,
      requestId: server.requests[0]?.headers['x-request-id'],
    });
    expect(error.message).toContain('/other');
    expect(server.requests).toHaveLength(1);
  });

  it.each([307, 308])(
    'F-081 HTTP %i within the origin is followed with method, body and headers',
    async (status) => {
      const server = await startHttpFixture((request, response) => {
        if (request.path === '/mcp') response.writeHead(status, { location: '/mcp/' }).end('moved');
        else sendJson(response, resultFor(request.body));
      });
      const { send } = await openClient(server.url, { headers: { authorization: SECRET } });
      const call = send();
      await expect(call.result).resolves.toMatchObject({ id: call.id });
      expect(server.requests.map(({ method, path, body }) => [method, path, body])).toEqual([
        ['POST', '/mcp', server.requests[0]?.body],
        ['POST', '/mcp/', server.requests[0]?.body],
      ]);
      expect(server.requests[1]?.headers.authorization).toBe(SECRET);
      expect(call.flushes).toBe(1);
    },
  );

  it('F-081 three hops are followed, a fourth is not, nor is a circle', async () => {
    const server = await startHttpFixture((request, response) => {
      const hop = Number(request.path.slice(1));
      if (Number.isNaN(hop)) response.writeHead(307, { location: request.path }).end();
      else if (hop === 0) sendJson(response, resultFor(request.body));
      else response.writeHead(307, { location: `/${hop - 1}` }).end();
    });
    await expect((await openClient(`${server.origin}/3`)).send().result).resolves.toMatchObject({
      result: {},
    });
    await expect((await openClient(`${server.origin}/4`)).send().failure()).resolves.toMatchObject({
      code: 'REDIRECT_REFUSED',
    });
    server.requests.length = 0;
    await expect((await openClient(`${server.origin}/circle`)).send().failure()).resolves.toMatchObject({
      code: 'REDIRECT_REFUSED',
    });
    expect(server.requests).toHaveLength(4);
  });

  it('F-081 http.maxRedirects sets how many; 0 follows none', async () => {
    const server = await startHttpFixture((request, response) => {
      const hop = Number(request.path.slice(1));
      if (hop === 0) sendJson(response, resultFor(request.body));
      else response.writeHead(307, { location: `/${hop - 1}` }).end();
    });
    const outcome = async (hops: number, maxRedirects: number): Promise<unknown> => {
      const call = (await openClient(`${server.origin}/${hops}`, { http: { maxRedirects } })).send();
      return call.result.then(
        () => 'followed',
        () => call.error?.code,
      );
    };
    expect([await outcome(0, 0), await outcome(1, 0)]).toEqual(['followed', 'REDIRECT_REFUSED']);
    expect([await outcome(5, 5), await outcome(6, 5)]).toEqual(['followed', 'REDIRECT_REFUSED']);
  });

  it('F-081 an answer that cannot be followed: no target, broken target, endless body', async () => {
    const answers = [{}, { location: 'http://[' }, { location: '/mcp' }];
    const server = await startHttpFixture((_request, response) => {
      response.writeHead(307, answers.shift());
      response.end('x'.repeat(answers.length === 0 ? 1_000_000 : 0));
    });
    const { send } = await openClient(server.url);
    const codes = [];
    for (let index = 0; index < 3; index++) codes.push((await send().failure()).code);
    expect(codes).toEqual(['REDIRECT_REFUSED', 'REDIRECT_REFUSED', 'BAD_RESPONSE']);
  });
});

describe('S07 no redirect leads to another origin', () => {
  it.each([301, 302, 303, 307, 308])('S07 F-082 HTTP %i: the second server hears nothing', async (status) => {
    const other = await startHttpFixture((request, response) => sendJson(response, resultFor(request.body)));
    const server = await startHttpFixture((_request, response) => {
      response.writeHead(status, { location: `${other.origin}/mcp` }).end();
    });
    const { transport, send } = await httpClient(server.url, { headers: { authorization: SECRET } });
    const error = await send({ headers: { 'x-api-key': SECRET } }).failure();
    expect(error).toMatchObject({ code: 'REDIRECT_REFUSED', delivered: 'no' });
    expect(JSON.stringify(error)).not.toContain('canary');
    transport.listen({});
    const legacy = sseClient(server.url, { headers: { authorization: SECRET } });
    await expect(legacy.transport.open(legacy.receiver, new AbortController().signal)).rejects.toMatchObject({
      code: 'REDIRECT_REFUSED',
    });
    await until(() => server.of('GET').length === 2);
    expect(other.requests).toEqual([]);
    expect(await other.connections()).toBe(0);
  });

  it.each([
    'https://127.0.0.1/mcp',
    '//evil.invalid/mcp',
    'javascript:alert(1)',
    'http://user:secret@HOST/mcp',
  ])('F-082 a redirect to %s is refused', async (target) => {
    const server = await startHttpFixture((_request, response, fixture) => {
      response.writeHead(307, { location: target.replace('HOST', new URL(fixture.origin).host) }).end();
    });
    const { send } = await httpClient(server.url);
    const error = await send().failure();
    expect(error.code).toBe('REDIRECT_REFUSED');
    expect(error.message).not.toContain('secret');
  });
});

describe('redirects of a GET', () => {
  it.each([301, 302, 303, 307, 308])(
    'HTTP %i within the origin is followed for an event stream',
    async (status) => {
      const server = await startHttpFixture((request, response) => {
        if (request.path === '/mcp') response.writeHead(status, { location: '/deep/sse' }).end();
        else {
          openStream(response);
          response.write(sseEvent({ event: 'endpoint', data: 'messages' }));
        }
      });
      const { transport, receiver, send } = sseClient(server.url);
      await transport.open(receiver, new AbortController().signal);
      send({ expectsAnswer: false });
      await until(() => server.of('POST').length === 1);
      // Relative to the URL that answered.
      expect(server.of('POST')[0]?.path).toBe('/deep/messages');
      await transport.close();
    },
  );
});

describe('a message that is so large that its text is let go', () => {
  it('F-081 is sent again whole where a redirect wants it', async () => {
    const text = `${'x'.repeat(100_000)} ä汉🙂`;
    const server = await startHttpFixture((request, response) => {
      if (request.method !== 'POST') {
        response.writeHead(405).end();
        return;
      }
      const { id, method } = JSON.parse(request.body) as { id?: number; method: string };
      const result =
        method === 'initialize'
          ? {
              protocolVersion: '2025-11-25',
              capabilities: { tools: {} },
              serverInfo: { name: 's', version: '1' },
            }
          : { content: [] };
      if (id === undefined) response.writeHead(202).end();
      else if (method === 'tools/call' && request.path === '/mcp')
        response.writeHead(307, { location: '/mcp/' }).end();
      else sendJson(response, { jsonrpc: '2.0', id, result });
    });
    const entry = { url: server.url, type: 'http' as const, 'x-signalbox': { protocol: 'legacy' as const } };
    await using factory = new ClientFactory();
    const client = await factory.createAndConnect('s', entry);
    await client.callTool('echo', { text });
    const bodies = server.requests.filter(({ body }) => body.includes('tools/call')).map(({ body }) => body);
    expect(bodies).toHaveLength(2);
    expect(bodies[1]).toBe(bodies[0]);
    expect(JSON.parse(bodies[0]!)).toMatchObject({ params: { name: 'echo', arguments: { text } } });
  });
});
