import { describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import type { SignalboxSettings } from '../../src/config/entry.ts';
import { LEGACY_VERSIONS } from '../../src/protocol/versions.ts';
import { rejection, testFactories } from '../helpers/clients.ts';
import { openStream, sendJson, sseEvent, startHttpFixture } from '../helpers/http-fixture.ts';
import { MemoryServer, registerMemory } from '../helpers/memory-server.ts';
import { LEGACY_WIRES, type PeerOptions, type ProtocolPeer, testPeers } from '../helpers/protocol-peer.ts';
import { until } from '../helpers/until.ts';

const startPeer = testPeers();
const makeFactory = testFactories();

const META = 'io.modelcontextprotocol/';
const MODERN_WIRES = ['stdio', 'http'] as const;

async function connected(
  options: PeerOptions,
  settings: SignalboxSettings = {},
): Promise<{ peer: ProtocolPeer; client: McpClient }> {
  const peer = await startPeer(options);
  const client = makeFactory().create('s', peer.entry(settings));
  await client.connect();
  return { peer, client };
}

/** One of everything, with arguments that framing could stumble over. */
async function useEverything(client: McpClient): Promise<void> {
  await client.listTools();
  await client.listResources();
  await client.listResourceTemplates();
  await client.listPrompts();
  await client.callTool('echo', { text: 'a\nb\r\nc\u2028d\u0000é' });
  await client.readResource('test://a');
  await client.getPrompt('greet', { who: 'x\ny' });
  await client.complete({ type: 'ref/prompt', name: 'greet' }, { name: 'who', value: '\n' });
}

describe.each(MODERN_WIRES)('messages of the modern era over %s', (wire) => {
  it('S26-1 S26-6 H26-19 are single requests with all metadata inside', async () => {
    const { peer, client } = await connected({ wire });
    await useEverything(client);
    await client.disconnect();
    expect(peer.received).toHaveLength(9);
    for (const { message, params } of peer.received) {
      expect(message).toMatchObject({ jsonrpc: '2.0', id: expect.any(Number), method: expect.any(String) });
      expect(params['_meta']).toEqual({
        [`${META}protocolVersion`]: '2026-07-28',
        [`${META}clientInfo`]: { name: 'signalbox', version: expect.any(String) },
        [`${META}clientCapabilities`]: {},
      });
    }
    const [call] = peer.of('tools/call');
    expect(call!.params['arguments']).toEqual({ text: 'a\nb\r\nc\u2028d\u0000é' });
  });

  it('S26-2 S26-3 H26-4 H26-15 hold no response, whatever a server asks', async () => {
    const { peer, client } = await connected({
      wire,
      on: {
        'tools/call': (exchange) => {
          exchange.send({ jsonrpc: '2.0', id: 'srv', method: 'ping' });
          exchange.send({ jsonrpc: '2.0', id: 7, method: 'elicitation/create', params: {} });
          exchange.send({ jsonrpc: '2.0', id: 8, method: 'roots/list', params: [] } as never);
          exchange.proceed();
        },
      },
    });
    let asked = 0;
    client.onInputRequest({
      listRoots: () => {
        asked++;
        return [];
      },
    });
    await client.callTool('echo');
    await client.ping();
    expect(peer.methods()).toEqual(['server/discover', 'tools/call', 'server/discover']);
    expect(asked).toBe(0);
    expect(client.diagnostics().wire).toMatchObject({ ignoredRequests: 2, badMessages: 1 });
  });

  it('B-1 PRO-1 have ids and progress tokens of their own', async () => {
    const { peer, client } = await connected({ wire });
    const subscription = await client.subscribe({ toolsListChanged: true }, () => {});
    const options = { onProgress: () => {} };
    await Promise.all(Array.from({ length: 60 }, () => client.callTool('echo', {}, options)));
    await subscription.close();
    const requests = peer.received.filter(({ message }) => message.id !== undefined);
    const ids = requests.map(({ message }) => message.id);
    expect(ids.every((id) => Number.isSafeInteger(id))).toBe(true);
    expect(new Set(ids).size).toBe(62);
    const tokens = peer
      .of('tools/call')
      .map(({ params }) => (params['_meta'] as object as Tokens).progressToken);
    expect(tokens.every((token) => Number.isSafeInteger(token))).toBe(true);
    expect(new Set(tokens).size).toBe(60);
  });

  it('B-2 a result of a type that nobody knows is invalid', async () => {
    const { peer, client } = await connected({ wire });
    for (const resultType of ['', 'Complete', 'task', 7, null]) {
      peer.on.set('tools/call', (exchange) => exchange.reply({ resultType, content: [] }));
      const error = await rejection(client.callTool('echo'));
      expect(error).toMatchObject({ code: 'INVALID_RESULT', delivered: 'yes' });
    }
  });

  it('B-3 a result without a type is complete', async () => {
    const { client } = await connected({
      wire,
      on: { 'tools/call': (exchange) => exchange.reply({ resultType: undefined, content: [] }) },
    });
    expect(await client.callTool('echo')).toMatchObject({ content: [] });
  });
});

interface Tokens {
  readonly progressToken: unknown;
}

describe('CUS-1 a transport of the application', () => {
  it('CUS-1 carries the same requests with the same metadata', async () => {
    const server = new MemoryServer();
    const factory = makeFactory();
    registerMemory(factory, { here: server });
    const client = factory.create('s', { type: 'memory', url: 'here' });
    await client.connect();
    await client.callTool('echo', { a: 1 });
    expect(server.received.at(-1)).toMatchObject({
      jsonrpc: '2.0',
      id: expect.any(Number),
      method: 'tools/call',
      params: { name: 'echo', arguments: { a: 1 }, _meta: { [`${META}protocolVersion`]: '2026-07-28' } },
    });
  });
});

describe('modern requests over HTTP', () => {
  it('H26-1 H26-2 H26-3 H26-6 H26-7 are POSTs with the headers of their metadata, and nothing else', async () => {
    const { peer, client } = await connected({ wire: 'http' });
    await useEverything(client);
    const subscription = await client.subscribe({ toolsListChanged: true }, () => {});
    await subscription.close();
    await client.disconnect();
    const requests = peer.http!.requests;
    expect(requests).toHaveLength(10);
    for (const request of requests) {
      const body = JSON.parse(request.body) as { method: string; params: Record<string, unknown> };
      const { name, uri } = body.params;
      const meta = body.params['_meta'] as Record<string, unknown>;
      expect(request.method).toBe('POST');
      expect(request.path).toBe('/mcp');
      expect(request.headers).toMatchObject({
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
        'mcp-protocol-version': meta[`${META}protocolVersion`],
        'mcp-method': body.method,
      });
      expect(request.headers['mcp-name']).toBe(name ?? uri);
      expect(request.headers).not.toHaveProperty('mcp-session-id');
      expect(request.headers).not.toHaveProperty('last-event-id');
    }
    const named = requests.filter(({ headers }) => headers['mcp-name'] !== undefined);
    expect(named.map(({ headers }) => headers['mcp-method'])).toEqual([
      'tools/call',
      'resources/read',
      'prompts/get',
    ]);
  });

  it.each([
    ['us-west1', 'us-west1'],
    ['Hello, 世界', '=?base64?SGVsbG8sIOS4lueVjA==?='],
    [' padded ', '=?base64?IHBhZGRlZCA=?='],
    ['line1\nline2', '=?base64?bGluZTEKbGluZTI=?='],
    ['=?base64?literal?=', '=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?='],
    ['\tindented', '=?base64?CWluZGVudGVk?='],
    ['us west 1', 'us west 1'],
  ])('H26-8 VE-1 the name and the argument %j stand in their headers as %j', async (value, header) => {
    const { peer, client } = await connected({ wire: 'http' });
    const inputSchema = {
      type: 'object',
      properties: { region: { type: 'string', 'x-mcp-header': 'Region' } },
    };
    peer.tools = [{ name: value, inputSchema }];
    await client.listTools();
    await client.callTool(value, { region: value });
    expect(peer.of('tools/call')[0]!.headers).toMatchObject({
      'mcp-name': header,
      'mcp-param-region': header,
    });
  });

  it('H26-13 names of headers count without case, values with', async () => {
    const fixture = await startHttpFixture((request, response) => {
      const { id, method } = JSON.parse(request.body) as { id: number; method: string };
      const result =
        method === 'server/discover'
          ? { supportedVersions: ['2026-07-28'], capabilities: { tools: {} } }
          : { content: [{ type: 'text', text: String(request.headers['mcp-name']) }] };
      response.writeHead(200, { 'CONTENT-type': 'text/event-stream' });
      response.end(sseEvent({ data: { jsonrpc: '2.0', id, result: { resultType: 'complete', ...result } } }));
    });
    const client = makeFactory().create('s', { type: 'http', url: fixture.url });
    await client.connect();
    for (const name of ['Echo', 'echo', 'ECHO'])
      expect(await client.callTool(name)).toMatchObject({ content: [{ text: name }] });
  });

  it.each([true, false])('H26-5 are answered by event streams (%s) or plain JSON alike', async (streams) => {
    const { client } = await connected({ wire: 'http', streams });
    await useEverything(client);
    expect(await client.callTool('echo', { a: 1 })).toMatchObject({ content: [{ text: '{"a":1}' }] });
  });

  it('H26-14 have what comes before their answer for themselves; comments are no fault', async () => {
    const fixture = await startHttpFixture(async (request, response) => {
      const { id, method, params } = JSON.parse(request.body) as {
        id: number;
        method: string;
        params: { name: string; _meta: { progressToken: number } };
      };
      if (method === 'server/discover') {
        const result = { supportedVersions: ['2026-07-28'], capabilities: { tools: {} } };
        sendJson(response, { jsonrpc: '2.0', id, result });
        return;
      }
      openStream(response);
      const { progressToken } = params._meta;
      for (let progress = 1; progress <= 3; progress++) {
        response.write(`: still here\n\n:\n`);
        const notification = { progressToken, progress, message: params.name };
        response.write(
          sseEvent({ data: { jsonrpc: '2.0', method: 'notifications/progress', params: notification } }),
        );
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      const result = { resultType: 'complete', content: [{ type: 'text', text: params.name }] };
      response.end(sseEvent({ data: { jsonrpc: '2.0', id, result } }));
    });
    const client = makeFactory().create('s', { type: 'http', url: fixture.url });
    await client.connect();
    await Promise.all(
      ['a', 'b', 'c'].map(async (name) => {
        const heard: unknown[] = [];
        const onProgress = ({ message }: { message?: string }): void => void heard.push(message);
        expect(await client.callTool(name, {}, { onProgress })).toMatchObject({ content: [{ text: name }] });
        expect(heard).toEqual([name, name, name]);
      }),
    );
    expect(client.diagnostics().wire).toMatchObject({ noise: 0, badMessages: 0 });
  });

  it('H26-15 H26-17 are never resumed: what is asked again is a new request with a new id', async () => {
    let calls = 0;
    const fixture = await startHttpFixture((request, response) => {
      const { id, method } = JSON.parse(request.body) as { id: number; method: string };
      if (method === 'server/discover') {
        const result = { supportedVersions: ['2026-07-28'], capabilities: { tools: {} } };
        sendJson(response, { jsonrpc: '2.0', id, result });
      } else if (calls++ === 0) {
        // All that a legacy server does to be resumed.
        openStream(response);
        response.end(sseEvent({ id: 'event-1', retry: 1, data: '' }));
      } else sendJson(response, { jsonrpc: '2.0', id, result: { resultType: 'complete', content: [] } });
    });
    const client = makeFactory().create('s', { type: 'http', url: fixture.url });
    await client.connect();
    expect(await rejection(client.callTool('echo'))).toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      delivered: 'unknown',
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(calls).toBe(1);
    await client.callTool('echo');
    const [, first, second] = fixture.requests.map(({ body }) => JSON.parse(body) as { id: number });
    expect(second!.id).not.toBe(first!.id);
    expect(fixture.requests.map(({ method }) => method)).toEqual(['POST', 'POST', 'POST']);
  });
});

describe.each(LEGACY_WIRES)('messages of the legacy era over %s', (wire) => {
  it('S25-1 S25-4 H25-1 H25-15 are single messages, initialize and initialized first', async () => {
    const { peer, client } = await connected({ wire, era: 'legacy' }, { protocol: 'legacy' });
    await useEverything(client);
    await client.disconnect();
    expect(peer.methods().slice(0, 3)).toEqual(['initialize', 'notifications/initialized', 'tools/list']);
    for (const { message } of peer.received) {
      expect(message.jsonrpc).toBe('2.0');
      expect(message.params?.['_meta']).toBeUndefined();
    }
    expect(peer.of('tools/call')[0]!.params['arguments']).toEqual({ text: 'a\nb\r\nc\u2028d\u0000é' });
  });

  it('H25-15b hold nothing back but send nothing before the answer to initialize', async () => {
    const peer = await startPeer({ wire, era: 'legacy', on: { initialize: () => {} } });
    const client = makeFactory().create('s', peer.entry({ protocol: 'legacy' }));
    const connecting = client.connect();
    const listing = client.listTools();
    const exchange = await peer.nth('initialize');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(peer.methods()).toEqual(['initialize']);
    exchange.proceed();
    await connecting;
    await listing;
    expect(peer.methods()).toEqual(['initialize', 'notifications/initialized', 'tools/list']);
  });

  it('H25-16 S25-2 H25-9 answer pings and requests of the server, beside calls in flight', async () => {
    const peer = await startPeer({ wire, era: 'legacy', on: { 'tools/call': () => {} } });
    const client = makeFactory().create('s', peer.entry());
    client.onInputRequest({ listRoots: () => [{ uri: 'file:///work' }] });
    await client.connect();
    const calls = [client.callTool('one'), client.callTool('two')];
    const [one, two] = [await peer.nth('tools/call', 1), await peer.nth('tools/call', 2)];
    expect(await peer.ask('ping')).toMatchObject({ jsonrpc: '2.0', id: expect.any(String), result: {} });
    expect((await one.ask('ping')).result).toEqual({});
    expect((await two.ask('roots/list')).result).toEqual({ roots: [{ uri: 'file:///work' }] });
    const heard: string[] = [];
    client.on('listChanged', ({ list }) => heard.push(list));
    await peer.notify('notifications/tools/list_changed');
    one.send({ jsonrpc: '2.0', method: 'notifications/prompts/list_changed' });
    await until('both are heard', () => heard.length === 2);
    expect(heard.toSorted((a, b) => a.localeCompare(b))).toEqual(['prompts', 'tools']);
    two.proceed();
    one.proceed();
    await Promise.all(calls);
  });

  it('BAT-1 read batches on 2025-03-26, and on no other revision', async () => {
    const peer = await startPeer({
      wire,
      era: 'legacy',
      version: '2025-03-26',
      on: { 'tools/call': () => {} },
    });
    const client = makeFactory().create('s', peer.entry());
    await client.connect();
    const call = client.callTool('echo');
    const exchange = await peer.nth('tools/call');
    const heard: string[] = [];
    client.on('listChanged', ({ list }) => heard.push(list));
    exchange.send([
      { jsonrpc: '2.0', method: 'notifications/tools/list_changed' },
      { jsonrpc: '2.0', id: 'batched', method: 'ping' },
      { jsonrpc: '2.0', id: exchange.message.id!, result: { content: [] } },
    ]);
    expect(await call).toEqual({ content: [] });
    await until('the ping is answered', () => peer.methods().includes('response'));
    expect(heard).toEqual(['tools']);

    const strict = await startPeer({
      wire,
      era: 'legacy',
      version: '2025-06-18',
      on: { 'tools/call': () => {} },
    });
    const other = makeFactory().create('s', strict.entry());
    await other.connect();
    const refused = rejection(other.callTool('echo', {}, { timeoutMs: 1000 }));
    const answer = {
      jsonrpc: '2.0',
      id: (await strict.nth('tools/call')).message.id!,
      result: { content: [] },
    };
    strict.of('tools/call')[0]!.send([answer]);
    expect(await refused).toMatchObject({ code: 'REQUEST_TIMEOUT' });
    expect(other.diagnostics().wire).toMatchObject({ badMessages: 1 });
  });
});

describe('legacy requests over HTTP', () => {
  it.each(LEGACY_VERSIONS)(
    'H25-2 H25-8 H25-11 H25-13 H25-14 carry session and version of %s in all their requests',
    async (version) => {
      const { peer, client } = await connected({ wire: 'http', era: 'legacy', version });
      await until('the stream of the server is open', () => peer.http!.of('GET').length === 1);
      await useEverything(client);
      await client.disconnect();
      const [probe, initialize, ...later] = peer.http!.requests;
      expect(probe!.headers['mcp-method']).toBe('server/discover');
      expect(initialize!.headers).not.toHaveProperty('mcp-session-id');
      expect(initialize!.headers).not.toHaveProperty('mcp-protocol-version');
      const own = version >= '2025-06-18' ? version : undefined;
      for (const { method, headers } of later) {
        expect(headers['mcp-session-id']).toBe('session-1');
        expect(headers['mcp-protocol-version']).toBe(own);
        expect(headers).not.toHaveProperty('mcp-method');
        if (method === 'POST') expect(headers.accept).toBe('application/json, text/event-stream');
        if (method === 'GET') expect(headers.accept).toBe('text/event-stream');
      }
      const verbs = later.map(({ method }) => method);
      expect(verbs.filter((verb) => verb === 'GET')).toHaveLength(1);
      expect(verbs.at(-1)).toBe('DELETE');
    },
  );

  it.each([true, false])('H25-3 are answered by event streams (%s) or plain JSON alike', async (streams) => {
    const { client } = await connected({ wire: 'http', era: 'legacy', streams });
    await useEverything(client);
    expect(await client.callTool('echo', { a: 1 })).toMatchObject({ content: [{ text: '{"a":1}' }] });
  });

  it('H25-8 a server that offers no stream of its own is fine', async () => {
    const { client } = await connected({ wire: 'http', era: 'legacy', listens: false });
    await useEverything(client);
    expect(client.state).toBe('connected');
  });

  it.each(['http', 'sse'] as const)('H25-20 the credential is on every request over %s', async (wire) => {
    const peer = await startPeer({ wire, era: 'legacy' });
    const entry = { ...peer.entry(), headers: { authorization: 'Bearer secret' } };
    const client = makeFactory().create('s', entry);
    await client.connect();
    await until('the stream of the server is open', () => peer.http!.of('GET').length === 1);
    await useEverything(client);
    await client.disconnect();
    const verbs = new Set(peer.http!.requests.map(({ method }) => method));
    expect(verbs).toEqual(new Set(wire === 'http' ? ['POST', 'GET', 'DELETE'] : ['POST', 'GET']));
    for (const { headers } of peer.http!.requests) expect(headers.authorization).toBe('Bearer secret');
  });

  it.each(LEGACY_VERSIONS)(
    'H25-14 NEG-4 HTTP+SSE carries the version %s that was settled on',
    async (version) => {
      const { peer, client } = await connected({ wire: 'sse', version });
      await client.listTools();
      const own = version >= '2025-06-18' ? version : undefined;
      expect(client.protocolVersion).toBe(version);
      expect(peer.of('tools/list')[0]!.headers['mcp-protocol-version']).toBe(own);
    },
  );
});
