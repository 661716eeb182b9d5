import { describe, expect, it } from 'vitest';
import { SignalboxError } from '../../../src/core/errors.ts';
import type { RestRequest } from '../../../src/transports/rest/rest-request.ts';
import { openApi, operation, operationBook } from '../../helpers/operation-book.ts';

type Args = Readonly<Record<string, unknown>>;
type Options = Parameters<typeof operationBook>[1];

/** The request of the one operation that a test describes. */
async function requestOf(
  at: { readonly path?: string; readonly method?: string },
  about: Readonly<Record<string, unknown>>,
  args: Args,
  options: Options = {},
): Promise<RestRequest> {
  const paths = { [at.path ?? '/x']: { [at.method ?? 'get']: operation({ operationId: 'op', ...about }) } };
  const book = await operationBook(openApi(paths), options);
  return book.find('op')!.request(args);
}

async function refusalOf(...given: Parameters<typeof requestOf>): Promise<SignalboxError> {
  const error: unknown = await requestOf(...given).catch((thrown: unknown) => thrown);
  expect(SignalboxError.is(error), String(error)).toBe(true);
  return error as SignalboxError;
}

const parameter = (name: string, place: string, more: Args = {}): Args => ({
  name,
  in: place,
  schema: { type: 'string' },
  ...(place === 'path' ? { required: true } : {}),
  ...more,
});
const body = (type: string, schema: unknown, more: Args = {}): Args => ({
  requestBody: { required: true, content: { [type]: { schema, ...more } } },
});
const text = (request: RestRequest): string => Buffer.from(request.body?.content ?? '').toString();

describe('the path of a request', () => {
  const files = { path: '/files/{name}/raw' };
  const about = { parameters: [parameter('name', 'path')] };

  it.each([
    ['a b', '/files/a%20b/raw'],
    ['../../admin', '/files/..%2F..%2Fadmin/raw'],
    ['a/b', '/files/a%2Fb/raw'],
    ['a\\b', '/files/a%5Cb/raw'],
    ['x?y=1#z', '/files/x%3Fy%3D1%23z/raw'],
    ['%2e%2e', '/files/%252e%252e/raw'],
    ['...', '/files/.../raw'],
    ['a\r\nHost: evil', '/files/a%0D%0AHost%3A%20evil/raw'],
  ])('never leaves its segment: %j', async (name, expected) => {
    const { url } = await requestOf(files, about, { name });
    expect(url.href).toBe(`http://service.test${expected}`);
  });

  it.each(['', '.', '..'])('is refused for %j, which is another path', async (name) => {
    const error = await refusalOf(files, about, { name });
    expect(error).toMatchObject({
      code: 'INVALID_ARGUMENT',
      delivered: 'no',
      details: { unusable: ['name'] },
    });
  });

  it('is refused where two values together make dots', async () => {
    const two = { parameters: [parameter('a', 'path'), parameter('b', 'path')] };
    const error = await refusalOf({ path: '/x/{a}{b}' }, two, { a: '.', b: '.' });
    expect(error.code).toBe('INVALID_ARGUMENT');
  });

  it('starts at the url of the entry, and keeps the query of that', async () => {
    const { url } = await requestOf(
      files,
      about,
      { name: 'n' },
      { url: 'http://service.test/api/v1/?key=1' },
    );
    expect(url.href).toBe('http://service.test/api/v1/files/n/raw?key=1');
  });

  it('has a value for a placeholder that nobody describes', async () => {
    const { url } = await requestOf({ path: '/a/{forgotten}' }, {}, { forgotten: 'v' });
    expect(url.pathname).toBe('/a/v');
  });

  it('is sent without the fragment that tells it apart', async () => {
    const { url } = await requestOf({ path: '/a#second' }, {}, {});
    expect(url.href).toBe('http://service.test/a');
  });
});

