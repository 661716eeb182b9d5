import { describe, expect, it } from 'vitest';
import { SignalboxError } from '../../../src/core/errors.ts';
import { openApi, operation, operationBook } from '../../helpers/operation-book.ts';

type Options = Parameters<typeof operationBook>[1];

async function refusalOf(document: unknown, options: Options = {}): Promise<SignalboxError> {
  const error: unknown = await operationBook(document, options).catch((thrown: unknown) => thrown);
  expect(SignalboxError.is(error), String(error)).toBe(true);
  return error as SignalboxError;
}

const PETS = openApi({ '/pets': { get: operation({ operationId: 'listPets' }) } });
const names = async (...given: Parameters<typeof operationBook>): Promise<readonly string[]> =>
  (await operationBook(...given)).tools.map(({ name }) => name);

describe('a document', () => {
  it.each(['3.0.0', '3.0.4', '3.1.0', '3.1.2', '3.2.0'])('of OpenAPI %s is read', async (revision) => {
    expect(await names({ ...PETS, openapi: revision })).toEqual(['listPets']);
  });

  it('may be YAML, with anchors, merges and numbers for keys', async () => {
    const yaml = [
      'openapi: 3.1.0',
      'info: {title: Pets, version: "1"}',
      'x-answers: &answers',
      '  200: {description: fine}',
      'paths:',
      '  /pets:',
      '    get: {operationId: listPets, responses: {<<: *answers}}',
    ].join('\n');
    const book = await operationBook(yaml);
    expect(book).toMatchObject({ title: 'Pets', version: '1' });
    expect(book.tools).toHaveLength(1);
  });

  it('tells who the service is, filtered', async () => {
    const book = await operationBook({
      ...PETS,
      info: { title: 'Pet\u001B[31ms', version: '2', description: 'a\nb' },
    });
    expect(book).toMatchObject({ title: 'Pets', version: '2', description: 'a b' });
  });

  it.each([
    ['Swagger 2.0', { swagger: '2.0', info: {}, paths: {} }, 'convert it to OpenAPI 3', '/swagger'],
    ['something else', { hello: 'world' }, 'has no key "openapi"', undefined],
    [
      'a later revision',
      { ...PETS, openapi: '4.0.0' },
      'is of a revision that is not known: "4.0.0"',
      '/openapi',
    ],
    ['a number for a revision', { ...PETS, openapi: 3.1 }, 'no text', '/openapi'],
    ['a list', [PETS], 'holds no object', undefined],
    [
      'a parameter without a place',
      openApi({ '/x': { get: operation({ parameters: [{ name: 'a', in: 'form', schema: {} }] }) } }),
      'breaks the rules of OpenAPI',
      '/paths/~1x/get/parameters/0/in',
    ],
  ])('that is %s is refused with its place', async (_, document, message, pointer) => {
    const error = await refusalOf(document);
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain('the OpenAPI document http://service.test/openapi.json');
    expect(error.message).toContain(message);
    expect(error.details['pointer']).toBe(pointer);
  });

  it('that cannot be parsed is refused with the line', async () => {
    const error = await refusalOf('openapi: 3.1.0\ninfo: {title: "x\n\u001B[31m');
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', details: { line: expect.any(Number) as number } });
    expect(error.message).not.toContain('\u001B');
    expect((await refusalOf('{"openapi": "3.1.0",')).message).toContain('on line 1');
    expect((await refusalOf('<html>down</html>')).code).toBe('CONFIG_INVALID');
  });

  it('that breaks a rule is used all the same where the entry says so', async () => {
    const document = { ...PETS, info: { title: 'no version' } };
    expect((await refusalOf(document)).message).toContain("must have required property 'version'");
    const warnings: string[] = [];
    expect(await names(document, { settings: { strict: false }, warnings })).toEqual(['listPets']);
    expect(warnings.join()).toContain('version');
  });

  it('is read in parts where the rest is of no use', async () => {
    const warnings: string[] = [];
    const document = openApi({
      '/good': { get: operation({ operationId: 'good' }) },
      '/a b': { get: operation() },
      '/../up': { get: operation() },
      '/outside': { $ref: 'http://127.0.0.1:9/item.yaml' },
      '/parameter': { get: operation({ parameters: [{ $ref: './parameters.yaml#/id' }] }) },
      '/round': { get: operation({ requestBody: { $ref: '#/components/requestBodies/Round' } }) },
    });
    const components = { requestBodies: { Round: { $ref: '#/components/requestBodies/Round' } } };
    expect(await names({ ...document, components }, { warnings })).toEqual(['good']);
    expect(warnings).toHaveLength(5);
    expect(warnings.join()).toContain('leads out of the document, which is not followed');
    expect(warnings.join()).toContain('references lead round in a circle');
  });
});

