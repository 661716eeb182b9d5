import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { OutputValidator } from './output-validator.ts';

const validator = new OutputValidator();

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

function nested(depth: number, wrap: (inner: unknown) => unknown, inner: unknown = true): unknown {
  let value = inner;
  for (let i = 0; i < depth; i += 1) value = wrap(value);
  return value;
}

async function reason(schema: unknown, value: unknown, of = validator): Promise<string> {
  const outcome = await of.validate(schema, value);
  return 'unusable' in outcome ? outcome.unusable : `a verdict: ${JSON.stringify(outcome)}`;
}

beforeAll(async () => {
  await validator.validate(true, 0); // loads the code, which is no part of what is timed
});

describe('S22 references', () => {
  it('fetches nothing', async () => {
    let hits = 0;
    const server = createServer((_request, response) => {
      hits += 1;
      response.end('true');
    });
    server.on('connection', () => (hits += 1));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`;
    for (const schema of [
      { $ref: url },
      { $dynamicRef: `${url}#a` },
      { properties: { a: { allOf: [{ $ref: url }] } } },
      { $id: url, $ref: 'other' },
      { $defs: { unused: { $ref: url } } },
    ]) {
      expect(await reason(schema, {})).toMatch(/lies outside of it; nothing is fetched/);
    }
    expect(await reason({ $schema: url }, {})).toMatch(/dialect/);
    expect(await validator.validate({ $id: url, type: 'object' }, {})).toEqual({ valid: true });
    server.close();
    await once(server, 'close');
    expect(hits).toBe(0);
  });

  it.each([
    'file:///etc/hostname',
    'https://[::1]/x',
    '//host/x',
    'other.json',
    'urn:x:y',
    'data:application/json,true',
  ])('refuses %s', async ($ref) => {
    expect(await reason({ properties: { a: { $ref } } }, {})).toMatch(/lies outside of it/);
  });

  it.each([
    { $ref: '#' },
    { anyOf: [{ $ref: '#' }, { $ref: '#' }] },
    { not: { $ref: '#' } },
    { $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' },
    { $dynamicAnchor: 'x', $dynamicRef: '#x' },
  ])('ends a cycle that goes nowhere: %j', async (schema) => {
    expect(await reason(schema, {})).toMatch(/cycle of references nests deeper/);
  });

  it('follows cycles that the value ends', async () => {
    const list = { properties: { next: { $ref: '#' } }, required: ['id'] };
    const value = nested(100, (next) => ({ id: 1, next }), { id: 0 });
    expect(await validator.validate(list, value)).toEqual({ valid: true });
  });
});

describe('bounds (B-6)', () => {
  it.each([
    ['depth', nested(10_000, (a) => ({ properties: { a } })), /nests deeper than 32/],
    ['size', { description: 'x'.repeat(5_000_000) }, /larger than 262144 bytes/],
    [
      'size in names',
      { properties: Object.fromEntries(times(300_000, (i) => [`k${i}`, true])) },
      /larger than/,
    ],
    ['size of data', { enum: [nested(200_000, (a) => [a])] }, /larger than/],
    ['number', { allOf: times(10_000, () => ({})) }, /more than 10000 schemas/],
  ])('%s of a schema', async (_name, schema, expected) => {
    expect(await reason(schema, [])).toMatch(expected);
  });

  it('data that is compared may be deeper than any stack', async () => {
    const deep = (): unknown => nested(20_000, (a) => [a]);
    expect(await validator.validate({ const: deep() }, deep())).toEqual({ valid: true });
    expect(await validator.validate({ const: deep() }, [deep()])).toMatchObject({ valid: false });
  });

  const doubling = (keyword: string): object =>
    Object.fromEntries(
      times(30, (i) => [
        `d${i}`,
        { [keyword]: [{ $ref: `#/$defs/d${i + 1}` }, { $ref: `#/$defs/d${i + 1}` }] },
      ]),
    );

  it.each([
    ['doubling references', { $defs: { ...doubling('anyOf'), d30: false }, $ref: '#/$defs/d0' }, 1],
    [
      'doubling with marks',
      { $defs: { ...doubling('allOf'), d30: {} }, $ref: '#/$defs/d0', unevaluatedItems: false },
      [],
    ],
    ['many × many', { items: { allOf: times(5000, () => ({})) } }, times(5000, () => 0)],
    ['long texts', { allOf: times(5000, () => ({ minLength: 3 })) }, 'x'.repeat(1_000_000)],
    [
      'exact division',
      { items: { allOf: times(5000, () => ({ multipleOf: 5e-324 })) } },
      times(5000, () => 1.1e308),
    ],
    ['long lists', { allOf: times(5000, () => ({ uniqueItems: true })) }, times(5000, (i) => ({ i }))],
  ])('work: %s', async (_name, schema, value) => {
    expect(await reason(schema, value)).toMatch(/more than 1000000 steps/);
  });

  it('takes bounds of its own, and reports a violation that it found before the work became too much', async () => {
    const small = new OutputValidator({ maxDepth: 2, maxSteps: 50, maxProblems: 200 });
    expect(await reason({ items: { items: { items: {} } } }, [], small)).toMatch(/deeper than 2/);
    expect(
      await reason(
        { items: {} },
        times(100, () => 1),
        small,
      ),
    ).toMatch(/more than 50 steps/);
    const outcome = await small.validate(
      { items: { type: 'null' } },
      times(100, () => 1),
    );
    expect(outcome).toMatchObject({ valid: false });
  });

  it('checks a large ordinary value', async () => {
    const row = {
      type: 'object',
      required: ['id'],
      properties: { id: { type: 'integer' }, name: { type: 'string' } },
    };
    const schema = { type: 'object', properties: { rows: { type: 'array', items: row } } };
    const value = { rows: times(50_000, (id) => ({ id, name: `row ${id}` })) };
    expect(await validator.validate(schema, value)).toEqual({ valid: true });
  });
});
