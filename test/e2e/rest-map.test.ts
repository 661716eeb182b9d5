import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { SignalboxSettings } from '../../src/config/entry.ts';
import type { RestSettings } from '../../src/config/rest-settings.ts';
import { QUICK, rejection, testFactories } from '../helpers/clients.ts';
import {
  checkHttpFixtures,
  type HttpFixture,
  type RecordedRequest,
  sendJson,
  startHttpFixture,
} from '../helpers/http-fixture.ts';

checkHttpFixtures();
const makeFactory = testFactories();

/** A service that calls everything otherwise. */
const MAP: RestSettings = {
  operations: {
    health: { method: 'POST', path: '/_status', expect: [200, 299], body: { probe: { const: true } } },
    initialize: {
      method: 'PUT',
      path: '/hello',
      body: { who: { app: '/clientInfo/name', mcp: '/protocolVersion' }, beta: { const: ['x', 1] } },
      result: '/welcome',
      fields: { 'serverInfo/name': '/app', 'serverInfo/version': '/build', instructions: '/motd' },
    },
    'tools/list': {
      path: '/{sessionId}/actions{?cursor}',
      query: {},
      result: ['/nothing/here', '/data/0/actions'],
      nextCursor: '/links/next~1page',
      fields: {
        name: '/id',
        description: ['/long', '/short'],
        inputSchema: '/accepts',
        'annotations/readOnlyHint': '/safe',
        'annotations/title': '/label',
      },
    },
    'tools/call': {
      method: 'PATCH',
      path: '/actions/{name}{/arguments.area}',
      query: { verbose: '/arguments/verbose', tag: '/arguments/tags', mode: { const: 'sync' } },
      headers: { 'X-Action': '/name', 'X-Missing': '/arguments/nobody' },
      body: { payload: { in: '/arguments' } },
      result: '/data/output',
      fields: { structuredContent: '/value', isError: '/failed', content: '/words' },
    },
    'resources/list': {
      path: '/files',
      result: '',
      fields: { uri: '/location', name: '/title', mimeType: '/kind' },
    },
    'resources/templates/list': null,
    'resources/read': { path: '/files/content/{uri}', query: {} },
    'prompts/list': { path: '/recipes', result: '/all' },
    'prompts/get': { method: 'GET', path: '/recipes/{name}{?arguments*}', result: '/lines' },
    'completion/complete': {
      path: '/suggest',
      body: { of: '/ref/name', part: '/argument/value' },
      result: '/values',
    },
    'logging/setLevel': { method: 'PUT', path: '/verbosity/{level}', body: false },
  },
  session: { from: '/welcome/token', in: 'header', name: 'X-Sitting' },
  errors: {
    present: '/oops',
    code: '/oops/kind',
    message: '/oops/says',
    details: '/oops/why',
    codes: { E404: 'unknown-name', E9: 'session-lost', EARGS: 'invalid-arguments', ESLOW: 'rate-limited' },
  },
};

interface Odd extends HttpFixture {
  sitting: number;
  readonly answers: ((response: ServerResponse) => void)[];
}

async function startOdd(): Promise<Odd> {
  const odd: Odd = Object.assign(await startHttpFixture(serve), { sitting: 0, answers: [] });
  return odd;

  function serve(request: RecordedRequest, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.path, 'http://h');
    const { headers, method } = request;
    const body = request.body === '' ? undefined : (JSON.parse(request.body) as Record<string, unknown>);
    const route = `${method} ${pathname}`;
    if (route === 'POST /base/_status') return sendJson(response, {}, 299);
    if (route === 'PUT /base/hello') {
      odd.sitting++;
      const welcome = { app: 'odd', build: '7', motd: 'Behave.', token: `sit-${odd.sitting}` };
      return sendJson(response, { welcome });
    }
    const sits = `sit-${odd.sitting}`;
    if (headers['x-sitting'] !== sits) return sendJson(response, { oops: { kind: 'E9', says: 'Sit down' } });
    const answer = odd.answers.shift();
    if (answer !== undefined) return answer(response);
    switch (route) {
      case `GET /base/${sits}/actions`: {
        const second = searchParams.get('cursor') === 'p2';
        const action = {
          id: second ? 'b' : 'a/../x y',
          short: 's',
          label: 'L',
          safe: true,
          accepts: { type: 'object' },
        };
        return sendJson(response, {
          data: [{ actions: [action] }],
          links: second ? {} : { 'next/page': 'p2' },
        });
      }
      case 'GET /base/files':
        return sendJson(response, [{ location: 'a:/1?x#y', title: 'One', kind: 'text/plain' }]);
      case 'GET /base/files/content/a%3A%2F1%3Fx%23y':
        return void response.writeHead(200, { 'content-type': 'text/plain' }).end('one');
      case 'GET /base/recipes':
        return sendJson(response, { all: [{ name: 'soup', arguments: [{ name: 'salt' }] }] });
      case 'GET /base/recipes/soup':
        return sendJson(response, {
          lines: [`Salt: ${searchParams.get('salt')}`, { role: 'assistant', content: 'Yes' }],
        });
      case 'POST /base/suggest':
        return sendJson(response, { values: [`${String(body?.['of'])}:${String(body?.['part'])}`] });
      case 'PUT /base/verbosity/debug':
        return void response.writeHead(204).end();
      default:
        if (method !== 'PATCH') return void response.writeHead(404).end();
        sendJson(response, { data: { output: { value: { body, pathname }, failed: false, words: 'done' } } });
    }
  }
}