describe('a hostile document', () => {
  it('reaches no prototype', async () => {
    const text = JSON.stringify({
      ...PETS,
      'x-a': { $ref: '#/constructor/prototype', polluted: { $ref: '#/info' } },
      components: { schemas: { A: { $ref: '#/__proto__/x' } } },
    }).replace('"x-a"', '"__proto__": {"polluted": 1}, "x-a"');
    expect(await names(text)).toEqual(['listPets']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('is bounded in depth', async () => {
    const nested = `${'{"x-a":'.repeat(5000)}1${'}'.repeat(5000)}`;
    expect((await refusalOf(nested)).message).toContain('more than 200 levels deep');
    expect((await refusalOf(`a: ${'['.repeat(20_000)}`)).code).toBe('CONFIG_INVALID');
  });

  it('cannot grow by aliases of YAML', async () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 9; level++) {
      lines.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ')}]`);
    }
    expect((await refusalOf(lines.join('\n'))).code).toBe('CONFIG_INVALID');
    const slim = lines.slice(0, 2).join('\n');
    expect((await refusalOf(slim, { limits: { documentBytes: 200 } })).message).toContain(
      'limits.documentBytes',
    );
    expect((await refusalOf('a: &a [*a]')).code).toBe('CONFIG_INVALID');
  });

  it('makes no more tools than limits.items allows', async () => {
    const paths = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [`/p${index}`, { get: operation() }]),
    );
    const error = await refusalOf(openApi(paths), { limits: { items: 29 } });
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', details: { pointer: '/paths' } });
    expect(error.message).toContain('limits.items');
  });

  it('fills no log: its warnings are counted', async () => {
    const paths = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`/p ${index}`, { get: operation() }]),
    );
    const warnings: string[] = [];
    await operationBook(openApi(paths), { warnings });
    expect(warnings).toHaveLength(21);
    expect(warnings.at(-1)).toContain('"more":81');
  });
});

describe('filters', () => {
  const document = openApi({
    '/pets': {
      get: operation({ operationId: 'listPets', tags: ['pets', 'public'] }),
      post: operation({ operationId: 'addPet', tags: ['pets'] }),
    },
    '/old': { get: operation({ operationId: 'listOld', deprecated: true, description: 'Old.' }) },
    '/a b-c/{id}': {},
    '/unnamed/{id}': { get: operation({ tags: ['pets'] }) },
  });

  it.each([
    [{}, ['listPets', 'addPet', 'listOld', 'get_unnamed_id']],
    [{ tags: ['pets'] }, ['listPets', 'addPet', 'get_unnamed_id']],
    [{ tags: ['Pets'] }, []],
    [{ operations: ['list*'] }, ['listPets', 'listOld']],
    [{ operations: ['get_unnamed_id'] }, ['get_unnamed_id']],
    [{ exclude: ['*Pet*', 'listOld'] }, ['get_unnamed_id']],
    [{ tags: ['pets'], operations: ['list*', 'add*'], exclude: ['addPet'] }, ['listPets']],
    [{ deprecated: false }, ['listPets', 'addPet', 'get_unnamed_id']],
  ])('%j let %j through', async (settings, expected) => {
    expect(await names(document, { settings })).toEqual(expected);
  });

  it('rename nothing: names are given before', async () => {
    const twins = openApi({
      '/a': { get: operation({ operationId: 'same id', tags: ['a'] }) },
      '/b': { get: operation({ operationId: 'same_id', tags: ['b'] }) },
    });
    expect(await names(twins, { settings: { tags: ['b'] } })).toEqual(['same_id_2']);
  });
});