describe('the query of a request', () => {
  it('has the parameters in the order of the document', async () => {
    const parameters = [
      parameter('tags', 'query', { schema: { type: 'array' } }),
      parameter('filter', 'query', { style: 'deepObject', schema: { type: 'object' } }),
      { name: 'q', in: 'query', content: { 'application/json': { schema: { type: 'object' } } } },
      parameter('page', 'query'),
    ];
    const args = { page: 2, tags: ['a&b', 'c'], filter: { x: 1 }, q: { z: [] } };
    const { url } = await requestOf({}, { parameters }, args);
    expect(url.search).toBe('?tags=a%26b&tags=c&filter%5Bx%5D=1&q=%7B%22z%22%3A%5B%5D%7D&page=2');
  });

  it('leaves out what is null, and what is not there', async () => {
    const parameters = [parameter('a', 'query'), parameter('b', 'query')];
    const { url } = await requestOf({}, { parameters }, { a: null });
    expect(url.search).toBe('');
  });

  it('lets an exploded object set no other parameter and no credential', async () => {
    const more = { components: { securitySchemes: { k: { type: 'apiKey', in: 'query', name: 'api_key' } } } };
    const parameters = [
      parameter('free', 'query', { schema: { type: 'object' } }),
      parameter('page', 'query'),
    ];
    const paths = { '/x': { get: operation({ operationId: 'op', parameters }) } };
    const book = await operationBook(openApi(paths, more), { url: 'http://service.test/?tenant=1' });
    const op = book.find('op')!;
    expect(op.request({ free: { a: 1 } }).url.search).toBe('?tenant=1&a=1');
    for (const name of ['page', 'api_key', 'tenant']) {
      expect(() => op.request({ free: { [name]: 'x' } }), name).toThrow('the name of another parameter');
    }
  });
});

describe('the headers of a request', () => {
  it('hold what arguments give them', async () => {
    const parameters = [
      parameter('X-Trace', 'header'),
      parameter('x-list', 'header', { schema: { type: 'array' } }),
    ];
    const { headers } = await requestOf({}, { parameters }, { 'x-trace': 'ä', 'x-list': ['a', 'b'] });
    expect(headers).toEqual({ 'x-trace': 'ä', 'x-list': 'a,b' });
  });

  it.each(['a\r\nx: y', 'a\nb', '€', 'a\0b'])('never hold %j', async (value) => {
    const error = await refusalOf({}, { parameters: [parameter('x-a', 'header')] }, { 'x-a': value });
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', delivered: 'no' });
  });

  it.each([
    'Authorization',
    'Host',
    'Cookie',
    'Content-Length',
    'Content-Type',
    'Accept',
    'Transfer-Encoding',
    'Proxy-Authorization',
    'X-HTTP-Method-Override',
    'Mcp-Session-Id',
  ])('%s is no argument', async (name) => {
    const about = { parameters: [parameter(name, 'header', { required: true })] };
    expect((await requestOf({}, about, {})).headers).toEqual({});
    const error = await refusalOf({}, about, { [name.toLowerCase()]: 'x' });
    expect(error.details['unknown']).toEqual([name.toLowerCase()]);
  });

  it('are no argument where the entry sets them', async () => {
    const about = { parameters: [parameter('X-Api-Key', 'header', { required: true })] };
    const { headers } = await requestOf({}, about, {}, { ownHeaders: ['x-api-key'] });
    expect(headers).toEqual({});
  });
});

describe('cookies of a request', () => {
  it('are one header, encoded', async () => {
    const parameters = [parameter('a', 'cookie'), parameter('b', 'cookie')];
    const { cookie } = await requestOf({}, { parameters }, { a: '1;b=9', b: 'x y' });
    expect(cookie).toBe('a=1%3Bb%3D9; b=x%20y');
  });
});

