import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { faultyCommand } from '../helpers/faulty-server.ts';
import { temporaryDirectory } from '../helpers/processes.ts';
import { cli, ENTRIES, writeConfig } from './cli-run.ts';

const directory = temporaryDirectory();
const units = writeConfig(directory, { units: ENTRIES.units });
/** One attempt, and not for long. */
const impatient = {
  'x-signalbox': { retry: false, timeouts: { connect: 1000 }, stop: { eofMs: 50, termMs: 50 } },
};

describe('a wrong command line ends with 1 and one line that helps', () => {
  it.each([
    [['frobnicate'], /^signalbox: unknown command 'frobnicate'; see `signalbox --help`\n$/u],
    [['stauts'], /^signalbox: unknown command 'stauts' \(Did you mean status\?\)\n$/u],
    [['list', '--resurces'], /^signalbox: unknown option '--resurces' \(Did you mean --resources\?\)\n$/u],
    [['call'], /^signalbox: missing required argument 'name'/u],
    [
      ['up', '--port', 'x'],
      /^signalbox: option .*--port <port>' argument 'x' is invalid\. Give a port from 0/u,
    ],
    [['up', '--stdio', '--port', '1'], /'--stdio' cannot be used with option '-p, --port <port>'/u],
    [['status', '--timeout', '0'], /Give a whole number of milliseconds, 1 or more\./u],
    [
      ['status', '--log-level', 'loud'],
      /'loud' is invalid\. Allowed choices are trace, debug, info, warn, error, silent/u,
    ],
    [
      ['call', 'units__convert', 'nonsense'],
      /"nonsense" is no argument of a tool; write key=value .*\(INVALID_ARGUMENT\)/u,
    ],
    [['call', 'units__convert', '--input', '[1]'], /--input must be a JSON object/u],
    [['call', 'units__convert', 'value=abc', 'from=m', 'to=m'], /"value" must be a number, not "abc"/u],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await cli(args, { cwd: units.folder });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.split('\n')).toHaveLength(2);
  });

  it('as JSON with --json', async () => {
    const { code, stderr } = await cli(['--json', 'frob']);
    expect(code).toBe(1);
    expect(JSON.parse(stderr)).toEqual({
      error: {
        code: 'USAGE',
        message: "unknown command 'frob'; see `signalbox --help`",
        retryable: false,
        delivered: 'no',
      },
    });
  });

  it('without any command it is the help, on stderr', async () => {
    const { code, stdout, stderr } = await cli([]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('Usage: signalbox');
  });

  it('while --help and --version are no fault', async () => {
    for (const command of [[], ['up'], ['status'], ['list'], ['call'], ['read']]) {
      const { code, stdout, stderr } = await cli([...command, '--help']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain(`Usage: signalbox ${command.join('')}`);
      expect(stdout).toMatch(command.length === 0 ? /Examples:/u : /--config <file>/u);
    }
    expect(await cli(['--version'])).toEqual({ code: 0, stdout: '0.1.0\n', stderr: '' });
  });
});

describe('a config file that cannot be used ends with 1', () => {
  const file = (name: string, text: string): string => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  };

  it.each([
    [
      'missing',
      () => join(directory, 'none.json'),
      /none\.json: the config file does not exist; create it, for example:/u,
    ],
    ['a folder', () => directory, /the config file is a folder \(CONFIG_INVALID\)\n$/u],
    ['broken', () => file('broken.json', '{\n  "mcpServers": {\n'), /broken\.json:3:1: not valid JSON/u],
    ['empty', () => file('empty.json', ''), /empty\.json: the file is empty; write /u],
    ['something else', () => file('other.json', '{"name": "x"}'), /no servers found: its keys are "name"/u],
  ])('%s', async (_what, path, message) => {
    const { code, stdout, stderr } = await cli(['status', '-c', path()]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
    const asJson = await cli(['status', '--json', '-c', path()]);
    expect(JSON.parse(asJson.stderr)).toMatchObject({
      error: { code: 'CONFIG_INVALID', message: expect.any(String) },
    });
  });

  it('none at all', async () => {
    const { code, stderr } = await cli(['list'], { cwd: '/' });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /there is no \.mcp\.json in .* or above it; create one, or name a file with --config FILE/u,
    );
  });
});

