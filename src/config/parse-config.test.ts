import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SignalboxError } from '../core/errors.ts';
import type { LoadedConfig } from './load.ts';
import { type ParseConfigOptions, parseConfig } from './parse-config.ts';
import { parseEntry } from './parse-entry.ts';

const file = '/srv/app/.mcp.json';
const parse = (text: string, options: ParseConfigOptions = {}): LoadedConfig =>
  parseConfig(text, { file, env: {}, ...options });
const parseServers = (servers: object, options: ParseConfigOptions = {}): LoadedConfig =>
  parse(JSON.stringify({ mcpServers: servers }), options);

function refuse(text: string): SignalboxError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof SignalboxError) return error;
    throw error;
  }
  throw new Error('the file was accepted');
}

describe('the file as a whole', () => {
  it('F-139 reads comments, trailing commas, a BOM and Windows line ends', () => {
    const text =
      '\uFEFF// one\r\n{ /* two */ "mcpServers": {\r\n "a": { "command": "node", "args": ["x",], }, }, }\r\n';
    expect(parse(text).servers.get('a')?.args).toEqual(['x']);
  });

  it.each([
    ['', `${file}: the file is empty`],
    [' \n// nothing\n', `${file}: the file is empty`],
    ['[]', `${file}:1:1: the file holds a list`],
    ['"text"', 'the file holds text'],
    ['null', 'the file holds null'],
    ['{}', 'no servers found: it has no keys; put the servers under "mcpServers"'],
    ['{"a": 1, "b": {}}', 'no servers found: its keys are "a", "b"'],
    ['{"mcpServers": []}', `${file}:1:2: "mcpServers" is a list`],
    ['{"mcp": {"servers": null}}', '"mcp.servers" is null'],
    ['{"mcpServers": {"a": {"command": "node"}', `${file}:1:41: not valid JSON: a closing } is expected`],
    ['{\n  "mcpServers": {\n    "a" {} } }', `${file}:3:9: not valid JSON: a colon is expected`],
    ['{\n  mcpServers: {} }', `${file}:2:3: not valid JSON`],
    ["{'mcpServers': {}}", 'texts and keys stand in double quotes'],
    ['{"mcpServers": {}} x', 'not valid JSON'],
    ['{"mcpServers": {"a": {"command": "C:\\x"}}}', 'a backslash is followed by'],
    ['{"a": "open', 'a text has no closing double quote'],
    ['{"a": 1 /* open', 'a comment has no end'],
    [`{"a": ${'['.repeat(100)}`, `${file}:1:70: nested deeper than 64 levels`],
    ['['.repeat(500_000), 'nested deeper than 64 levels'],
    ['{"a": 1,\r\n\r\n"b": tru}', `${file}:3:6: not valid JSON`],
  ])('F-139 refuses %.60j', (text, message) => {
    const error = refuse(text);
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain(message);
    expect(error.details['file']).toBe(file);
  });

  it('F-139 refuses two servers of one name, and names both lines', () => {
    const error = refuse('{"mcpServers": {\n"a": {"command": "x"},\n"b": {"url": "http://h"},\n"a": {}}}');
    expect(error.message).toContain(`${file}:4:1: "a" stands on line 2 and again on line 4`);
    expect(error.details).toEqual({ file, line: 4, column: 1, key: 'mcpServers.a' });
  });

  it('F-139 refuses two maps of servers under one key', () => {
    const twice = '{"mcpServers": {"a": {"command": "x"}},\n"mcpServers": {}}';
    expect(refuse(twice).message).toContain(
      '"mcpServers" stands on line 1 and again on line 2; merge the two',
    );
  });

  it('F-139 warns of other keys that stand twice', () => {
    const { servers, warnings } = parse(
      '{"servers": {"a": {"command": "x",\n"args": ["1"],\n"args": ["2"]}}}',
    );
    expect(servers.get('a')?.args).toEqual(['2']);
    expect(warnings).toEqual([`${file}:3: "servers.a.args" stands on line 2 already; the last one counts`]);
  });

  it.each([
    ['mcpServers', '{"mcpServers": {"a": {"command": "x"}}}'],
    ['servers', '{"inputs": [], "servers": {"a": {"command": "x"}}}'],
    ['mcp.servers, nested', '{"editor.tabSize": 2, "mcp": {"servers": {"a": {"command": "x"}}}}'],
    ['mcp.servers, one key', '{"mcp.servers": {"a": {"command": "x"}}}'],
    ['no key', '{"$schema": "s", "a": {"command": "x"}}'],
  ])('finds the servers under %s', (_, text) => {
    expect([...parse(text).servers.keys()]).toEqual(['a']);
  });

  it('reads a bare map with a server that is called servers', () => {
    expect([...parse('{"servers": {"command": "x"}}').servers.keys()]).toEqual(['servers']);
  });

  it('says which root key it does not read', () => {
    const { servers, warnings } = parse(
      '{"servers": {"b": {"command": "x"}},\n"mcpServers": {"a": {"url": "http://h"}}}',
    );
    expect([...servers.keys()]).toEqual(['a']);
    expect(warnings).toEqual([`${file}:1: "servers" is not read, because "mcpServers" is there too`]);
  });

  it('accepts a map without servers, with a word', () => {
    const { servers, warnings } = parse('{"mcpServers": {}}');
    expect(servers.size).toBe(0);
    expect(warnings).toEqual([`${file}: there are no servers in it`]);
  });
});