const connected = async (rest: RestSettings = MAP, settings: SignalboxSettings = {}, query = '') => {
  const service = await startOdd();
  const entry = {
    type: 'rest',
    url: `${service.origin}/base/${query}`,
    headers: { 'X-Ours': 'kept' },
    'x-signalbox': { ...QUICK, ...settings, rest },
  };
  const client = makeFactory().create('odd', entry);
  await client.connect();
  return { service, client, last: () => service.requests.at(-1)! };
};

describe('an endpoint map in which everything is called otherwise', () => {
  it('connects by its routes, and reads who answers', async () => {
    const { service, client } = await connected();
    expect(service.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /base/_status',
      'PUT /base/hello',
    ]);
    expect(service.requests[0]!.body).toBe('{"probe":true}');
    expect(JSON.parse(service.requests[1]!.body)).toEqual({
      who: { app: 'signalbox', mcp: '2025-11-25' },
      beta: ['x', 1],
    });
    expect(client.serverInfo).toEqual({ name: 'odd', version: '7' });
    expect(client.instructions).toBe('Behave.');
    expect(client.capabilities).toEqual({
      tools: {},
      resources: {},
      prompts: {},
      completions: {},
      logging: {},
    });
  });

  it('lists, by other names, with the session in the path and in its header', async () => {
    const { client, last } = await connected();
    expect(await client.listTools()).toEqual([
      {
        name: 'a/../x y',
        description: 's',
        inputSchema: { type: 'object' },
        annotations: { readOnlyHint: true, title: 'L' },
      },
      expect.objectContaining({ name: 'b' }),
    ]);
    expect(last()).toMatchObject({ path: '/base/sit-1/actions?cursor=p2' });
    expect(last().headers).toMatchObject({ 'x-sitting': 'sit-1', 'x-ours': 'kept' });
    expect(await client.listResources()).toEqual([{ uri: 'a:/1?x#y', name: 'One', mimeType: 'text/plain' }]);
    expect(await client.listResourceTemplates()).toEqual([]);
    expect(await client.readResource('a:/1?x#y')).toEqual({
      contents: [{ uri: 'a:/1?x#y', mimeType: 'text/plain', text: 'one' }],
    });
    expect(await client.listPrompts()).toMatchObject([{ name: 'soup' }]);
    expect(await client.getPrompt('soup', { salt: 'a&b' })).toEqual({
      messages: [
        { role: 'user', content: { type: 'text', text: 'Salt: a&b' } },
        { role: 'assistant', content: { type: 'text', text: 'Yes' } },
      ],
    });
    const completed = await client.complete(
      { type: 'ref/prompt', name: 'soup' },
      { name: 'salt', value: 'mu' },
    );
    expect(completed).toEqual({ completion: { values: ['soup:mu'] } });
  });

  it('spreads the arguments over path, query, headers and body', async () => {
    const { client, last } = await connected();
    const args = { area: 'north & south', verbose: true, tags: ['a', 'b c', { d: 1 }], rest: null };
    const result = await client.callTool('a/../x y', args);
    expect(last().path).toBe(
      '/base/actions/a%2F..%2Fx%20y/north%20%26%20south?verbose=true&tag=a&tag=b+c&tag=%7B%22d%22%3A1%7D&mode=sync',
    );
    expect(last().headers).toMatchObject({ 'x-action': 'a/../x y' });
    expect(last().headers).not.toHaveProperty('x-missing');
    expect(result).toMatchObject({
      structuredContent: { body: { payload: { in: args } } },
      isError: false,
      content: [{ type: 'text', text: 'done' }],
    });
  });

  it('reads errors where they stand, in answers of success too', async () => {
    const { service, client } = await connected();
    const say = (kind: unknown, status = 200): void =>
      void service.answers.push((response) =>
        sendJson(response, { oops: { kind, says: 'Oh', why: { x: 1 } } }, status),
      );
    say('E404');
    await expect(client.callTool('b')).rejects.toMatchObject({
      code: 'UNKNOWN_NAME',
      details: { serviceCode: 'E404', problems: { x: 1 } },
    });
    say('EARGS', 409);
    await expect(client.callTool('b')).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      details: { status: 409 },
    });
    say('E9');
    await client.callTool('b');
    expect(service.sitting).toBe(2);
    say('new');
    await expect(client.callTool('b')).rejects.toMatchObject({
      name: 'RemoteError',
      code: -32_000,
      remoteMessage: 'Oh',
    });
    say('constructor');
    await expect(client.callTool('b')).rejects.toMatchObject({ name: 'RemoteError' });
  });

  it('tells where nothing was found of what the map wants', async () => {
    const { service, client } = await connected();
    service.answers.push((response) => sendJson(response, { data: {} }));
    const error = await rejection(client.callTool('b'));
    expect(error).toMatchObject({ code: 'INVALID_RESULT', delivered: 'yes' });
    expect(error.message).toContain('nothing at "/data/output"');
    service.answers.push((response) => sendJson(response, { data: [] }));
    await expect(client.listTools()).rejects.toThrow('no list at "/nothing/here", "/data/0/actions"');
    service.answers.push(
      (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
    );
    await expect(client.listPrompts()).rejects.toMatchObject({ code: 'BAD_RESPONSE' });
  });
});

