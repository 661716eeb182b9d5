import { describe, expect, it } from 'vitest';
import type { ServerEntry, SignalboxSettings } from '../../src/config/entry.ts';
import { SignalboxError } from '../../src/core/errors.ts';
import { QUICK, rejection, testFactories } from '../helpers/clients.ts';
import { checkHttpFixtures, type HttpFixture, sendJson, startHttpFixture } from '../helpers/http-fixture.ts';
import { openApi, operation } from '../helpers/operation-book.ts';
import { until } from '../helpers/until.ts';

checkHttpFixtures();
const makeFactory = testFactories();

const get = (operationId: string): object => ({ get: operation({ operationId }) });
const body = { content: { 'application/json': { schema: { type: 'object', properties: { name: {} } } } } };

const PATHS = {
  '/pets': {
    ...get('listPets'),
    post: operation({ operationId: 'addPet', requestBody: { required: true, ...body } }),
  },
  '/pets/{id}': { ...get('getPet'), delete: operation({ operationId: 'removePet' }) },
  '/answers/{kind}': get('answer'),
  '/status/{status}': get('status'),
};

interface Setting {
  /** The document; a function makes it anew for each request. */
  readonly document?: () => unknown;
  readonly needs?: string;
}

/** A service with a document, whose routes are plain REST. */
async function startService({ document, needs }: Setting = {}): Promise<HttpFixture> {
  return await startHttpFixture((request, response, { origin }) => {
    const { pathname } = new URL(request.path, origin);
    const [, room, last = ''] = pathname.split('/');
    if (needs !== undefined && request.headers['x-key'] !== needs) {
      sendJson(response, { message: 'who are you?' }, 401);
    } else if (room === 'openapi.json') sendJson(response, document?.() ?? openApi(PATHS));
    else if (room === 'pets' && request.method === 'POST') {
      sendJson(response, { id: 7, ...(JSON.parse(request.body) as object) }, 201);
    } else if (room === 'pets' && request.method === 'DELETE') response.writeHead(204).end();
    else if (room === 'pets') sendJson(response, last === '' ? [{ id: 7 }] : { id: Number(last) });
    else if (room === 'status') {
      const problems = [{ path: '/name', message: 'must be\u001B[31m string' }];
      sendJson(response, { error: { message: 'no such luck', details: problems } }, Number(last));
    } else if (last === 'page') sendJson(response, { content: [{ id: 1 }], error: 'of the page' });
    else if (last === 'text') response.setHeader('content-type', 'text/plain').end('Grüße');
    else if (last === 'image') response.setHeader('content-type', 'image/png').end(Buffer.from([137, 80]));
    else if (last === 'broken') response.setHeader('content-type', 'application/json').end('{"a":');
    else response.writeHead(404).end();
  });
}

const entry = (service: HttpFixture, settings: SignalboxSettings = {}, more: object = {}): ServerEntry => ({
  type: 'rest',
  url: service.origin,
  'x-signalbox': { ...QUICK, openapi: `${service.origin}/openapi.json`, ...settings },
  ...more,
});

const routes = ({ requests }: HttpFixture): readonly string[] =>
  requests.map(({ method, path }) => `${method} ${path}`);

/** A client that is connected, and what connecting cost is forgotten. */
async function connected(service: HttpFixture, settings: SignalboxSettings = {}, more: object = {}) {
  const client = makeFactory().create('s', entry(service, settings, more));
  await client.connect();
  service.requests.length = 0;
  return client;
}

async function fault(work: Promise<unknown>): Promise<SignalboxError> {
  const error = await rejection(work);
  if (SignalboxError.is(error)) return error;
  throw error;
}

