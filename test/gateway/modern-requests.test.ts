import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeHeaderValue } from '../../src/protocol/header-value.ts';
import { faultyEntry } from '../helpers/clients.ts';
import { cleanGateways, startGateway, type TestGateway } from './gateway-fixture.ts';
import { MODERN_META, modernRequest, rawRequest } from './raw-request.ts';

cleanGateways(afterAll);

const VERSIONS = ['2026-07-28', '2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];
const REGION = { type: 'string', 'x-mcp-header': 'Region' };
const COUNT = { type: 'integer', 'x-mcp-header': 'Count' };
const TOOLS = [
  { name: 'echo', inputSchema: { type: 'object', properties: { message: { type: 'string' } } } },
  { name: 'größe', inputSchema: { type: 'object' } },
  {
    name: 'placed',
    inputSchema: { type: 'object', properties: { place: { properties: { region: REGION } }, count: COUNT } },
  },
];
let gateway: TestGateway;

beforeAll(async () => {
  const result = JSON.stringify({
    content: [],
    structuredContent: [1],
    custom: { kept: true },
    resultType: 'complete',
  });
  gateway = await startGateway({
    modern: faultyEntry({ era: 'modern', tools: TOOLS }),
    legacy: faultyEntry({ era: 'legacy' }),
    odd: faultyEntry({ era: 'modern', on: { 'tools/call': [`result:${result}`] } }),
    hop: faultyEntry({ era: 'modern', on: { 'tools/call': ['error:-32020'] } }),
    missing: faultyEntry({ era: 'legacy', on: { 'tools/call': ['error:-32002'] } }),
    plain: faultyEntry({ era: 'legacy', on: { 'tools/call': ['error:-32050'] } }),
    asks: faultyEntry({ era: 'modern', on: { 'tools/call': ['result:{"resultType":"input_required"}'] } }),
  });
});

const call = (name: string, args: unknown = {}): ReturnType<typeof modernRequest> =>
  modernRequest('tools/call', { name, arguments: args });

describe('a request of 2026-07-28', () => {
  it('discovers both eras', async () => {
    const answer = await rawRequest(gateway.url, modernRequest('server/discover'));
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.headers).not.toHaveProperty('mcp-session-id');
    expect(answer.json?.result).toMatchObject({
      supportedVersions: VERSIONS,
      capabilities: { tools: { listChanged: true } },
      resultType: 'complete',
      ttlMs: 0,
      cacheScope: 'private',
      _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'signalbox' } },
    });
  });

  it.each([
    ['MCP-Protocol-Version missing', 'tools/list', { 'mcp-protocol-version': '' }],
    ['MCP-Protocol-Version of another revision', 'tools/list', { 'mcp-protocol-version': '2025-11-25' }],
    ['Mcp-Method missing', 'tools/list', { 'mcp-method': '' }],
    ['Mcp-Method of another method', 'tools/list', { 'mcp-method': 'prompts/list' }],
    ['Mcp-Method in other case', 'tools/list', { 'mcp-method': 'Tools/List' }],
    ['Mcp-Name missing', 'tools/call', { 'mcp-name': '' }],
    ['Mcp-Name of another tool', 'tools/call', { 'mcp-name': 'modern__echoo' }],
    ['Mcp-Name that cannot be decoded', 'tools/call', { 'mcp-name': '=?base64?!!?=' }],
  ])('is refused with -32020 for %s', async (_what, method, headers) => {
    const params = method === 'tools/call' ? { name: 'modern__echo', arguments: {} } : {};
    const answer = await rawRequest(gateway.url, modernRequest(method, params, headers));
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ id: 1, error: { code: -32020 } });
  });

  it('may have its name encoded, and its headers in any case', async () => {
    const encoded = modernRequest(
      'tools/call',
      { name: 'modern__echo', arguments: { message: 'x' } },
      { 'mcp-name': encodeHeaderValue('modern__echo').replace(/^.*$/u, '=?base64?bW9kZXJuX19lY2hv?=') },
    );
    expect((await rawRequest(gateway.url, encoded)).status).toBe(200);
    const { headers, ...rest } = call('modern__echo');
    const upper = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]),
    );
    expect((await rawRequest(gateway.url, { ...rest, headers: upper })).status).toBe(200);
  });

  it('is told which versions there are', async () => {
    const requested = '2099-01-01';
    const answer = await rawRequest(gateway.url, {
      headers: { 'mcp-protocol-version': requested, 'mcp-method': 'server/discover' },
      body: {
        jsonrpc: '2.0',
        id: 'a',
        method: 'server/discover',
        params: { _meta: { ...MODERN_META, 'io.modelcontextprotocol/protocolVersion': requested } },
      },
    });
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({
      id: 'a',
      error: { code: -32022, data: { requested, supported: VERSIONS } },
    });
  });

  it.each([
    ['no _meta', undefined],
    ['no version', { 'io.modelcontextprotocol/clientCapabilities': {} }],
    ['no capabilities', { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' }],
    [
      'capabilities that are no object',
      {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientCapabilities': [],
      },
    ],
  ])('is refused with -32602 for %s', async (_what, meta) => {
    const answer = await rawRequest(gateway.url, modernRequest('tools/list', { _meta: meta }));
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ id: 1, error: { code: -32602 } });
  });

  it('need not say who asks', async () => {
    const { 'io.modelcontextprotocol/clientInfo': _, ...meta } = MODERN_META;
    expect((await rawRequest(gateway.url, modernRequest('tools/list', { _meta: meta }))).status).toBe(200);
  });

  it.each([
    'initialize',
    'ping',
    'logging/setLevel',
    'resources/subscribe',
    'tasks/get',
    'unknown/method',
    '__proto__',
  ])('finds no method %s', async (method) => {
    const answer = await rawRequest(gateway.url, modernRequest(method));
    expect(answer.status).toBe(404);
    expect(answer.json).toMatchObject({ id: 1, error: { code: -32601 } });
  });

  it('has no use for a session or a cursor', async () => {
    const { headers, ...request } = modernRequest('tools/list');
    const session = await rawRequest(gateway.url, {
      ...request,
      headers: { ...headers, 'mcp-session-id': 'x' },
    });
    expect(session.status).toBe(200);
    for (const cursor of ['', 'x', 7]) {
      const answer = await rawRequest(gateway.url, modernRequest('tools/list', { cursor }));
      expect(answer.json).toMatchObject({ error: { code: -32602 } });
    }
  });

  it('may be a notification, which is taken and forgotten', async () => {
    const answer = await rawRequest(gateway.url, {
      headers: { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'notifications/cancelled' },
      body: { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } },
    });
    expect(answer).toMatchObject({ status: 202, text: '' });
  });

  it('gets lists with what 2026-07-28 asks of them', async () => {
    for (const method of ['tools/list', 'resources/list', 'resources/templates/list', 'prompts/list']) {
      const answer = await rawRequest(gateway.url, modernRequest(method));
      expect(answer.json?.result).toMatchObject({
        resultType: 'complete',
        ttlMs: 0,
        cacheScope: 'private',
      });
    }
  });
});