describe('the body of a request', () => {
  const object = { type: 'object', properties: { a: { type: 'string' }, b: {} }, required: ['a'] };
  const post = { method: 'post' };

  it('is made of the arguments beside the parameters', async () => {
    const about = { parameters: [parameter('id', 'path')], ...body('application/json', object) };
    const request = await requestOf({ ...post, path: '/x/{id}' }, about, { id: 1, a: 'x', b: null });
    expect(request.url.pathname).toBe('/x/1');
    expect(request.body?.type).toBe('application/json');
    expect(JSON.parse(text(request))).toEqual({ a: 'x', b: null });
  });

  it('is one argument where a name is there twice, or it is no plain object', async () => {
    const about = { parameters: [parameter('a', 'query')], ...body('application/json', object) };
    const request = await requestOf(post, about, { a: 'q', body: { a: 'x' } });
    expect([request.url.search, text(request)]).toEqual(['?a=q', '{"a":"x"}']);
    const list = body('application/vnd.x+json', { type: 'array' });
    expect(await requestOf(post, list, { body: [1] })).toMatchObject({
      body: { content: '[1]', type: 'application/vnd.x+json' },
    });
  });

  it('is empty where none is needed and nothing is given, and an empty object where one is', async () => {
    const optional = { requestBody: { content: { 'application/json': { schema: object } } } };
    expect((await requestOf(post, optional, {})).body).toBeUndefined();
    const needed = body('application/json', { ...object, required: [] });
    expect(text(await requestOf(post, needed, {}))).toBe('{}');
  });

  it('is a form', async () => {
    const about = body(
      'application/x-www-form-urlencoded',
      { type: 'object' },
      {
        encoding: { deep: { style: 'deepObject' } },
      },
    );
    const value = { a: 'x y&z', list: [1, 2], deep: { k: 'v' }, object: { k: 1 }, no: null };
    const request = await requestOf(post, about, { body: value });
    expect(request.body?.type).toBe('application/x-www-form-urlencoded');
    expect(text(request)).toBe('a=x+y%26z&list=1&list=2&deep%5Bk%5D=v&object=%7B%22k%22%3A1%7D');
  });

  it('is a form with files, that a real parser reads', async () => {
    const schema = {
      type: 'object',
      properties: {
        file: { type: 'string', format: 'binary' },
        'na"me': { type: 'string' },
        meta: {},
        list: {},
      },
    };
    const request = await requestOf(post, body('multipart/form-data', schema), {
      file: Buffer.from([0, 255, 13, 10]).toString('base64'),
      na_me: 'vä\r\n--signalbox-',
      meta: { k: 1 },
      list: ['a', 'b'],
    });
    const headers = { 'content-type': request.body!.type };
    // oxlint-disable-next-line typescript/no-deprecated -- what Node.js itself reads forms with
    const form = await new Response(Buffer.from(request.body!.content), { headers }).formData();
    const file = form.get('file') as File;
    expect([file.name, [...new Uint8Array(await file.arrayBuffer())]]).toEqual(['file', [0, 255, 13, 10]]);
    expect(form.get('na"me') ?? form.get('na%22me')).toBe('vä\r\n--signalbox-');
    expect(await new Response(form.get('meta')).text()).toBe('{"k":1}');
    expect(form.getAll('list')).toEqual(['a', 'b']);
  });

  it('is text, or bytes that are given as base64', async () => {
    const plain = await requestOf(post, body('text/plain', {}), { body: 'hé' });
    expect([plain.body?.type, text(plain)]).toEqual(['text/plain; charset=utf-8', 'hé']);
    const bytes = await requestOf(post, body('image/png', {}), { body: 'iVA=' });
    expect([bytes.body?.type, [...Buffer.from(bytes.body!.content)]]).toEqual(['image/png', [0x89, 0x50]]);
    const error = await refusalOf(post, body('image/png', {}), { body: 'no base64!' });
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', delivered: 'no' });
  });

  it('is of the media type that says most', async () => {
    const content = { 'text/xml': {}, '*/*': {}, 'application/x-www-form-urlencoded': {} };
    const request = await requestOf(post, { requestBody: { content } }, { body: { a: 1 } });
    expect(request.body).toEqual({ content: '{"a":1}', type: 'application/json' });
  });
});

describe('arguments', () => {
  const about = { parameters: [parameter('id', 'query', { required: true }), parameter('$top', 'query')] };

  it('that are missing or not known are all named, and nothing is made of them', async () => {
    const error = await refusalOf({}, about, { x: 1, ['__proto__']: 2, ['\u001B[31mred']: 3 });
    expect(error).toMatchObject({
      code: 'INVALID_ARGUMENT',
      delivered: 'no',
      message: '[INVALID_ARGUMENT] service: the tool op needs "id"; does not know "x", "__proto__", "red"',
      details: { tool: 'op', missing: ['id'], unknown: ['x', '__proto__', 'red'] },
    });
  });

  it('have names that every interface of a model takes, and reach the service under its own', async () => {
    const { url } = await requestOf({}, about, { id: 'a', top: 3 });
    expect(url.search).toBe('?id=a&%24top=3');
  });

  it('never come from a prototype', async () => {
    const args = Object.create({ id: 'inherited' }) as Args;
    expect((await refusalOf({}, about, args)).details['missing']).toEqual(['id']);
  });

  it('of one name in two places are told apart', async () => {
    const parameters = [parameter('id', 'query'), parameter('id', 'path')];
    const { url } = await requestOf({ path: '/x/{id}' }, { parameters }, { id: 'p', query_id: 'q' });
    expect(url.href).toBe('http://service.test/x/p?id=q');
  });
});
