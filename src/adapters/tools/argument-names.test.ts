import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainArguments, withOwnNames } from './argument-names.ts';

describe('plainArguments', () => {
  it('leaves a schema alone whose names all providers take', () => {
    const schema = { type: 'object', properties: { a: {}, 'b.c-D_9': {} }, required: ['a'] } as const;
    expect(plainArguments(schema)).toEqual({ schema, ownNames: new Map() });
    expect(plainArguments(schema).schema).toBe(schema);
  });

  it('gives others a name of the same kind, and gives them back', () => {
    const long = 'x'.repeat(70);
    const { schema, ownNames } = plainArguments({
      type: 'object',
      properties: {
        $select: { type: 'string' },
        _select: true,
        'filter[name]': { title: 'Name' },
        [long]: {},
        [`${long}y`]: {},
        '': {},
      },
      required: ['$select', '_select'],
    });
    expect(schema).toEqual({
      type: 'object',
      properties: {
        _select_2: { title: '$select', type: 'string' },
        _select: true,
        filter_name_: { title: 'Name' },
        ['x'.repeat(64)]: { title: long },
        [`${'x'.repeat(62)}_2`]: { title: `${long}y` },
        _: { title: '' },
      },
      required: ['_select_2', '_select'],
    });
    expect(withOwnNames({ _select_2: 'a', _select: 1, filter_name_: 'b', other: 2, _: 3 }, ownNames)).toEqual(
      {
        $select: 'a',
        _select: 1,
        'filter[name]': 'b',
        other: 2,
        '': 3,
      },
    );
  });

  it('F-053 does no harm with names such as __proto__', () => {
    const properties = JSON.parse('{"__proto__":{"type":"string"},"$":{}}') as Record<string, unknown>;
    const { schema, ownNames } = plainArguments({ type: 'object', properties });
    expect(Object.keys(schema.properties)).toEqual(['__proto__', '_']);
    const args = withOwnNames(JSON.parse('{"__proto__":"a","_":"b"}') as Record<string, unknown>, ownNames);
    expect(Object.entries(args)).toEqual([
      ['__proto__', 'a'],
      ['$', 'b'],
    ]);
  });

  it('stays linear where thousands of names become the same', () => {
    const names = Array.from({ length: 40_000 }, (_, index) => String.fromCodePoint(0x4e00 + index));
    const properties = Object.fromEntries(names.map((name) => [name, true]));
    expect(plainArguments({ type: 'object', properties }).ownNames.size).toBe(names.length);
  });

  it('makes plain names that lead back, whatever they are', () => {
    const name = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', '_', '$', '[', '2'), maxLength: 6 }),
      fc.string({ maxLength: 90 }),
    );
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 12 }), (names) => {
        const properties = Object.fromEntries(names.map((one) => [one, {}]));
        const { schema, ownNames } = plainArguments({ type: 'object', properties, required: names });
        const shown = schema.required!;
        for (const one of shown) expect(one).toMatch(/^[A-Za-z0-9_.-]{1,64}$/u);
        expect(new Set(shown).size).toBe(names.length);
        expect(new Set(Object.keys(schema.properties))).toEqual(new Set(shown));
        const given = Object.fromEntries(shown.map((one, index) => [one, index]));
        expect(withOwnNames(given, ownNames)).toEqual(
          Object.fromEntries(names.map((one, index) => [one, index])),
        );
      }),
    );
  });
});
