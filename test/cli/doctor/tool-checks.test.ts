import { describe, expect, it } from 'vitest';
import { checkToolDescriptions } from '../../../src/cli/doctor/checks/tool-descriptions.ts';
import { checkToolNames } from '../../../src/cli/doctor/checks/tool-names.ts';
import { checkToolSchemas } from '../../../src/cli/doctor/checks/tool-schemas.ts';
import type { Tool } from '../../../src/protocol/mcp-types.ts';

const tool = (name: string, more: Partial<Tool> = {}): Tool => ({
  name,
  description: 'Does something',
  inputSchema: { type: 'object' },
  ...more,
});
const schemaFault = (inputSchema: unknown): string | undefined =>
  checkToolSchemas([tool('one', { inputSchema: inputSchema as Record<string, unknown> })])[0]?.what;

describe('tools that hosts refuse', () => {
  it('names: duplicates, characters, length', () => {
    expect(checkToolNames('server', [tool('read_file'), tool('write-file')])).toEqual([]);
    const whats = (server: string, ...names: string[]): string[] =>
      checkToolNames(
        server,
        names.map((name) => tool(name)),
      ).map(({ what }) => what);
    expect(whats('server', 'one', 'two', 'one')).toEqual(['"one" stands in its list more than once']);
    expect(whats('server', 'a b', 'ü', 'x.y', 'good')).toEqual([
      'hosts refuse characters in "a b", "ü", "x.y"',
    ]);
    expect(whats('s'.repeat(30), 't'.repeat(40))[0]).toContain('longer than the 64 characters');
    // Names are words of a peer.
    expect(whats('server', 'evil\u001B[2J\u202E')[0]).toBe('hosts refuse characters in "evil"');
    expect(whats('server', ...Array.from({ length: 9 }, (_, index) => `${index} x`))[0]).toContain(
      'and 4 more',
    );
  });

  it('schemas: no object, words at the root, too large, elsewhere', () => {
    expect(
      schemaFault({ type: 'object', properties: { a: { anyOf: [{ type: 'string' }] } }, required: ['a'] }),
    ).toBeUndefined();
    expect(schemaFault({ type: 'object', properties: { a: { $ref: '#/$defs/a' } } })).toBeUndefined();
    for (const [schema, fault] of [
      [undefined, 'is missing or no object'],
      [{ properties: {} }, 'does not say "type": "object"'],
      [{ type: 'array' }, 'does not say "type": "object"'],
      [{ type: 'object', properties: [] }, 'has "properties" that are no object'],
      [{ type: 'object', required: 'a' }, 'has a "required" that is no list'],
      [{ type: 'object', oneOf: [], allOf: [] }, 'has oneOf, allOf at its root'],
      [{ type: 'object', description: 'x'.repeat(40_000) }, 'is larger than 32 KB'],
      [{ type: 'object', properties: { a: { $ref: 'http://x/y.json' } } }, 'refers to a schema elsewhere'],
    ] as const) {
      expect(schemaFault(schema)).toBe(`the input schema of "one" ${fault}`);
    }
    expect(
      checkToolSchemas([tool('one', { inputSchema: {} }), tool('two', { inputSchema: {} })]),
    ).toHaveLength(1);
  });

  it('a schema that nests without end costs nothing', () => {
    let schema: Record<string, unknown> = { type: 'object', $ref: 'http://far/away' };
    for (let depth = 0; depth < 200; depth++) schema = { type: 'object', properties: { a: schema } };
    expect(schemaFault(schema)).toBeUndefined();
  });

  it('descriptions: missing, too long, with hidden text', () => {
    expect(checkToolDescriptions([tool('good', { description: 'Reads a file.\nSecond line.' })])).toEqual([]);
    const tools = [
      tool('none', { description: '' }),
      tool('long', { description: 'x'.repeat(2000) }),
      tool('hidden', { description: 'nice\u{E0041}\u{E0042}' }),
    ];
    expect(checkToolDescriptions(tools)).toMatchObject([
      { level: 'note', what: '"none" has no description' },
      { level: 'note', what: expect.stringContaining('"long" is longer than 1024') },
      { level: 'warning', what: expect.stringContaining('"hidden" holds characters that people do not see') },
    ]);
  });
});