describe('a service with an OpenAPI document', () => {
  it('costs the document to connect to, nothing to list, and one request for each call', async () => {
    const service = await startService();
    const client = makeFactory().create('s', entry(service));
    const { metadata } = await client.connect();
    expect(metadata).toMatchObject({ era: 'legacy', serverInfo: { name: 'Service', version: '1' } });
    expect(client.capabilities).toEqual({ tools: {} });
    const names = (await client.listTools()).map(({ name }) => name);
    expect(names).toEqual(['listPets', 'addPet', 'getPet', 'removePet', 'answer', 'status']);
    expect(await client.callTool('addPet', { name: 'Rex' })).toEqual({
      content: [{ type: 'text', text: '{"id":7,"name":"Rex"}' }],
      structuredContent: { id: 7, name: 'Rex' },
    });
    expect(await client.callTool('getPet', { id: '7' })).toMatchObject({ structuredContent: { id: 7 } });
    expect(await client.callTool('listPets', {})).toEqual({
      content: [{ type: 'text', text: '[{"id":7}]' }],
    });
    expect(await client.callTool('removePet', { id: '7' })).toEqual({ content: [] });
    expect(routes(service)).toEqual([
      'GET /openapi.json',
      'POST /pets',
      'GET /pets/7',
      'GET /pets',
      'DELETE /pets/7',
    ]);
  });

  it('may answer with anything, and is taken at its word', async () => {
    const client = await connected(await startService());
    const answer = async (kind: string): Promise<unknown> => await client.callTool('answer', { kind });
    // A page of a list has often a "content"; it is no result of MCP, and a field "error" no failure.
    expect(await answer('page')).toMatchObject({
      structuredContent: { content: [{ id: 1 }], error: 'of the page' },
    });
    expect(await answer('text')).toEqual({ content: [{ type: 'text', text: 'Grüße' }] });
    expect(await answer('image')).toEqual({
      content: [{ type: 'image', data: 'iVA=', mimeType: 'image/png' }],
    });
    expect(await fault(answer('broken'))).toMatchObject({ code: 'BAD_RESPONSE', delivered: 'yes' });
  });

  it('has its errors in the body read where the entry says by what', async () => {
    const client = await connected(await startService(), { rest: { errors: { present: '/error' } } });
    const error = await rejection(client.callTool('answer', { kind: 'page' }));
    expect(error).toMatchObject({ name: 'RemoteError', remoteMessage: 'of the page' });
  });

  it.each([
    [400, 'INVALID_ARGUMENT'],
    [401, 'AUTH_REQUIRED'],
    [403, 'FORBIDDEN'],
    [404, 'HTTP_ERROR'],
    [409, 'HTTP_ERROR'],
    [422, 'INVALID_ARGUMENT'],
    [429, 'RATE_LIMITED'],
  ])('refuses with HTTP %i, and it is %s with what it says', async (status, code) => {
    const client = await connected(await startService(), { rateLimit: false });
    const error = await fault(client.callTool('status', { status: String(status) }));
    expect(error).toMatchObject({ code, delivered: 'no', details: { status } });
    expect(error.message).toContain('no such luck');
    expect(JSON.stringify(error.details['problems'])).toBe('[{"path":"/name","message":"must be string"}]');
    if (status === 404) expect(error.message).not.toContain('does not know the tool');
  });

  it('fails with HTTP 500, and the call may have been executed', async () => {
    const client = await connected(await startService());
    const error = await fault(client.callTool('status', { status: '500' }));
    expect(error).toMatchObject({ code: 'OUTCOME_UNKNOWN', delivered: 'unknown' });
  });

  it('is not asked where the arguments make no request', async () => {
    const service = await startService();
    const client = await connected(service);
    for (const [tool, args, message] of [
      ['getPet', {}, 'needs "id"'],
      ['getPet', { id: '..' }, 'cannot send "id"'],
      ['getPet', { id: '1', admin: true }, 'does not know "admin"'],
    ] as const) {
      const error = await fault(client.callTool(tool, args));
      expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', delivered: 'no' });
      expect(error.message).toContain(message);
    }
    expect(await fault(client.callTool('nobody', {}))).toMatchObject({ code: 'UNKNOWN_NAME' });
    expect(service.requests).toEqual([]);
  });

  it('is called with the headers of the entry, which no argument can set', async () => {
    const parameters = [{ name: 'X-Key', in: 'header', required: true, schema: { type: 'string' } }];
    const paths = { '/pets': { get: operation({ operationId: 'listPets', parameters }) } };
    const service = await startService({ document: () => openApi(paths), needs: 'of-the-entry' });
    const client = await connected(service, {}, { headers: { 'X-Key': 'of-the-entry' } });
    const [tool] = await client.listTools();
    expect(tool?.inputSchema?.['properties']).toEqual({});
    await client.callTool('listPets', {});
    expect(service.requests[0]?.headers['x-key']).toBe('of-the-entry');
  });

  it('says which login its document asks for, where that is missing', async () => {
    const components = { securitySchemes: { k: { type: 'apiKey', in: 'header', name: 'X-Api-Key' } } };
    const service = await startService({
      document: () => openApi(PATHS, { components, security: [{ k: [] }] }),
    });
    const client = await connected(service);
    const error = await fault(client.callTool('status', { status: '401' }));
    expect(error.message).toContain('the OpenAPI document asks for an API key in the header "X-Api-Key"');
  });

  it('makes nobody follow what its document refers to elsewhere', async () => {
    const elsewhere = await startHttpFixture((_, response) => sendJson(response, {}));
    const parameters = [{ name: 'q', in: 'query', schema: { $ref: `${elsewhere.origin}/schema.json` } }];
    const paths = {
      '/pets': { get: operation({ operationId: 'listPets', parameters }) },
      '/other': { $ref: `${elsewhere.origin}/path.json` },
      '/file': { $ref: 'file:///etc/passwd' },
      '/server': { ...get('away'), servers: [{ url: elsewhere.origin }] },
    };
    const client = await connected(await startService({ document: () => openApi(paths) }));
    expect((await client.listTools()).map(({ name }) => name)).toEqual(['listPets']);
    await client.callTool('listPets', { q: 1 });
    expect(elsewhere.requests).toEqual([]);
  });

  it('has its document read anew by each connection', async () => {
    let path = '/pets';
    const service = await startService({ document: () => openApi({ [path]: get('only') }) });
    const client = await connected(service);
    await client.callTool('only', {});
    path = '/pets/9';
    await client.disconnect();
    await client.connect();
    await client.callTool('only', {});
    expect(routes(service)).toEqual(['GET /pets', 'GET /openapi.json', 'GET /pets/9']);
  });

  it('gives a sign of life by any answer to HEAD, or by the route that the entry names', async () => {
    const service = await startService();
    const client = await connected(service);
    await client.ping();
    expect(routes(service)).toEqual(['HEAD /']);
    const named = await connected(service, { rest: { operations: { health: { path: '/pets' } } } });
    await named.ping();
    expect(routes(service)).toEqual(['GET /pets']);
  });

  it('can have resources beside its tools, by routes of the entry', async () => {
    const service = await startService();
    const read = { path: '/pets/{uri}', query: {}, result: '' };
    const client = await connected(service, { rest: { operations: { 'resources/read': read } } });
    expect(client.capabilities).toEqual({ tools: {}, resources: {} });
    await client.readResource('7');
    expect(routes(service)).toEqual(['GET /pets/7']);
  });
});