describe('what arguments cannot do', () => {
  it.each(['.', '..', '', '\uD800'])('the tool name %j does not go out', async (name) => {
    const { service, client } = await connected();
    const before = service.requests.length;
    await expect(client.callTool(name)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', delivered: 'no' });
    await expect(client.callTool('b', { area: name })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(service.requests).toHaveLength(before);
  });

  it.each([
    ['../../admin', '..%2F..%2Fadmin'],
    ['%2e%2e', '%252e%252e'],
    ['a?b=c#d', 'a%3Fb%3Dc%23d'],
    ['a\\..\\b', 'a%5C..%5Cb'],
    ['a;b=c', 'a%3Bb%3Dc'],
    ['...', '...'],
    ['Ünï 日本', '%C3%9Cn%C3%AF%20%E6%97%A5%E6%9C%AC'],
    ['\t\r\n', '%09%0D%0A'],
  ])('the tool name %j stays within its segment', async (name, encoded) => {
    const { client, last } = await connected({
      ...MAP,
      operations: {
        ...MAP.operations,
        'tools/call': { path: '/actions/{name}', method: 'PATCH', result: '' },
      },
    });
    await client.callTool(name, {});
    expect(last().path).toBe(`/base/actions/${encoded}`);
  });

  it('stand in for the session, the query of the url, or who we are', async () => {
    const { client, last } = await connected(
      {
        ...MAP,
        operations: {
          ...MAP.operations,
          'tools/call': { method: 'PATCH', path: '/x{?arguments*}', body: '/arguments', result: '' },
        },
        session: { from: '/welcome/token', fromHeader: 'x-none', in: 'header', name: 'X-Sitting' },
      },
      { auth: { type: 'bearer', token: 'the-token' } },
      '?api_key=ours&v=2',
    );
    const hostile = { api_key: 'theirs', v: '3', 'x-sitting': 'theirs', authorization: 'theirs', free: '1' };
    await client.callTool('b', hostile);
    const { path, headers } = last();
    const { searchParams } = new URL(path, 'http://h');
    expect([searchParams.getAll('api_key'), searchParams.getAll('v'), searchParams.get('free')]).toEqual([
      ['ours'],
      ['2'],
      '1',
    ]);
    expect(headers).toMatchObject({ authorization: 'Bearer the-token', 'x-sitting': 'sit-1' });
  });

  it('a session in the body or the query is the one that is open', async () => {
    const service = await startHttpFixture((request, response) =>
      sendJson(response, request.path === '/initialize' ? { sessionId: 'ours' } : { result: {} }),
    );
    const rest: RestSettings = {
      operations: { 'tools/call': { body: '/arguments', path: '/t{?arguments*}' } },
    };
    const client = makeFactory().create('s', {
      type: 'rest',
      url: service.origin,
      'x-signalbox': { ...QUICK, rest },
    });
    await client.connect();
    await client.callTool('t', { sessionId: 'theirs' });
    const { path, body } = service.requests.at(-1)!;
    expect([path, JSON.parse(body)]).toEqual(['/t', { sessionId: 'ours' }]);
  });

  it('break a header', async () => {
    const { service, client } = await connected();
    const before = service.requests.length;
    const error = await rejection(client.callTool('a\r\nX-Evil: 1', {}));
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', delivered: 'no' });
    expect(error.message).not.toContain('Evil');
    expect(service.requests).toHaveLength(before);
  });
});