describe('its servers', () => {
  it('keeps the order of the file, disabled ones too', () => {
    const text =
      '{"mcpServers": {"b": {"command": "x", "disabled": true}, "10": {"command": "x"}, "2": {"url": "http://h"}}}';
    const { servers } = parse(text);
    expect([...servers.keys()]).toEqual(['b', '10', '2']);
    expect(servers.get('b')?.disabled).toBe(true);
  });

  it('F-139 fails one server alone, and names file, line, server and key', () => {
    const text =
      '{"mcpServers": {\n  "good": {"command": "x"},\n  "bad": {\n    "url": "http://h",\n    "x-signalbox": {\n' +
      '      "timeouts": {"requst": 5} } },\n  "worse": 5 } }';
    const { servers, failed } = parse(text);
    expect([...servers.keys()]).toEqual(['good']);
    expect([...failed.keys()]).toEqual(['bad', 'worse']);
    const error = failed.get('bad');
    expect(error?.message).toBe(
      `[CONFIG_INVALID] bad: ${file}:6: "x-signalbox.timeouts.requst" is not a known key; did you mean "request"?`,
    );
    expect(error?.details).toMatchObject({ file, line: 6, column: 20, key: 'x-signalbox.timeouts.requst' });
    expect(error?.details['problems']).toMatchObject([{ line: 6, column: 20 }]);
    expect(failed.get('worse')?.message).toContain(`worse: ${file}:7: the entry is a number`);
  });

  it('places what is missing where it would stand', () => {
    const { failed } = parse('{"mcpServers": {\n"a": {\n"type": "stdio" } } }');
    expect(failed.get('a')?.details).toMatchObject({ line: 2, key: 'command' });
  });

  it('S03 fails a server with a variable that is not set, naming server, key and variable', () => {
    const { servers, failed } = parseServers({
      a: { url: 'https://${HOST}/mcp', headers: { A: '${TOKEN}' } },
      b: { command: 'x' },
    });
    expect([...servers.keys()]).toEqual(['b']);
    const error = failed.get('a');
    expect(error?.message).toContain(
      'a: /srv/app/.mcp.json:1: "url" needs the variable HOST, which is not set',
    );
    expect(error?.details['problems']).toMatchObject([{ key: 'url' }, { key: 'headers.A' }]);
  });

  it('expands before it checks, and tells the secrets', () => {
    const { servers, secrets } = parseServers(
      { a: { url: 'https://${H}/mcp', headers: { Authorization: 'Bearer ${TOKEN}' } } },
      { env: { H: 'api.example', TOKEN: 'canary-1' } },
    );
    expect(servers.get('a')).toMatchObject({
      url: 'https://api.example/mcp',
      headers: { Authorization: 'Bearer canary-1' },
    });
    expect(secrets).toEqual(['api.example', 'canary-1', 'Bearer canary-1']);
  });

  it('S08 refuses a line break that a variable brings into a header, without its value', () => {
    const { failed, secrets } = parseServers(
      { a: { url: 'https://h', headers: { Authorization: '${TOKEN}' } } },
      { env: { TOKEN: 'canary-1\n' } },
    );
    expect(failed.get('a')?.message).toContain('"headers.Authorization" contains a line break');
    expect(JSON.stringify(failed.get('a'))).not.toContain('canary');
    expect(secrets).toEqual(['canary-1\n']);
  });

  it('keeps what is not set where it may, with a warning', () => {
    const { servers, warnings } = parseServers({ a: { command: '${X}' } }, { lenient: true });
    expect(servers.get('a')?.command).toBe('${X}');
    expect(warnings).toEqual([
      `${file}:1: a: "command" needs the variable X, which is not set; \${X} stays as it is`,
    ]);
  });

  it('starts relative folders at the folder of the file, or at the one that is given', () => {
    const raw = {
      a: { command: 'x', envFile: '.env' },
      b: { command: 'x', cwd: 'sub' },
      c: { command: 'x', cwd: '/abs', args: ['${workspaceFolder}'] },
      d: { url: 'http://h', 'x-signalbox': { launch: { command: 'x' } } },
      e: { url: 'http://h' },
    };
    const { servers } = parseServers(raw);
    expect(servers.get('a')).toMatchObject({ cwd: '/srv/app', envFile: '/srv/app/.env' });
    expect(servers.get('b')?.cwd).toBe('/srv/app/sub');
    expect(servers.get('c')).toMatchObject({ cwd: '/abs', args: ['/srv/app'] });
    expect(servers.get('d')?.['x-signalbox']?.launch?.cwd).toBe('/srv/app');
    expect(servers.get('e')).toEqual({ url: 'http://h' });
    expect(parseServers(raw, { cwd: '/other' }).servers.get('b')?.cwd).toBe('/other/sub');
  });

  it('passes registered kinds on', () => {
    const raw = { a: { type: 'ws', url: 'ws://${H:-h}' } };
    expect(parseServers(raw).failed.get('a')?.message).toContain('which nobody registered');
    expect(parseServers(raw, { kinds: ['ws'] }).servers.get('a')?.url).toBe('ws://h');
  });

  it('gives warnings a place', () => {
    const { warnings } = parse('{"mcpServers": {\n"a": {"command": "x",\n"timeout": 60}}}');
    expect(warnings).toEqual([`${file}:3: a: "timeout" is 60 ms; milliseconds are meant here, not seconds`]);
  });

  it('S20 servers and keys called __proto__ and constructor do no harm', () => {
    const entry =
      '{"command": "x", "__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}';
    const { servers, warnings } = parse(
      `{"mcpServers": {"__proto__": ${entry}, "constructor": ${entry}, "prototype": ${entry}}}`,
    );
    expect([...servers.keys()]).toEqual(['__proto__', 'constructor', 'prototype']);
    // One of each, and one of a name that holds a separator.
    expect(warnings).toHaveLength(4);
    for (const one of servers.values()) expect(Object.getPrototypeOf(one)).toBeNull();
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(parse('{"__proto__": {"command": "x"}}').servers.get('__proto__')?.command).toBe('x');
  });
});

