import { existsSync, readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { faultyCommand } from '../helpers/faulty-server.ts';
import { temporaryDirectory } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';
import { cli, ENTRIES, startCli, WELCOME, writeConfig } from './cli-run.ts';

const directory = temporaryDirectory();
const all = writeConfig(directory, {
  ...ENTRIES,
  off: { command: 'signalbox-no-such-command', disabled: true },
});
const units = writeConfig(directory, { units: ENTRIES.units });

describe('status', () => {
  it('shows every server with transport, protocol, state, tools and time', async () => {
    const { code, stdout, stderr } = await cli(['status'], { cwd: all.folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/SERVER +TRANSPORT +PROTOCOL +STATE +TOOLS +CONNECT/u);
    expect(stdout).toMatch(/✓ +units +stdio +modern 2026-07-28 +connected +4 +\d+ ms/u);
    expect(stdout).toMatch(/✓ +everything +stdio +legacy 2025-11-25 +connected +\d+ +\d+ ms/u);
    expect(stdout).toMatch(/– +off +stdio +– +disabled +– +–/u);
  });

  it('as JSON is one line with the same facts', async () => {
    const { code, stdout } = await cli(['status', '--json', '--config', units.file]);
    expect(code).toBe(0);
    expect(stdout.trimEnd()).not.toContain('\n');
    expect(JSON.parse(stdout)).toMatchObject({
      file: units.file,
      servers: [
        {
          name: 'units',
          state: 'connected',
          era: 'modern',
          tools: 4,
          connectMs: expect.any(Number),
          pid: expect.any(Number),
          health: { state: 'healthy', cause: null, nextCheckMs: expect.any(Number) },
        },
      ],
    });
  });

  it('on a terminal shows the way there, and takes it away', async () => {
    const { stdout, stderr } = await cli(['status'], { cwd: units.folder, tty: 80 });
    expect(stderr).toContain('connecting');
    expect(stderr.endsWith('\u001B[1A\u001B[0J')).toBe(true);
    expect(stdout).toContain('\u001B[32m✓');
  });
});

describe('progress on a small terminal', () => {
  it('sums up the servers that are ready, in lines that do not wrap', async () => {
    const names = Array.from({ length: 25 }, (_, index) => `server-${index}-${'x'.repeat(40)}`);
    const off = { command: 'signalbox-no-such-command', disabled: true };
    const { file } = writeConfig(directory, {
      ...Object.fromEntries(names.map((name) => [name, off])),
      [`units-${'x'.repeat(50)}`]: ENTRIES.units,
    });
    const { stderr } = await cli(['status', '-c', file], { tty: 40, env: { NO_COLOR: '1' } });
    expect(stderr).toContain('  25 of 26 servers are ready\n');
    expect(stderr).toContain('  26 of 26 servers are ready\n');
    const lines = stripVTControlCharacters(stderr).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
  });
});

describe('list', () => {
  it('shows tools with the first sentence of their description', async () => {
    const { code, stdout } = await cli(['list'], { cwd: all.folder });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^TOOL +DESCRIPTION\n/u);
    expect(stdout).toMatch(
      /^units__convert +Converts a value from one unit to another unit of the same dimension\.$/mu,
    );
    expect(stdout).toMatch(/^files__read_text_file +/mu);
    expect(stdout).not.toMatch(/^off/mu);
  });

  it('shows one server, resources and prompts where they are asked for', async () => {
    const { stdout } = await cli(['list', 'units', '--resources', '--prompts'], { cwd: all.folder });
    expect(stdout).toMatch(/^RESOURCE +DESCRIPTION$/mu);
    expect(stdout).toMatch(/^PROMPT +DESCRIPTION\nunits__/mu);
    expect(stdout).not.toMatch(/TOOL|files__/u);
    expect((await cli(['list', 'files', '--prompts'], { cwd: all.folder })).stdout).toBe('no prompts\n');
  });

  it('fits the width of a terminal', async () => {
    const { stdout } = await cli(['list', 'units'], { cwd: units.folder, tty: 60, env: { NO_COLOR: '1' } });
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60);
    expect(stdout).toContain('…');
  });

  it('searches tools by words, the best first', async () => {
    const { code, stdout } = await cli(['list', '--search', 'UNIT convert'], { cwd: all.folder });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^TOOL +DESCRIPTION\nunits__convert +Converts a value /u);
    expect(stdout).not.toMatch(/files__|everything__/u);
    const none = await cli(['list', 'units', '--search', 'no-such-word'], { cwd: all.folder });
    expect(none).toEqual({ code: 0, stdout: 'no tool has all of these words\n', stderr: '' });
    const { stdout: line } = await cli(['list', '--json', '--search', 'convert value'], {
      cwd: units.folder,
    });
    expect(JSON.parse(line)).toMatchObject({
      tools: [{ name: 'units__convert', server: 'units', stale: false, score: expect.any(Number) }],
      complete: true,
    });
  });

  it.each([['--prompts'], ['--resources']])('does not search with %s', async (option) => {
    const { code, stderr } = await cli(['list', '--search', 'x', option], { cwd: units.folder });
    expect(code).toBe(1);
    expect(stderr).toContain('--search');
  });

  it('as JSON has the whole objects', async () => {
    const { stdout } = await cli(['list', '--json', '--tools', '--resources', '--prompts'], {
      cwd: units.folder,
    });
    expect(JSON.parse(stdout)).toMatchObject({
      tools: expect.arrayContaining([
        {
          name: 'units__convert',
          server: 'units',
          stale: false,
          tool: expect.objectContaining({ inputSchema: expect.any(Object) }),
        },
      ]),
      resources: [{ server: 'units' }, { server: 'units' }],
      resourceTemplates: [{ server: 'units' }],
      prompts: [{ server: 'units' }],
      missing: [],
      complete: true,
    });
  });
});