describe('a document that cannot be had', () => {
  it.each([
    ['is none', () => ({ hello: 'world' }), 'CONFIG_INVALID', 'has no key "openapi"'],
    ['is of Swagger 2.0', () => ({ swagger: '2.0' }), 'CONFIG_INVALID', 'convert it to OpenAPI 3'],
  ])('fails the connection once, and names it, when it %s', async (_, document, code, message) => {
    const service = await startService({ document });
    const client = makeFactory().create('s', entry(service));
    const error = await fault(client.connect());
    expect(error.code).toBe(code);
    expect(error.message).toContain(`${service.origin}/openapi.json`);
    expect(error.message).toContain(message);
    expect(routes(service)).toEqual(['GET /openapi.json']);
  });

  it('leaves nothing behind when it never ends', async () => {
    const service = await startHttpFixture((_, response) => void response.write('{"openapi":'));
    const client = makeFactory().create('s', entry(service, { timeouts: { connect: 300 }, retry: false }));
    expect(await fault(client.connect())).toMatchObject({ code: 'CONNECT_TIMEOUT' });
  });

  it('leaves nothing behind when the client is disconnected meanwhile', async () => {
    const service = await startHttpFixture((_, response) => void response.write('{"openapi":'));
    const client = makeFactory().create('s', entry(service));
    const failed = fault(client.connect());
    await until('the document is asked for', () => service.requests.length === 1);
    await client.disconnect();
    expect((await failed).code).toBe('CONNECTION_CLOSED');
  });
});