describe('whatever the text is', () => {
  const word = fc.constantFrom(
    ...[
      'mcpServers',
      'servers',
      'mcp',
      'command',
      'args',
      'env',
      'url',
      'type',
      'headers',
      'oauth',
      'timeout',
    ],
    ...[
      'x-signalbox',
      'timeouts',
      'retry',
      'launch',
      'ready',
      'port',
      'cwd',
      '__proto__',
      'constructor',
      '$schema',
    ],
  );
  const leaf = fc.oneof(
    fc.constantFrom(
      'node',
      'http://h/{port}',
      '${A}',
      '${A:-b}',
      '$${',
      '${',
      'stdio',
      'http',
      'auto',
      '__proto__',
    ),
    fc.string(),
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 6 },
      leaf,
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(fc.oneof(word, fc.string()), tie('tree'), { maxKeys: 5 }),
    ),
  }));
  const entry = fc.dictionary(word, tree, { maxKeys: 8 });
  const prototypes = [Object.prototype, Array.prototype, Function.prototype];
  const names = (): string => prototypes.map((one) => Reflect.ownKeys(one).map(String).join()).join(';');
  const untouched = names();

  function holds(text: string): void {
    try {
      const { servers, failed } = parse(text, { env: { A: 'value-of-a' } });
      for (const error of failed.values()) expect(error.code).toBe('CONFIG_INVALID');
      for (const [name, one] of servers) {
        const once = parseEntry(name, one);
        expect(once.entry).toEqual(one);
        expect(parseEntry(name, once.entry).entry).toEqual(once.entry);
      }
    } catch (error) {
      if (!(error instanceof SignalboxError)) throw error;
      expect(error.code).toBe('CONFIG_INVALID');
    }
    expect(names()).toBe(untouched);
  }

  it('F-139 S20 no JSON makes it throw anything but CONFIG_INVALID, or touches a prototype', () => {
    fc.assert(fc.property(fc.oneof(tree, fc.jsonValue()), (value) => holds(JSON.stringify(value))));
    fc.assert(
      fc.property(fc.dictionary(fc.oneof(word, fc.string()), entry), (servers) =>
        holds(JSON.stringify({ mcpServers: servers })),
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    ['servers', `{"mcpServers": {${Array.from({ length: 12_000 }, (_, i) => `"a${i}": 5`).join()}}}`],
    [
      'variables',
      `{"a": {"command": "x", "env": {${Array.from({ length: 12_000 }, (_, i) => `"A${i}": []`).join()}}}}`,
    ],
    ['placeholders', `{"a": {"command": "x", "args": ["${'${A}'.repeat(50_000)}"]}}`],
    ['open placeholders', `{"a": {"command": "x", "args": ["${'${'.repeat(100_000)}"]}}`],
    ['duplicates', `{"a": {"command": "x"${', "b": 1'.repeat(25_000)}}}`],
  ])('F-139 reads a file full of %s to its end', (_, text) => {
    // What grows with the square of the file would run into the time limit of the test.
    holds(text);
  });

  it('F-139 nor does any other text, or a file that was cut while it was written', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), holds));
    const whole = JSON.stringify({ mcpServers: { a: { command: 'node', args: ['x'], env: { A: '${A}' } } } });
    for (let length = 0; length < whole.length; length++) {
      expect(refuse(whole.slice(0, length)).code).toBe('CONFIG_INVALID');
    }
  });
});