describe('call', () => {
  it('prints text, with arguments converted by the schema of the tool', async () => {
    const { code, stdout, stderr } = await cli(['call', 'units__convert', 'value=1', 'from=km', 'to=m'], {
      cwd: units.folder,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/1 ?000 m/u);
  });

  it('knows a tool by its bare name where only one server has it', async () => {
    const { code, stdout } = await cli(['call', 'get-sum', 'a=2', 'b:=3'], { cwd: all.folder });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'The sum of 2 and 3 is 5.\n' });
  });

  it('takes arguments from a JSON object, and from one on stdin', async () => {
    const args = JSON.stringify({ path: WELCOME });
    const given = await cli(['call', 'files__read_text_file', '--input', args], { cwd: all.folder });
    const piped = await cli(['call', 'files__read_text_file', '--input', '-'], {
      cwd: all.folder,
      stdin: args,
    });
    expect(given.stdout).toBe(`${readFileSync(WELCOME, 'utf8').trimEnd()}\n`);
    expect(piped).toEqual(given);
  });

  it('names what is no text, and has the whole result as JSON', async () => {
    const call = ['call', 'everything__get-tiny-image'];
    expect((await cli(call, { cwd: all.folder })).stdout).toMatch(/^\[image image\/png \d[\d ]* bytes\]$/mu);
    const { stdout } = await cli([...call, '--json'], { cwd: all.folder });
    expect(JSON.parse(stdout)).toMatchObject({
      content: expect.arrayContaining([expect.objectContaining({ type: 'image', mimeType: 'image/png' })]),
    });
  });

  it('starts only the server that the name begins with', async () => {
    const journal = `${directory}/untouched.journal`;
    const { file } = writeConfig(directory, { units: ENTRIES.units, other: faultyCommand({ journal }) });
    expect((await cli(['call', 'units__list_units', '-c', file])).code).toBe(0);
    expect(existsSync(journal)).toBe(false);
  });

  it('shows progress on a terminal only', async () => {
    const call = ['call', 'units__conversion_table', 'from=m', 'to=ft', 'stop=4'];
    const watched = await cli(call, { cwd: units.folder, tty: 100 });
    expect(watched.stderr).toMatch(/… \d of \d \(\d+ %\): row/u);
    expect(watched.stderr.endsWith('\u001B[0J')).toBe(true);
    const piped = await cli(call, { cwd: units.folder });
    expect(piped.stderr).toBe('');
    expect(piped.stdout).toBe(watched.stdout);
  });

  it('ends with 5 if the tool fails, its words on stdout', async () => {
    const call = ['call', 'files__read_text_file', 'path=/signalbox-no-such-file'];
    const outcome = await cli(call, { cwd: all.folder });
    expect(outcome.code).toBe(5);
    expect(outcome.stdout).not.toBe('');
    expect(outcome.stderr).toBe('signalbox: files__read_text_file: the tool reported an error\n');
    const asJson = await cli([...call, '--json'], { cwd: all.folder });
    expect(JSON.parse(asJson.stdout)).toMatchObject({ isError: true });
    expect(JSON.parse(asJson.stderr)).toMatchObject({ error: { code: 'TOOL_ERROR' } });
  });

  it('tells the server of an interruption, and ends with 130', async () => {
    const journal = `${directory}/cancelled.journal`;
    const { file } = writeConfig(directory, {
      slow: faultyCommand({ journal, on: { 'tools/call': ['silent'] } }),
    });
    const running = startCli(['call', 'slow__echo', 'message=x', '-c', file]);
    await until(
      'the call has arrived',
      () => existsSync(journal) && readFileSync(journal, 'utf8').includes('tools/call'),
    );
    running.interruption.interrupt('SIGINT');
    const { code, stdout, stderr } = await running.outcome;
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(stderr).toMatch(/^signalbox: interrupted by SIGINT/u);
    expect(readFileSync(journal, 'utf8')).toContain('notifications/cancelled');
  });

  it('ends with 8 if the server may have executed it', async () => {
    const { file } = writeConfig(directory, { dying: faultyCommand({ on: { 'tools/call': ['exit:1'] } }) });
    const { code, stderr } = await cli(['call', 'dying__echo', 'message=x', '-c', file]);
    expect(code).toBe(8);
    expect(stderr).toMatch(
      /OUTCOME_UNKNOWN\)\n {2}the server may have executed the request; look before you repeat it/u,
    );
  });

  it('ends with 8 if there is no answer in time', async () => {
    const { file } = writeConfig(directory, { slow: faultyCommand({ on: { 'tools/call': ['silent'] } }) });
    const { code, stderr } = await cli(['call', 'slow__echo', 'message=x', '--timeout', '100', '-c', file]);
    expect(code).toBe(8);
    expect(stderr).toContain('REQUEST_TIMEOUT');
  });

  it('S16 prints what a server sends without control characters, and with --raw as it came', async () => {
    const text = 'a\u001B[2Jb\u202Ec\r\nd\u0007';
    const result = JSON.stringify({ content: [{ type: 'text', text }], structuredContent: { text } });
    const { file } = writeConfig(directory, {
      evil: faultyCommand({ era: 'legacy', on: { 'tools/call': [`result:${result}`] } }),
    });
    expect((await cli(['call', 'evil__echo', '-c', file])).stdout).toBe('abc\nd\n');
    expect((await cli(['call', 'evil__echo', '-c', file, '--raw'])).stdout).toBe(text);
    const { stdout } = await cli(['call', 'evil__echo', '-c', file, '--json']);
    expect(stdout).toMatch(/^[\u0020-\u007E]*\n$/u);
    expect(JSON.parse(stdout)).toMatchObject({ content: [{ text }] });
  });
});

describe('read', () => {
  it('prints a resource, found by its URI or asked of a server by name', async () => {
    const { stdout } = await cli(['list', '--resources', '--json'], { cwd: units.folder });
    const { uri } = (JSON.parse(stdout) as { resources: { resource: { uri: string } }[] }).resources[0]!
      .resource;
    const found = await cli(['read', uri], { cwd: all.folder });
    expect(found.code).toBe(0);
    expect(found.stdout.length).toBeGreaterThan(10);
    expect(await cli(['read', uri, '--server', 'units'], { cwd: all.folder })).toEqual(found);
    expect((await cli(['read', uri, '--raw'], { cwd: units.folder })).stdout.trimEnd()).toBe(
      found.stdout.trimEnd(),
    );
    const asJson = await cli(['read', uri, '--json'], { cwd: units.folder });
    expect(JSON.parse(asJson.stdout)).toMatchObject({ contents: [{ uri }] });
  });

  it('ends with 2 if nobody offers it', async () => {
    const { code, stderr } = await cli(['read', 'nothing://here'], { cwd: units.folder });
    expect(code).toBe(2);
    expect(stderr).toMatch(/no server offers the resource "nothing:\/\/here".*UNKNOWN_NAME/u);
  });
});
