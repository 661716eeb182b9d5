import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { insertServers } from '../../../src/config/import/insert-servers.ts';
import { parseConfig } from '../../../src/config/parse-config.ts';

const NEW = new Map([['new', { command: 'x', args: ['a', 'b'] }]]);
const insert = (
  text: string,
  servers: typeof NEW | Map<string, object> = NEW,
  path: string[] = ['mcpServers'],
): string => insertServers(text, 'f.json', path, servers as typeof NEW);

describe('servers are put into a config file', () => {
  it('a new one', () => {
    expect(insert('{\n  "mcpServers": {}\n}\n')).toBe(
      '{\n  "mcpServers": {\n    "new": {\n      "command": "x",\n      "args": ["a", "b"]\n    }\n  }\n}\n',
    );
  });

  it('behind those that are there, with comments, commas and other keys as they were', () => {
    const before =
      '// top\n{\n\t"$schema": "s",\n\t"mcpServers": {\n\t\t// about a\n\t\t"a": { "command": "a" }, // behind a\n\t\t/* last */\n\t},\n\t"other": [1, 2]\n}';
    expect(insert(before)).toBe(
      '// top\n{\n\t"$schema": "s",\n\t"mcpServers": {\n\t\t// about a\n\t\t"a": { "command": "a" }, // behind a\n\t\t/* last */\n\t\t"new": {\n\t\t\t"command": "x",\n\t\t\t"args": ["a", "b"]\n\t\t}\n\t},\n\t"other": [1, 2]\n}',
    );
  });

  it('without a trailing comma one is added, before the comment', () => {
    const text = insert('{ "mcpServers": { "a": { "command": "a" } // note, with a comma\n } }');
    expect(text).toContain('{ "command": "a" }, // note, with a comma\n');
    expect([...parseConfig(text).servers.keys()]).toEqual(['a', 'new']);
  });

  it('in the place of one that is there', () => {
    const text = insert(
      '{\n  "mcpServers": {\n    "new": { "command": "old" }, // stays\n    "b": { "command": "b" }\n  }\n}\n',
    );
    expect(text).toContain('    }, // stays\n    "b": { "command": "b" }\n');
    expect(parseConfig(text).servers.get('new')).toMatchObject({ command: 'x', args: ['a', 'b'] });
  });

  it('under other keys, and into a map without a key', () => {
    expect(insert('{"servers":{}}', NEW, ['servers'])).toContain('"new"');
    expect(insert('{"mcp":{"servers":{}}}', NEW, ['mcp', 'servers'])).toContain('"new"');
    expect([...parseConfig(insert('{"a":{"command":"x"}}', NEW, [])).servers.keys()]).toEqual(['a', 'new']);
  });

  it('with the BOM and the line ends that are there', () => {
    const text = insert('\uFEFF{\r\n  "mcpServers": {\r\n    "a": { "command": "a" }\r\n  }\r\n}\r\n');
    expect(text.startsWith('\uFEFF{\r\n')).toBe(true);
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/u);
  });

  it('not where there is nothing to put them into', () => {
    expect(() => insert('{"mcpServers":[]}')).toThrow('the object of servers cannot be found');
    expect(() =>
      insert('{"mcpServers":{}}', new Map([['a', { timeout: Number.POSITIVE_INFINITY }]])),
    ).toThrow('nothing was written');
  });

  it('whatever their names and values are, they are read again as they were', () => {
    const word = fc.string({ unit: 'grapheme', maxLength: 12 });
    const entry = fc.record(
      {
        command: fc.constant('x'),
        args: fc.array(
          word.filter((text) => !text.includes('\0')),
          { maxLength: 4 },
        ),
        env: fc.dictionary(
          fc.stringMatching(/^[A-Z_]{1,8}$/u),
          word.filter((text) => !text.includes('\0')),
          { maxKeys: 3 },
        ),
      },
      { requiredKeys: ['command'] },
    );
    const name = fc.stringMatching(/^[a-z\d.-]{1,12}$/u);
    const before = fc.constantFrom(
      '{"mcpServers":{}}',
      '{\n  "mcpServers": {\n    "0z": { "command": "y" }, // c\n  },\n}',
      '{ "mcpServers": { "0z": {"command":"y"} /* } */ } }',
    );
    fc.assert(
      fc.property(before, fc.dictionary(name, entry, { minKeys: 1, maxKeys: 5 }), (text, servers) => {
        const plain = (value: unknown): string => JSON.stringify(value).replaceAll('${', () => '$${');
        const wanted = new Map(
          Object.entries(servers).map(([key, one]) => [key, JSON.parse(plain(one)) as object]),
        );
        const { servers: loaded, failed } = parseConfig(insert(text, wanted), { env: {} });
        expect([...failed]).toEqual([]);
        for (const [key, one] of Object.entries(servers)) {
          const { command, args, env } = one as {
            command: string;
            args?: string[];
            env?: Record<string, string>;
          };
          expect(loaded.get(key)?.command).toBe(command);
          expect(loaded.get(key)?.args ?? []).toEqual(args ?? []);
          expect({ ...loaded.get(key)?.env }).toEqual({ ...env });
        }
      }),
    );
  });
});
