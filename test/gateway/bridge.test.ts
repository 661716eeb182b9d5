import { describe, expect, it } from 'vitest';
import { faultyEntry, QUICK } from '../helpers/clients.ts';
import { checkHttpFixtures } from '../helpers/http-fixture.ts';
import { startMcpHttp } from '../helpers/mcp-http.ts';
import { cleanGateways, startGateway, UNITS } from './gateway-fixture.ts';
import { MODERN_META, modernRequest, openSession, rawRequest } from './raw-request.ts';

checkHttpFixtures();
cleanGateways();

describe('what passes through', () => {
  it('is every parameter of a call, without what was meant for the gateway', async () => {
    const seen: Record<string, unknown>[] = [];
    const upstream = await startMcpHttp({
      onCall: (params, response, id) => {
        seen.push(params);
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ jsonrpc: '2.0', id, result: { content: [] } }));
      },
    });
    const { url } = await startGateway({ up: { type: 'http', url: upstream.url, 'x-signalbox': QUICK } });
    const args = { deep: [{ null: null, '': 'ü\u0000', n: 1e21 }], __proto_: 1 };
    const body = {
      name: 'up__echo',
      arguments: args,
      extension: { kept: true },
      _meta: {
        ...MODERN_META,
        'io.modelcontextprotocol/logLevel': 'debug',
        progressToken: 'mine',
        traceparent: '00-1-2-03',
        'com.example/x': 1,
      },
    };
    const modern = await rawRequest(url, modernRequest('tools/call', body));
    expect(modern.status).toBe(200);
    const headers = await openSession(url);
    const legacy = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'up__echo' } };
    expect((await rawRequest(url, { headers, body: legacy })).json?.result).toEqual({ content: [] });
    const { _meta, ...rest } = seen[0]!;
    expect(rest).toEqual({ name: 'echo', arguments: args, extension: { kept: true } });
    // The token that the server sees is the one of our own session with it.
    expect(_meta).toEqual({
      traceparent: '00-1-2-03',
      'com.example/x': 1,
      progressToken: expect.any(Number),
    });
    // Arguments that were not sent are not invented.
    expect(seen[1]).toEqual({ name: 'echo' });
  });

  it('is a modern result to a legacy client, as far as its revision knows it', async () => {
    const result = JSON.stringify({
      resultType: 'complete',
      ttlMs: 5,
      cacheScope: 'public',
      content: [{ type: 'text', text: '[1]' }],
      structuredContent: [1],
      custom: 1,
    });
    const tools = [
      { name: 'list', inputSchema: { type: 'object' }, outputSchema: { type: 'array' } },
      { name: 'object', inputSchema: { type: 'object' }, outputSchema: { type: 'object' } },
    ];
    const { url } = await startGateway({
      faulty: faultyEntry({ era: 'modern', tools, on: { 'tools/call': [`result:${result}`] } }),
    });
    const headers = await openSession(url);
    const call = {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'faulty__list', arguments: {} },
    };
    expect((await rawRequest(url, { headers, body: call })).json?.result).toEqual({
      content: [{ type: 'text', text: '[1]' }],
      custom: 1,
    });
    const list = { jsonrpc: '2.0', id: 2, method: 'tools/list' };
    expect((await rawRequest(url, { headers, body: list })).json?.result).toEqual({
      tools: [
        { name: 'faulty__list', inputSchema: { type: 'object' } },
        { name: 'faulty__object', inputSchema: { type: 'object' }, outputSchema: { type: 'object' } },
      ],
    });
    const modern = await rawRequest(url, modernRequest('tools/list'));
    expect(modern.json?.result?.tools).toEqual(
      tools.map((tool) => ({ ...tool, name: `faulty__${tool.name}` })),
    );
  });

  it('is an error of a server to a legacy client, code and data', async () => {
    const upstream = await startMcpHttp({
      onCall: (_params, response, id) => {
        const error = { code: -32099, message: 'odd \u001b[31m', data: { a: [1] } };
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ jsonrpc: '2.0', id, error }));
      },
    });
    const { url } = await startGateway({ up: { type: 'http', url: upstream.url, 'x-signalbox': QUICK } });
    const headers = await openSession(url);
    const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'up__echo', arguments: {} } };
    const { json } = await rawRequest(url, { headers, body: call });
    expect(json?.error).toEqual({ code: -32099, message: 'odd \u001b[31m', data: { a: [1] } });
  });
});

describe('an answer', () => {
  const progress = { progressToken: 't' };
  const call = (meta: object, headers: Record<string, string> = {}): ReturnType<typeof modernRequest> =>
    modernRequest(
      'tools/call',
      { name: 'faulty__echo', arguments: { message: 'x' }, _meta: { ...MODERN_META, ...meta } },
      headers,
    );

  it('is plain JSON where nothing has to be said before it', async () => {
    const { url } = await startGateway({ faulty: faultyEntry({ era: 'legacy' }) });
    for (const headers of [{}, { accept: 'text/event-stream, application/json' }, { accept: '*/*' }]) {
      const answer = await rawRequest(url, call(progress, headers));
      expect(answer.headers['content-type']).toBe('application/json');
      expect(answer.headers['content-length']).toBeDefined();
    }
  });

  it.each(['legacy', 'modern'])('of a %s request streams every progress before the result', async (era) => {
    const { url } = await startGateway({ units: UNITS });
    const name = 'units__conversion_table';
    const args = { from: 'km', to: 'm', steps: 4, delayMs: 1 };
    const _meta = { ...(era === 'modern' ? MODERN_META : {}), progressToken: 'mine' };
    const params = { name, arguments: args, _meta };
    const answer = await rawRequest(
      url,
      era === 'modern'
        ? modernRequest('tools/call', params)
        : { headers: await openSession(url), body: { jsonrpc: '2.0', id: 1, method: 'tools/call', params } },
    );
    const events = answer.text.split('\n\n').filter((event) => event !== '');
    const messages = events.map((event) => JSON.parse(event.replace('event: message\ndata: ', '')) as object);
    expect(messages).toMatchObject([
      ...[1, 2, 3, 4].map((progress) => ({
        method: 'notifications/progress',
        params: { progressToken: 'mine', progress, total: 4 },
      })),
      { id: 1, result: { content: [{ type: 'text' }] } },
    ]);
  });

  it('that takes long becomes a stream, which comments keep alive', async () => {
    const { url } = await startGateway(
      { faulty: faultyEntry({ era: 'legacy', on: { 'tools/call': ['delay:250', 'reply'] } }) },
      { limits: { keepAliveMs: 40 } },
    );
    const answer = await rawRequest(url, call({}));
    expect(answer.headers).toMatchObject({ 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
    expect(answer.text).toMatch(/^(?:: keep-alive\n\n)+event: message\ndata: \{.*"id":1.*\}\n\n$/u);
    // A client that takes JSON only gets JSON, however long it takes.
    const plain = await rawRequest(url, call(progress, { accept: 'application/json' }));
    expect(plain.json?.result).toMatchObject({ content: [{ text: 'x' }] });
  });
});
