import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type { OperationTool } from '../../../src/transports/rest/openapi/load-operations.ts';
import { openApi, operation, operationBook } from '../../helpers/operation-book.ts';

type Data = Readonly<Record<string, unknown>>;
type Options = Parameters<typeof operationBook>[1];

/** The tool of one POST whose body has this schema. */
async function toolOf(schema: unknown, more: Data = {}, options: Options = {}): Promise<OperationTool> {
  const requestBody = { required: true, content: { 'application/json': { schema } } };
  const paths = { '/x': { post: operation({ operationId: 'op', requestBody }) } };
  const [tool] = (await operationBook(openApi(paths, more), options)).tools;
  return tool!;
}

const OPENAPI_30 = { openapi: '3.0.3' };
const propertiesOf = ({ inputSchema }: OperationTool): Data => inputSchema['properties'] as Data;
const compiled = (schema: Data) => new Ajv2020({ strict: false, validateFormats: false }).compile(schema);

describe('the schema of the arguments', () => {
  it('is one flat object, with what the document says of each', async () => {
    const tool = await toolOf({
      type: 'object',
      required: ['name', 'name'],
      properties: {
        name: { type: 'string', minLength: 1, description: 'Of the pet', xml: { name: 'n' } },
        age: { type: 'integer', format: 'int32', default: 1, 'x-faker': 'age' },
        kind: { enum: ['cat', 'dog'] },
      },
    });
    expect(tool.inputSchema).toEqual({
      type: 'object',
      properties: {
        name: { type: 'string', minLength: 1, description: 'Of the pet' },
        age: { type: 'integer', format: 'int32', default: 1 },
        kind: { enum: ['cat', 'dog'] },
      },
      required: ['name'],
      additionalProperties: false,
    });
  });

  it('leaves out what is read-only, also where a reference says so', async () => {
    const schema = {
      type: 'object',
      required: ['id', 'stamp', 'name'],
      properties: {
        id: { type: 'integer', readOnly: true },
        stamp: { $ref: '#/components/schemas/Stamp' },
        name: {},
      },
    };
    const Stamp = { type: 'string', readOnly: true };
    const tool = await toolOf(schema, { components: { schemas: { Stamp } } });
    expect(tool.inputSchema).toMatchObject({ properties: { name: {} }, required: ['name'] });
    expect(Object.keys(propertiesOf(tool))).toEqual(['name']);
  });

  it('merges allOf, and keeps any other combination as one argument', async () => {
    const Base = { type: 'object', properties: { a: {} }, required: ['a'] };
    const merged = await toolOf(
      { allOf: [{ $ref: '#/components/schemas/Base' }, { properties: { b: {} } }] },
      { components: { schemas: { Base } } },
    );
    expect(merged.inputSchema).toMatchObject({ properties: { a: {}, b: {} }, required: ['a'] });
    const choice = await toolOf({ oneOf: [{ type: 'string' }, { type: 'number' }] });
    expect(propertiesOf(choice)).toEqual({ body: { oneOf: [{ type: 'string' }, { type: 'number' }] } });
    const open = await toolOf({
      type: 'object',
      properties: { a: {} },
      additionalProperties: { type: 'string' },
    });
    expect(Object.keys(propertiesOf(open))).toEqual(['body']);
  });

  it('becomes JSON Schema 2020-12 where the document is of OpenAPI 3.0', async () => {
    const tool = await toolOf(
      {
        type: 'object',
        properties: {
          a: { type: 'string', nullable: true, enum: ['x'] },
          b: { type: 'number', minimum: 0, exclusiveMinimum: true, maximum: 9, exclusiveMaximum: false },
          c: { type: 'string', example: 'shown' },
          d: { nullable: true, allOf: [{ type: 'object' }] },
          e: { type: 'string', format: 'binary' },
        },
      },
      OPENAPI_30,
    );
    expect(propertiesOf(tool)).toEqual({
      a: { type: ['string', 'null'], enum: ['x', null] },
      b: { type: 'number', exclusiveMinimum: 0, maximum: 9 },
      c: { type: 'string', examples: ['shown'] },
      d: { anyOf: [{ allOf: [{ type: 'object' }] }, { type: 'null' }] },
      e: { type: 'string', contentEncoding: 'base64' },
    });
    compiled(tool.inputSchema);
  });

  it('drops what JSON Schema could not take, so that others can read the rest', async () => {
    const tool = await toolOf({
      type: 'object',
      properties: {
        a: { type: 'file', minLength: -1, examples: 'no list', pattern: '(', enum: [], title: 3 },
        b: { type: ['string', 'null'], $id: 'http://elsewhere/', $dynamicRef: '#meta' },
      },
    });
    expect(propertiesOf(tool)).toEqual({ a: {}, b: { type: ['string', 'null'] } });
  });

  it('takes description, examples and deprecation of a parameter', async () => {
    const parameters = [
      {
        name: 'q',
        in: 'query',
        description: 'What',
        deprecated: true,
        example: 'e',
        schema: { type: 'string' },
      },
    ];
    const book = await operationBook(openApi({ '/x': { get: operation({ parameters }) } }));
    expect(book.tools[0]?.inputSchema['properties']).toEqual({
      q: { type: 'string', description: 'What', deprecated: true, examples: ['e'] },
    });
  });
});

