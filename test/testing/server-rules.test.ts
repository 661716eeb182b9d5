import { describe, expect, it } from 'vitest';
import type { FaultServerEra } from '../../src/testing/index.ts';
import { testFaultServers } from './fault-servers.ts';

const servers = testFaultServers();

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};

interface Answered {
  readonly status: number;
  readonly session: string | null;
  readonly body: {
    readonly result?: Record<string, unknown>;
    readonly error?: { readonly code: number; readonly data?: unknown };
  };
}

async function ask(
  url: string,
  message: unknown,
  headers: Record<string, string> = {},
  method: string = 'POST',
): Promise<Answered> {
  const response = await fetch(url, {
    method,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      connection: 'close',
      ...headers,
    },
    ...(method === 'POST' ? { body: typeof message === 'string' ? message : JSON.stringify(message) } : {}),
  });
  const text = await response.text();
  return {
    status: response.status,
    session: response.headers.get('mcp-session-id'),
    body: text.startsWith('{') ? (JSON.parse(text) as Answered['body']) : {},
  };
}

const request = (method: string, params: object = {}): object => ({ jsonrpc: '2.0', id: 1, method, params });
const modern = (method: string, params: object = {}): object => request(method, { _meta: META, ...params });
const initialize = (protocolVersion: unknown = '2025-06-18'): object =>
  request('initialize', { protocolVersion, capabilities: {}, clientInfo: { name: 'x', version: '1' } });
const modernHeaders = (method: string, more: Record<string, string> = {}): Record<string, string> => ({
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': method,
  ...more,
});

const start = async (era: FaultServerEra = 'both'): Promise<string> => (await servers.http({ era })).url;

describe('the rules of the legacy era over HTTP', () => {
  it('a session is opened by initialize, needed by all else, and ended by DELETE', async () => {
    const url = await start();
    const opened = await ask(url, initialize());
    expect(opened).toMatchObject({ status: 200, body: { result: { protocolVersion: '2025-06-18' } } });
    const session = { 'mcp-session-id': opened.session! };
    expect((await ask(url, request('ping'))).status).toBe(400);
    expect((await ask(url, request('ping'), { 'mcp-session-id': 'unknown' })).status).toBe(404);
    expect((await ask(url, request('ping'), session)).body).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
    const list = await ask(url, request('tools/list'), session);
    expect(Object.keys(list.body.result!)).toEqual(['tools']);
    const notification = { jsonrpc: '2.0', method: 'notifications/initialized' };
    expect((await ask(url, notification, session)).status).toBe(202);
    expect((await ask(url, notification)).status).toBe(400);
    const unknown = await ask(url, request('prompts/list'), session);
    expect(unknown).toMatchObject({ status: 200, body: { error: { code: -32601 } } });
    const version = { ...session, 'mcp-protocol-version': '1999-01-01' };
    expect((await ask(url, request('ping'), version)).status).toBe(400);
    expect((await ask(url, undefined, session, 'DELETE')).status).toBe(204);
    expect((await ask(url, request('ping'), session)).status).toBe(404);
    expect((await ask(url, undefined, session, 'GET')).status).toBe(404);
    expect((await ask(url, undefined, session, 'PUT')).status).toBe(405);
  });

  it('an unknown version is answered with the newest, a missing one with an error', async () => {
    const url = await start('legacy');
    expect((await ask(url, initialize('1999-01-01'))).body.result).toMatchObject({
      protocolVersion: '2025-11-25',
    });
    expect((await ask(url, initialize(null))).body.error?.code).toBe(-32602);
    expect((await ask(url, modern('server/discover'), modernHeaders('server/discover'))).status).toBe(400);
  });
});