describe('results and errors of servers of either era', () => {
  it('dresses the result of a legacy server', async () => {
    const answer = await rawRequest(gateway.url, call('legacy__echo', { message: 'x' }));
    expect(answer.json?.result).toEqual({
      resultType: 'complete',
      content: [{ type: 'text', text: 'x' }],
      _meta: { 'io.modelcontextprotocol/serverInfo': expect.objectContaining({ name: 'signalbox' }) },
    });
  });

  it('keeps what it does not know, and structured content of any type', async () => {
    const answer = await rawRequest(gateway.url, call('odd__echo'));
    expect(answer.json?.result).toMatchObject({ structuredContent: [1], custom: { kept: true } });
  });

  it('S14 offers a tool with an unusual name under a safe one', async () => {
    const { json } = await rawRequest(gateway.url, modernRequest('tools/list'));
    const names = json!.result!.tools!.map(({ name }) => name);
    const exposed = names.find((name) => name.startsWith('modern__gr'))!;
    expect(exposed).toMatch(/^[\w.-]{1,128}$/u);
    const answer = await rawRequest(gateway.url, call(exposed));
    // The server was asked for the name that it knows.
    expect(answer.json?.error).toEqual({ code: -32602, message: 'Unknown tool: größe' });
  });

  it('passes on the error of a server', async () => {
    const answer = await rawRequest(gateway.url, call('plain__echo'));
    expect(answer.status).toBe(200);
    expect(answer.json?.error).toEqual({ code: -32050, message: 'as told' });
  });

  it('does not emit codes that the revision has removed', async () => {
    const answer = await rawRequest(gateway.url, call('missing__echo'));
    expect(answer.json?.error).toMatchObject({ code: -32602, message: 'as told' });
  });

  it('keeps to itself that its own request was refused', async () => {
    const answer = await rawRequest(gateway.url, call('hop__echo'));
    expect(answer.json?.error).toMatchObject({
      code: -31000,
      data: { server: 'hop', remote: { code: -32020 } },
    });
  });

  it('refuses a result that asks for input, which it cannot pass on', async () => {
    const answer = await rawRequest(gateway.url, call('asks__echo'));
    expect(answer.json?.error).toMatchObject({
      code: -31000,
      data: { server: 'asks', delivered: 'yes', retryable: false },
    });
  });

  it.each([
    ['tools/call', {}],
    ['tools/call', { name: 5 }],
    ['prompts/get', {}],
    ['resources/read', { uri: null }],
    ['completion/complete', {}],
    ['completion/complete', { ref: { type: 'ref/resource' } }],
  ])('refuses %s with the parameters %o', async (method, params) => {
    const answer = await rawRequest(gateway.url, modernRequest(method, params));
    expect(answer.json).toMatchObject({ error: { code: -32602 } });
  });
});

describe('Mcp-Param headers', () => {
  const name = 'modern__placed';
  const args = { place: { region: ' Köln' }, count: 3 };
  const region = '=?base64?IEvDtmxu?=';

  it.each([
    ['right', { 'mcp-param-region': region, 'mcp-param-count': '3' }, args, 200],
    ['a number in another spelling', { 'mcp-param-region': region, 'mcp-param-count': '3.0' }, args, 200],
    ['none for no values', {}, { place: { region: null } }, 200],
    ['one missing', { 'mcp-param-region': region }, args, 400],
    ['another value', { 'mcp-param-region': 'Bonn', 'mcp-param-count': '3' }, args, 400],
    ['bad base64', { 'mcp-param-region': '=?base64?x?=', 'mcp-param-count': '3' }, args, 400],
    ['one too many', { 'mcp-param-count': '3' }, {}, 400],
    ['one that no schema names', { 'mcp-param-other': 'x' }, {}, 200],
  ])('are checked: %s', async (_what, headers, argument, status) => {
    const answer = await rawRequest(
      gateway.url,
      modernRequest('tools/call', { name, arguments: argument }, headers),
    );
    expect(answer.status).toBe(status);
    if (status === 400) expect(answer.json).toMatchObject({ error: { code: -32020 } });
  });

  it('are re-exported with the schemas', async () => {
    const { json } = await rawRequest(gateway.url, modernRequest('tools/list'));
    const tool = json!.result!.tools!.find((found) => found.name === name);
    expect(tool?.inputSchema).toEqual(TOOLS[2]!.inputSchema);
  });
});