describe('references in the schema', () => {
  const Node = {
    type: 'object',
    required: ['name'],
    properties: {
      name: { type: 'string' },
      children: { type: 'array', items: { $ref: '#/components/schemas/Node' } },
    },
  };

  it('are written out, and stay references where they lead round in a circle', async () => {
    const schema = { type: 'object', properties: { root: { $ref: '#/components/schemas/Node' } } };
    const tool = await toolOf(schema, { components: { schemas: { Node } } });
    expect(propertiesOf(tool)['root']).toMatchObject({
      properties: { children: { items: { $ref: '#/$defs/Node' } } },
    });
    const validate = compiled(tool.inputSchema);
    expect(validate({ root: { name: 'a', children: [{ name: 'b', children: [{ name: 'c' }] }] } })).toBe(
      true,
    );
    expect(validate({ root: { name: 'a', children: [{ children: [] }] } })).toBe(false);
  });

  it('cost no more than their share when each of them leads to many', async () => {
    const schemas = Object.fromEntries(
      Array.from({ length: 60 }, (_, level) => {
        const next = { $ref: `#/components/schemas/S${(level + 1) % 60}` };
        return [
          `S${level}`,
          { type: 'object', properties: { a: next, b: next, c: { oneOf: [next, next] } } },
        ];
      }),
    );
    const whole = { type: 'object', properties: { s: { $ref: '#/components/schemas/S0' } } };
    const tool = await toolOf(whole, { components: { schemas } });
    expect(Buffer.byteLength(JSON.stringify(tool.inputSchema))).toBeLessThan(256 * 1024);
    compiled(tool.inputSchema);
  });

  it('stay within limits.schemaBytes and limits.schemaDepth: what is too far away may be anything', async () => {
    const limits = { schemaBytes: 2000, schemaDepth: 20 };
    const words = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`word${index}`, { type: 'string' }]),
    );
    let deep: Data = { type: 'string' };
    for (let level = 0; level < 50; level++) deep = { type: 'object', properties: { deep } };
    const tool = await toolOf(
      { type: 'object', properties: { deep, node: { $ref: '#/components/schemas/Node' } } },
      { components: { schemas: { Node: { ...Node, properties: { ...Node.properties, ...words } } } } },
      { limits },
    );
    const text = JSON.stringify(tool.inputSchema);
    expect(Buffer.byteLength(text)).toBeLessThan(8000);
    expect(depthOf(tool.inputSchema)).toBeLessThanOrEqual(limits.schemaDepth);
    expect(tool.inputSchema['$defs']).toEqual({ Node: {} });
    compiled(tool.inputSchema);
  });

  it('to nothing, or out of the document, allow anything', async () => {
    const tool = await toolOf({
      type: 'object',
      properties: {
        a: { $ref: '#/components/schemas/None', description: 'kept' },
        b: { $ref: 'http://127.0.0.1:9/schema.json' },
        c: { $ref: '../secret.json#/x' },
        d: { $ref: '#/constructor/prototype' },
        e: { $ref: '#/paths/~1x/post/requestBody/content/application~1json/schema/properties/f' },
        f: { type: 'integer' },
      },
    });
    expect(propertiesOf(tool)).toEqual({
      a: { description: 'kept' },
      b: {},
      c: {},
      d: {},
      e: { type: 'integer' },
      f: { type: 'integer' },
    });
  });
});

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

describe('the schema of the result', () => {
  const answer = (schema: unknown): Data =>
    openApi({
      '/x': {
        get: {
          responses: {
            default: { description: 'bad' },
            201: { description: 'later', content: { 'application/json': { schema: { type: 'string' } } } },
            200: { description: 'fine', content: { 'application/json; charset=utf-8': { schema } } },
          },
        },
      },
    });

  const outputOf = async (schema: unknown, outputSchemas?: boolean): Promise<unknown> =>
    (await operationBook(answer(schema), { settings: { outputSchemas } })).tools[0]?.outputSchema;

  it('is left out, as services often answer otherwise than they say', async () => {
    expect(await outputOf({ type: 'object' })).toBeUndefined();
  });

  it('is there on demand, if it is an object, without what is never answered', async () => {
    const schema = { type: 'object', properties: { a: {}, password: { writeOnly: true } } };
    expect(await outputOf(schema, true)).toEqual({ type: 'object', properties: { a: {} } });
    expect(await outputOf({ type: 'array' }, true)).toBeUndefined();
  });
});