describe('the rules of the modern era over HTTP', () => {
  it('requests stand for themselves, and say in their headers what they are', async () => {
    const url = await start('modern');
    const discovered = await ask(url, modern('server/discover'), modernHeaders('server/discover'));
    expect(discovered).toMatchObject({
      status: 200,
      session: null,
      body: { result: { resultType: 'complete', supportedVersions: ['2026-07-28'], ttlMs: 0 } },
    });
    const call = modern('tools/call', { name: 'echo', arguments: { message: 'x' } });
    const named = modernHeaders('tools/call', { 'mcp-name': 'echo' });
    expect(await ask(url, call, named)).toMatchObject({
      status: 200,
      body: { result: { resultType: 'complete', content: [{ text: 'x' }] } },
    });
    const encoded = { 'mcp-name': `=?base64?${Buffer.from('echo').toString('base64')}?=` };
    expect((await ask(url, call, { ...named, ...encoded })).status).toBe(200);
    for (const wrong of [
      modernHeaders('tools/call'),
      modernHeaders('tools/list', { 'mcp-name': 'echo' }),
      modernHeaders('tools/call', { 'mcp-name': 'add' }),
      { ...named, 'mcp-protocol-version': '2025-11-25' },
    ])
      expect(await ask(url, call, wrong)).toMatchObject({ status: 400, body: { error: { code: -32020 } } });
  });

  it('what is unknown or missing is refused with its status', async () => {
    const url = await start('modern');
    const unknown = await ask(url, modern('prompts/list'), modernHeaders('prompts/list'));
    expect(unknown).toMatchObject({ status: 404, body: { error: { code: -32601 } } });
    expect(await ask(url, initialize())).toMatchObject({
      status: 400,
      body: { error: { code: -32022, data: { supported: ['2026-07-28'], requested: '2025-06-18' } } },
    });
    const bare = await ask(url, request('tools/list'), modernHeaders('tools/list'));
    expect(bare).toMatchObject({ status: 400, body: { error: { code: -32602 } } });
    const half = request('tools/list', {
      _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' },
    });
    expect((await ask(url, half, modernHeaders('tools/list'))).status).toBe(400);
    const old = { ...META, 'io.modelcontextprotocol/protocolVersion': '2099-01-01' };
    expect(await ask(url, request('tools/list', { _meta: old }))).toMatchObject({
      status: 400,
      body: { error: { code: -32022 } },
    });
    expect((await ask(url, undefined, {}, 'GET')).status).toBe(405);
    expect((await ask(url, undefined, {}, 'DELETE')).status).toBe(405);
  });
});

describe('what is no request', () => {
  it.each(['http', 'sse'] as const)('%s: is refused', async (wire) => {
    const server = await servers.http({ wire });
    if (wire === 'http') {
      expect(await ask(server.url, '{')).toMatchObject({ status: 400, body: { error: { code: -32700 } } });
      expect(await ask(server.url, '[]')).toMatchObject({ status: 400, body: { error: { code: -32600 } } });
      expect((await ask(server.url, initialize(), { origin: 'http://evil.example' })).status).toBe(403);
      expect((await ask(server.url, initialize(), { origin: 'http://localhost:1' })).status).toBe(200);
    } else {
      expect((await ask(server.url, initialize())).status).toBe(405);
      expect((await ask(new URL('/messages?session=x', server.url).href, initialize())).status).toBe(404);
    }
  });

  it('a client that takes no event stream gets a body, whatever happens to it', async () => {
    const server = await servers.http({ era: 'modern' });
    server.faults.set('tools/call', [
      { kind: 'status', status: 500, executes: true, times: 1 },
      { kind: 'noise', times: 1 },
      { kind: 'duplicate', times: 1 },
    ]);
    const call = modern('tools/call', {
      name: 'slow',
      arguments: { ms: 4, steps: 2 },
      _meta: { ...META, progressToken: 1 },
    });
    const headers = modernHeaders('tools/call', { 'mcp-name': 'slow' });
    const accepting = { ...headers, accept: 'application/json, text/event-stream' };
    // Progress must not come before a status.
    expect((await ask(server.url, call, accepting)).status).toBe(500);
    expect((await ask(server.url, call, headers)).body.result).toMatchObject({ resultType: 'complete' });
    await expect(ask(server.url, call, headers)).rejects.toThrow(SyntaxError);
    expect(server.journal.calls()).toHaveLength(3);
  });
});
