import { describe, expect, it } from 'vitest';
import { SignalboxError } from '../core/errors.ts';
import { parseConfig } from './parse-config.ts';
import { parseEntry } from './parse-entry.ts';
import { REST_OPERATIONS, resolveRest } from './rest-settings.ts';
import { resolveSettings } from './settings.ts';

const entry = (rest: unknown, more: object = {}): object => ({
  type: 'rest',
  url: 'https://h/api',
  'x-signalbox': { rest, ...more },
});

function refusal(raw: unknown): string {
  try {
    parseEntry('web', raw);
  } catch (error) {
    if (error instanceof SignalboxError) return error.message;
  }
  throw new Error('the settings were accepted');
}

const operation = (name: string, route: unknown): object => entry({ operations: { [name]: route } });

describe('x-signalbox.rest', () => {
  it('has the default routes of the mapping, and leaves out what few services have', () => {
    const { operations, session } = resolveSettings({ type: 'rest', url: 'https://h' }).rest;
    const routes = Object.entries(operations).map(([name, { method, path }]) => `${name}: ${method} ${path}`);
    expect(routes).toEqual([
      'health: GET /health',
      'initialize: POST /initialize',
      'tools/list: GET /tools/list',
      'tools/call: POST /tools/{name}/call',
      'resources/list: GET /resources/list',
      'resources/templates/list: GET /resources/templates/list',
      'resources/read: GET /resources/read',
      'prompts/list: GET /prompts/list',
      'prompts/get: POST /prompts/{name}/get',
    ]);
    expect(operations.health?.expect).toEqual([200]);
    expect(operations['tools/call']).toMatchObject({
      body: { arguments: '/arguments' },
      result: ['/result', ''],
    });
    expect(session).toEqual({ from: ['/sessionId'], fromHeader: undefined, in: 'auto', name: 'sessionId' });
  });

  it('lays what is given over the default of an operation, and switches operations off', () => {
    const { operations } = resolveRest({
      operations: {
        health: false,
        'prompts/get': null,
        'tools/call': { path: '/run/{name}', result: '/out', expect: [200, 201] },
        'tools/list': { fields: { name: '/id' } },
        'completion/complete': {},
      },
    });
    expect(operations.health).toBeUndefined();
    expect(operations['prompts/get']).toBeUndefined();
    expect(operations['tools/call']).toEqual({
      ...REST_OPERATIONS['tools/call'],
      path: '/run/{name}',
      result: ['/out'],
      expect: [200, 201],
    });
    expect(operations['tools/list']?.fields).toEqual({ name: ['/id'] });
    expect(operations['completion/complete']?.path).toBe('/completion/complete');
    expect(operations.end).toBeUndefined();
  });

  it('sends no body with a GET, whatever the default has', () => {
    const { operations } = resolveRest({
      operations: { 'tools/call': { method: 'GET', path: '/{name}{?arguments*}' } },
    });
    expect(operations['tools/call']?.body).toBe(false);
  });

  it('reads false, and names of headers in lower case', () => {
    expect(resolveRest({ session: false, errors: { present: false } })).toMatchObject({
      session: undefined,
      errors: { present: [] },
    });
    expect(
      resolveRest({ session: { in: 'header', name: 'X-Sid', fromHeader: 'X-Sid' } }).session,
    ).toMatchObject({
      name: 'x-sid',
      fromHeader: 'x-sid',
    });
  });

  it.each([
    [entry({ operations: { 'tool/list': {} } }), 'did you mean "tools/list"?'],
    [entry({ operations: { callTool: {} } }), 'write "tools/call"'],
    [entry({ routes: {} }), 'write "operations"'],
    [entry(false), 'write an object'],
    [operation('tools/list', { method: 'get' }), 'write "GET" or "POST"'],
    [operation('tools/list', { route: '/x' }), 'write "path"'],
    [operation('tools/list', { path: 'tools' }), 'must begin with "/"'],
    [operation('tools/list', { path: '/tools?all=1' }), 'has a query'],
    [operation('tools/list', { path: '/a/../b' }), 'segment of dots'],
    [operation('tools/list', { path: '/a/%2E%2e' }), 'segment of dots'],
    [operation('tools/list', { path: '/a b' }), 'a character that a path cannot have'],
    [operation('tools/list', { path: '/a%zz' }), 'a character that a path cannot have'],
    [operation('tools/call', { path: '/tools/{name' }), 'single brace'],
    [operation('tools/call', { path: '/tools/{nam}' }), 'did you mean "name"?'],
    [operation('tools/call', { path: '/tools/{+name}' }), 'write {name}'],
    [operation('tools/call', { path: '/tools/{!name}' }), 'not one of RFC 6570'],
    [operation('tools/call', { body: { args: '/argument' } }), 'did you mean "/arguments"?'],
    [operation('tools/call', { body: { args: 'arguments' } }), 'write a JSON pointer'],
    [operation('tools/call', { body: 7 }), 'or a constant'],
    [operation('tools/call', { query: { a: { b: '/name' } } }), 'or a constant'],
    [operation('tools/list', { body: { cursor: '/cursor' }, method: 'GET' }), 'cannot go with a GET'],
    [operation('tools/call', { headers: { Authorization: '/arguments/token' } }), 'proves who we are'],
    [operation('tools/call', { headers: { 'content-type': { const: 'x' } } }), 'set by the protocol'],
    [operation('tools/call', { result: 'result' }), 'write a JSON pointer'],
    [operation('tools/call', { result: [] }), 'empty list'],
    [operation('tools/call', { expect: 20 }), 'from 100 to 599'],
    [operation('resources/read', { query: { sessionId: '/uri' } }), 'what the session is called'],
    [entry({ session: { in: 'cookie' } }), 'write "auto"'],
    [entry({ session: { in: 'header', name: 'Authorization' } }), 'proves who we are'],
    [entry({ errors: { codes: { E1: 'lost' } } }), '"session-lost"'],
    [entry({}, { protocol: 'modern' }), 'has no way to speak'],
    [entry({}, { protocol: '2026-07-28' }), 'has no way to speak'],
  ])('refuses %j', (raw, words) => {
    expect(refusal(raw)).toContain(words);
  });

  it('names file and line', () => {
    const text = `{ "mcpServers": { "a": {
      "type": "rest", "url": "https://h",
      "x-signalbox": { "rest": { "operations": {
        "tools/call": { "pth": "/x" }
      } } } } } }`;
    const { failed } = parseConfig(text, { file: '/x/.mcp.json', env: {} });
    expect(failed.get('a')?.message).toMatch(/:4\b.*did you mean "path"\?/su);
  });

  it('is idle beside another type, and says so', () => {
    const { warnings } = parseEntry('a', { type: 'http', url: 'https://h', 'x-signalbox': { rest: {} } });
    expect(warnings.join()).toContain('belongs to a server of "type": "rest"');
  });

  it('takes the session header of MCP, and a name of any kind in a query', () => {
    for (const session of [{ in: 'header', name: 'Mcp-Session-Id' }, { in: 'query', name: 'sid' }, false]) {
      expect(parseEntry('a', entry({ session })).warnings).toEqual([]);
    }
  });
});
