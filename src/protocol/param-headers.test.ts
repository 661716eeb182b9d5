import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ParamHeader, paramHeaderValues, planParamHeaders } from './param-headers.ts';

const annotated = (name: unknown, type: unknown = 'string'): object => ({ type, 'x-mcp-header': name });
const schemaOf = (properties: object, more: object = {}): object => ({ type: 'object', properties, ...more });
const headersOf = (schema: unknown): readonly ParamHeader[] => {
  const plan = planParamHeaders(schema);
  if ('invalid' in plan) throw new Error(plan.invalid);
  return plan.headers;
};

describe('planParamHeaders', () => {
  it('finds annotated properties, nested ones too', () => {
    const schema = schemaOf({
      region: annotated('Region'),
      at: schemaOf({ zone: annotated('Zone', 'integer') }),
    });
    expect(headersOf(schema)).toEqual([
      { header: 'mcp-param-region', path: ['region'] },
      { header: 'mcp-param-zone', path: ['at', 'zone'] },
    ]);
  });

  it('allows a name that a standard header has', () => {
    expect(headersOf(schemaOf({ m: annotated('Method') }))[0]!.header).toBe('mcp-param-method');
  });

  it.each([
    ['empty', schemaOf({ a: annotated('') })],
    ['no token', schemaOf({ a: annotated('a b') })],
    ['control character', schemaOf({ a: annotated('a\r\nb') })],
    ['no string', schemaOf({ a: annotated(7) })],
    ['number type', schemaOf({ a: annotated('A', 'number') })],
    ['object type', schemaOf({ a: annotated('A', 'object') })],
    ['type list', schemaOf({ a: annotated('A', ['string', 'null']) })],
    ['no type', schemaOf({ a: { 'x-mcp-header': 'A' } })],
    ['twice', schemaOf({ a: annotated('A'), b: annotated('a') })],
    ['in items', schemaOf({ a: { type: 'array', items: annotated('A') } })],
    ['in oneOf', schemaOf({}, { oneOf: [schemaOf({ a: annotated('A') })] })],
    ['in $defs', schemaOf({}, { $defs: { x: annotated('A') } })],
    ['in an if', schemaOf({}, { if: schemaOf({ a: annotated('A') }) })],
    ['at the root', { type: 'object', 'x-mcp-header': 'A' }],
  ])('refuses the tool: %s', (_why, schema) => {
    expect(planParamHeaders(schema)).toHaveProperty('invalid');
  });

  it('a property that is called like the annotation is just a property', () => {
    expect(headersOf(schemaOf({ 'x-mcp-header': { type: 'string' } }))).toEqual([]);
  });

  it('never throws, and ends on schemas that are too deep', () => {
    fc.assert(fc.property(fc.jsonValue(), (schema) => void planParamHeaders(schema)));
    let deep: object = {};
    for (let i = 0; i < 5000; i++) deep = { not: deep };
    expect(planParamHeaders(deep)).toHaveProperty('invalid');
  });
});

describe('paramHeaderValues', () => {
  const headers = headersOf(
    schemaOf({
      s: annotated('S'),
      i: annotated('I', 'integer'),
      b: annotated('B', 'boolean'),
      o: schemaOf({ n: annotated('N') }),
    }),
  );

  it('mirrors what there is, encoded', () => {
    expect(paramHeaderValues(headers, { s: 'Hello, 世界', i: 42, b: false, o: { n: '' } })).toEqual({
      'mcp-param-s': '=?base64?SGVsbG8sIOS4lueVjA==?=',
      'mcp-param-i': '42',
      'mcp-param-b': 'false',
      'mcp-param-n': '',
    });
  });

  it('omits what is null, absent, or has no header form', () => {
    expect(paramHeaderValues(headers, { s: null, i: 1.5, o: 'text' })).toEqual({});
    expect(paramHeaderValues(headers, { i: 2 ** 60, b: [] })).toEqual({});
  });
});