describe('a name that nobody has ends with 2 and the nearest one', () => {
  it.each([
    [['list', 'unitz'], /there is no server "unitz" in .*; did you mean "units"\? \(UNKNOWN_SERVER\)/u],
    [['list', 'something'], /its servers are units/u],
    [['read', 'a:b', '-s', 'unit'], /did you mean "units"\?/u],
    [
      ['call', 'unit__convert'],
      /no server in .* fits "unit__convert"; did you mean "units"\? \(UNKNOWN_NAME\)/u,
    ],
    [['call', 'units__convrt'], /no server offers a tool "units__convrt"; did you mean "units__convert"\?/u],
    [['call', 'convrt'], /no server offers a tool "convrt"; did you mean "units__convert"\?/u],
    [['call', 'units__qqqqqqqq'], /no server offers a tool "units__qqqqqqqq" \(UNKNOWN_NAME\)/u],
  ])('%j', async (args, message) => {
    const { code, stderr } = await cli(args, { cwd: units.folder });
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('also where several servers have it', async () => {
    const { file } = writeConfig(directory, { a: ENTRIES.units, b: ENTRIES.units });
    const { code, stderr } = await cli(['call', 'convert', '-c', file]);
    expect(code).toBe(2);
    expect(stderr).toContain('several servers have a tool "convert"; say which: a__convert, b__convert');
  });
});

describe('a bad server is told of in one typed line, and the others go on', () => {
  const bad: Readonly<Record<string, readonly [entry: object, code: string, message: RegExp]>> = {
    missing: [{ command: 'signalbox-no-such-command' }, 'SPAWN_FAILED', /was not found; install it/u],
    dies: [
      faultyCommand({ start: ['stderr:no licence', 'exit:3'] }),
      'CONNECT_FAILED',
      /code 3.*no licence/u,
    ],
    silent: [faultyCommand({ neverRead: true }), 'CONNECT_TIMEOUT', /no connection within 1000 ms/u],
    wrong: [
      faultyCommand({ discover: 'error', on: { initialize: ['result:{"no":1}'] } }),
      'CONNECT_FAILED',
      /no protocolVersion/u,
    ],
    refused: [{ url: 'http://127.0.0.1:9/mcp' }, 'CONNECT_FAILED', /ECONNREFUSED.*is the server running\?/u],
    entry: [{ url: 'ftp://x' }, 'CONFIG_INVALID', /"url" begins with ftp:; write an http or https URL/u],
  };
  const entries = Object.fromEntries(
    Object.entries(bad).map(([name, [entry]]) => [name, { ...impatient, ...entry }]),
  );
  const noisy = faultyCommand({ start: ['noise:hello', 'noise:\u001B[2J'] });
  const mixed = writeConfig(directory, { units: ENTRIES.units, noisy, ...entries });

  it('in status', async () => {
    const { code, stdout } = await cli(['status'], { cwd: mixed.folder, env: {} });
    expect(code).toBe(4);
    expect(stdout).toMatch(/✓ +units .*connected/u);
    expect(stdout).toMatch(/✓ +noisy .*connected/u);
    for (const [name, [, errorCode, message]] of Object.entries(bad)) {
      const line = stdout.split('\n').find((text) => text.startsWith(`✗ ${name}: `));
      expect(line).toMatch(message);
      expect(line).toContain(`(${errorCode})`);
    }
  });

  it('in list, where the missing ones are named on stderr, or in the JSON', async () => {
    const plain = await cli(['list'], { cwd: mixed.folder });
    expect(plain.code).toBe(4);
    expect(plain.stdout).toMatch(/^units__convert/mu);
    for (const name of Object.keys(bad))
      expect(plain.stderr).toMatch(new RegExp(`^missing: ${name}: `, 'mu'));
    const json = await cli(['list', '--json', '--log-level', 'silent'], { cwd: mixed.folder });
    expect({ code: json.code, stderr: json.stderr }).toEqual({ code: 4, stderr: '' });
    const { missing, complete } = JSON.parse(json.stdout) as {
      missing: { server: string }[];
      complete: boolean;
    };
    expect(missing.map(({ server }) => server).toSorted()).toEqual(Object.keys(bad).toSorted());
    expect(complete).toBe(false);
  });

  it.each(Object.entries(bad))('in call: %s', async (name, [, errorCode, message]) => {
    const { code, stdout, stderr } = await cli(['call', `${name}__echo`, '--json'], { cwd: mixed.folder });
    expect({ code, stdout }).toEqual({ code: errorCode === 'CONFIG_INVALID' ? 1 : 4, stdout: '' });
    expect(stderr.trimEnd()).not.toContain('\n');
    const { error } = JSON.parse(stderr) as { error: { message: string } };
    expect(error).toMatchObject({ code: errorCode, server: name });
    expect(error.message).toMatch(message);
  });

  it('in call and read, where a name may belong to a server that is not there', async () => {
    const call = await cli(['call', 'mystery', '--log-level', 'error'], { cwd: mixed.folder });
    expect(call.code).toBe(4);
    expect(call.stderr).toMatch(
      /no connected server offers a tool "mystery", and these are not connected: missing, dies/u,
    );
    const read = await cli(['read', 'mystery:x', '--log-level', 'error'], { cwd: mixed.folder });
    expect(read.code).toBe(4);
    expect(read.stderr).toMatch(
      /no connected server offers the resource "mystery:x", and these are not connected: missing/u,
    );
    const asked = await cli(['read', 'mystery:x', '--server', 'refused'], { cwd: mixed.folder });
    expect(asked.code).toBe(4);
    expect(asked.stderr).toContain('ECONNREFUSED');
  });

  it('disabled servers are not started, and say so', async () => {
    const { file } = writeConfig(directory, { off: { ...ENTRIES.units, disabled: true } });
    const { code, stderr } = await cli(['call', 'off__convert', '-c', file]);
    expect(code).toBe(4);
    expect(stderr).toContain('off: the server is disabled');
    expect((await cli(['status', '-c', file])).code).toBe(0);
  });

  it('--timeout bounds the wait for all of them', async () => {
    const { file } = writeConfig(directory, {
      silent: { ...faultyCommand({ neverRead: true }), 'x-signalbox': { stop: { eofMs: 50 } } },
    });
    const { code, stdout } = await cli(['status', '--timeout', '300', '-c', file]);
    expect(code).toBe(4);
    expect(stdout).toMatch(
      /silent: no connection within 300 ms; give it more time with --timeout MS \(CONNECT_TIMEOUT\)/u,
    );
  });

  it('an error of the server is told with its code, bounded and safe', async () => {
    const { file } = writeConfig(directory, {
      refusing: faultyCommand({ on: { 'tools/call': ['error:-32602'] } }),
    });
    const { code, stderr } = await cli(['call', 'refusing__echo', '-c', file]);
    expect(code).toBe(5);
    expect(stderr).toMatch(
      /^signalbox: refusing: the server answered with an error: .*\(-32602\) \(REMOTE_ERROR\)\n$/u,
    );
  });
});