describe('a tool', () => {
  it('says what it is, and what its method promises', async () => {
    const paths = Object.fromEntries(
      ['get', 'put', 'post', 'patch', 'delete', 'head'].map((method) => [
        `/${method}`,
        { [method]: operation({ operationId: method }) },
      ]),
    );
    const book = await operationBook(openApi(paths));
    expect(Object.fromEntries(book.tools.map(({ name, annotations }) => [name, annotations]))).toEqual({
      get: { readOnlyHint: true },
      head: { readOnlyHint: true },
      put: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
      delete: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
      patch: { readOnlyHint: false, destructiveHint: true, idempotentHint: false },
      post: { readOnlyHint: false, idempotentHint: false },
    });
    expect(book.find('put')?.request({}).method).toBe('PUT');
    expect(book.find('toString')).toBeUndefined();
  });

  it('has summary and description, lines kept, filtered and bounded', async () => {
    const about = {
      summary: ' Find\u001B[2J a pet ',
      description: `One.\r\n\r\n  - \u202Etwo\u0007\n${'x'.repeat(5000)}`,
      deprecated: true,
    };
    const [tool] = (await operationBook(openApi({ '/x': { get: operation(about) } }))).tools;
    expect(tool?.title).toBe('Find a pet');
    expect(tool?.description.split('\n').slice(0, 3)).toEqual(['Deprecated. One.', '', '  -  two']);
    expect(tool?.description.length).toBeLessThanOrEqual(4012);
    expect(tool?.description.endsWith('…')).toBe(true);
  });

  it('is described by method and path where the document says nothing', async () => {
    const [tool] = (await operationBook(openApi({ '/x/{y}': { get: operation() } }))).tools;
    expect(tool).toMatchObject({ name: 'get_x_y', description: 'GET /x/{y}' });
    expect(tool).not.toHaveProperty('title');
  });
});

describe('where requests go', () => {
  const base = async (servers: unknown, options: Options = {}): Promise<string> => {
    const book = await operationBook({ ...PETS, servers }, options);
    return book.tools.length === 0 ? 'nowhere' : book.find('listPets')!.request({}).url.href;
  };

  it.each([
    ['the document has no servers', undefined, {}, 'http://service.test/pets'],
    ['a server is relative', [{ url: '/api/v3' }], {}, 'http://service.test/api/v3/pets'],
    [
      'a server is of the same origin',
      [{ url: 'http://service.test/v2/' }],
      {},
      'http://service.test/v2/pets',
    ],
    [
      'the first server is elsewhere',
      [{ url: 'http://evil.test/' }, { url: '/b' }],
      {},
      'http://service.test/b/pets',
    ],
    ['all servers are elsewhere', [{ url: 'https://service.test/x' }], {}, 'http://service.test/pets'],
    [
      'a server has variables',
      [{ url: '/{tenant}/{v}', variables: { tenant: { default: 'acme' }, v: { default: 'v1' } } }],
      {},
      'http://service.test/acme/v1/pets',
    ],
    [
      'url has a path',
      [{ url: '/api/v3' }],
      { url: 'http://service.test/proxy' },
      'http://service.test/proxy/pets',
    ],
    [
      'openapi.server is set',
      [{ url: '/a' }],
      { settings: { server: '/own' } },
      'http://service.test/own/pets',
    ],
    [
      'the document is elsewhere, and its server relative',
      [{ url: '/api' }],
      { settings: { document: 'http://docs.test/openapi.json' } },
      'http://service.test/pets',
    ],
  ])('when %s', async (_, servers, options, expected) => {
    expect(await base(servers ?? [], options)).toBe(expected);
  });

  it('is never another origin, whatever the entry or an operation says', async () => {
    const error = await refusalOf(PETS, { settings: { server: 'http://evil.test/' } });
    expect(error.message).toContain('of another origin than url');
    const document = openApi({
      '/a': { get: operation({ operationId: 'a', servers: [{ url: 'http://evil.test/' }] }) },
      '/b': { get: operation({ operationId: 'b', servers: [{ url: 'http://service.test/b-base' }] }) },
    });
    const warnings: string[] = [];
    const book = await operationBook(document, { warnings });
    expect(book.tools.map(({ name }) => name)).toEqual(['b']);
    expect(book.find('b')?.request({}).url.href).toBe('http://service.test/b-base/b');
    expect(warnings.join()).toContain('credentials must not go');
  });
});

describe('a hint for a login that is missing', () => {
  it('names the schemes that the document asks for', async () => {
    const components = {
      securitySchemes: {
        key: { type: 'apiKey', in: 'header', name: 'X-Key' },
        basic: { type: 'http', scheme: 'basic' },
        other: { type: 'oauth2', flows: {} },
      },
    };
    const security = [{ key: [] }, { basic: [] }];
    const book = await operationBook({ ...PETS, components, security });
    expect(book.securityHint).toBe('an API key in the header "X-Key", or HTTP authentication "basic"');
    expect((await operationBook(PETS)).securityHint).toBeUndefined();
  });
});
