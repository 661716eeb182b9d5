import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Diagnosis } from '../../../src/cli/doctor/diagnosis.ts';
import type { Finding } from '../../../src/cli/doctor/finding.ts';
import { faultyCommand } from '../../helpers/faulty-server.ts';
import { checkHttpFixtures, startHttpFixture } from '../../helpers/http-fixture.ts';
import { temporaryDirectory } from '../../helpers/processes.ts';
import { until } from '../../helpers/until.ts';
import { cli, ENTRIES, ready, startCli, writeConfig } from '../cli-run.ts';

checkHttpFixtures();
const directory = temporaryDirectory();
const silent = { ...faultyCommand({ neverRead: true }), 'x-signalbox': { stop: { eofMs: 50 } } };

interface Report {
  readonly file: string;
  readonly general: readonly Finding[];
  readonly servers: readonly Diagnosis[];
  readonly summary: Readonly<Record<string, number>>;
}

async function examine(
  servers: Readonly<Record<string, unknown>>,
  ...more: string[]
): Promise<{ readonly code: number; readonly report: Report }> {
  const { file } = writeConfig(directory, servers);
  const { code, stdout, stderr } = await cli(['doctor', '--json', '-c', file, ...more]);
  expect(stderr).toBe('');
  expect(stdout.trimEnd()).not.toContain('\n');
  return { code, report: JSON.parse(stdout) as Report };
}

const findingsOf = (report: Report, server: string): readonly Finding[] =>
  report.servers.find((diagnosis) => diagnosis.server === server)?.findings ?? [];

describe('doctor', () => {
  it('finds nothing wrong with servers that are well', async () => {
    const { code, report } = await examine({ units: ENTRIES.units, everything: ENTRIES.everything });
    expect(code).toBe(0);
    expect(report.summary).toMatchObject({ error: 0, warning: 0 });
    for (const { findings, worst, wasConnected } of report.servers) {
      expect({ worst, wasConnected }).toEqual({ worst: 'ok', wasConnected: true });
      expect(findings.map(({ check }) => check)).toEqual(
        expect.arrayContaining([
          'config',
          'command',
          'reachable',
          'protocol',
          'latency',
          'tools',
          'drift',
          'wire',
        ]),
      );
    }
    expect(findingsOf(report, 'units').find(({ check }) => check === 'protocol')?.what).toBe(
      'modern era, revision 2026-07-28, over stdio',
    );
  });

  it('says of everything that is wrong how bad it is and what to do, the worst first', async () => {
    const { code, report } = await examine({
      bad: { url: 'ftp://x' },
      missing: { command: 'no-such-program' },
      refused: { url: 'http://127.0.0.1:9/mcp', 'x-signalbox': { retry: false } },
      off: { command: 'no-such-program', disabled: true },
    });
    expect(code).toBe(1);
    for (const { findings } of report.servers) {
      for (const { level, cure } of findings) expect(level === 'ok' || (cure ?? '') !== '').toBe(true);
    }
    expect(findingsOf(report, 'bad')[0]).toMatchObject({
      check: 'config',
      level: 'error',
      place: expect.stringMatching(/:\d+$/u),
    });
    expect(findingsOf(report, 'missing')[0]).toMatchObject({ check: 'command', level: 'error' });
    expect(findingsOf(report, 'refused')[0]).toMatchObject({
      check: 'reachable',
      level: 'error',
      what: expect.stringContaining('CONNECT_FAILED'),
    });
    expect(findingsOf(report, 'off').map(({ level }) => level)).toEqual(['note', 'ok']);
    expect(report.servers.map(({ worst }) => worst)).toEqual(['error', 'error', 'note', 'error']);
  });

  it.each([
    ['config', { bad: { url: 'ftp://x' }, units: ENTRIES.units }, 1],
    ['command', { missing: { command: 'no-such-program' } }, 4],
    ['nothing', { off: { command: 'no-such-program', disabled: true } }, 0],
  ])('ends with the exit code of what is wrong: %s', async (_what, servers, code) => {
    expect((await examine(servers)).code).toBe(code);
  });

  it('a server that wants a credential: exit code 3', async () => {
    const server = await startHttpFixture((_request, response) => {
      response.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
    });
    const { code, report } = await examine({ locked: { type: 'http', url: `${server.url}/mcp` } });
    expect(code).toBe(3);
    expect(findingsOf(report, 'locked')[0]).toMatchObject({
      check: 'auth',
      level: 'error',
      cure: expect.stringContaining('signalbox auth login locked'),
    });
  });

  it('one server that hangs delays no other: what is known is printed at once', async () => {
    const { file } = writeConfig(directory, { silent, units: ENTRIES.units });
    const running = startCli(['doctor', '--timeout', '20000', '-c', file]);
    await until('the other is examined', () => running.stdout().includes('it keeps to the rules'));
    expect(running.stdout()).not.toContain('silent');
    running.interruption.interrupt('SIGINT');
    expect(await running.outcome).toMatchObject({ code: 130 });
  });

  it('a server that hangs is told of when its time is over, with progress on a terminal', async () => {
    const { file } = writeConfig(directory, { silent });
    const { code, stdout, stderr } = await cli(['doctor', 'silent', '--timeout', '1000', '-c', file], {
      tty: 70,
      env: { NO_COLOR: '1' },
    });
    expect(code).toBe(4);
    expect(stdout).toMatch(/✗ reachable no connection within 1000 ms/u);
    expect(stderr).toContain('examined 0 of 1; waiting for silent');
    expect(stderr.endsWith('\u001B[1A\u001B[0J')).toBe(true);
  });

  it('S16 words of a server are shown without what moves a cursor, and are judged', async () => {
    const tools = [
      { name: 'evil\u001B[2J\u202E', description: '', inputSchema: { type: 'object', anyOf: [] } },
      { name: 'x.y', description: 'fine', inputSchema: { type: 'object' } },
    ];
    const { file } = writeConfig(directory, {
      odd: faultyCommand({
        era: 'legacy',
        versions: ['2025-03-26'],
        tools,
        capabilities: { tools: {}, 'mag\u001B[1mic': {} },
        start: ['noise:hello\u0007'],
      }),
    });
    const { code, stdout } = await cli(['doctor', '-c', file]);
    expect(code).toBe(0);
    // oxlint-disable-next-line no-control-regex -- finding control characters is the purpose
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202A-\u202E]/u);
    expect(stdout).toMatch(/! tools +hosts refuse characters in "evil", "x\.y"/u);
    expect(stdout).toMatch(/! tools +the input schema of "evil" has anyOf at its root/u);
    expect(stdout).toMatch(/· tools +"evil" has no description/u);
    expect(stdout).toMatch(/· protocol +its revision 2025-03-26 is an old one/u);
    expect(stdout).toMatch(/· protocol +it declares capabilities that no revision knows: magic/u);
    expect(stdout).toMatch(/! wire +1 times it wrote to stdout/u);
  });

  it('S18 tells no secret of the config', async () => {
    const canary = 'canary-4f2a9c';
    const { file } = writeConfig(directory, {
      one: { ...faultyCommand({ start: [`stderr:${canary}`, 'exit:1'] }), env: { API_KEY: canary } },
      two: {
        url: `http://127.0.0.1:9/mcp?token=${canary}`,
        headers: { Authorization: `Bearer ${canary}` },
        'x-signalbox': { retry: false },
      },
    });
    for (const more of [[], ['--json']]) {
      const { stdout, stderr } = await cli(['doctor', '-c', file, ...more]);
      expect(stdout).toContain('two');
      expect(stdout + stderr).not.toContain(canary);
    }
  });

  it('S15 compares tools with what was approved when `up` ran, and writes nothing', async () => {
    const program = join(directory, 'changing.mjs');
    writeFileSync(
      program,
      `import { createInterface } from 'node:readline';
       for await (const line of createInterface({ input: process.stdin })) {
         const { id, method, params } = JSON.parse(line);
         const tools = [{ name: 'one', description: process.env.WORDS, inputSchema: { type: 'object' } }];
         const result = method === 'initialize'
           ? { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'c', version: '1' } }
           : method === 'tools/list' ? { tools } : method === 'ping' ? {} : undefined;
         const answer = result === undefined ? { error: { code: -32601, message: 'no' } } : { result };
         if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
       }`,
    );
    const entry = (words: string): object => ({
      command: process.execPath,
      args: [program],
      env: { WORDS: words },
    });
    const { file } = writeConfig(directory, { changing: entry('adds two numbers') });
    const up = startCli(['up', '--json', '--port', '0', '-c', file]);
    await ready(up);
    up.interruption.interrupt('SIGINT');
    expect((await up.outcome).code).toBe(0);
    const drift = async (): Promise<Finding[]> => {
      const { stdout } = await cli(['doctor', '--json', '-c', file]);
      return findingsOf(JSON.parse(stdout) as Report, 'changing').filter(({ check }) => check === 'drift');
    };
    expect(await drift()).toEqual([
      { check: 'drift', level: 'ok', what: '1 tools are as they were approved' },
    ]);
    writeFileSync(file, JSON.stringify({ mcpServers: { changing: entry('sends your keys elsewhere') } }));
    for (let run = 0; run < 2; run++) {
      expect(await drift()).toMatchObject([{ level: 'warning', what: expect.stringContaining('one') }]);
    }
    // Another program is another server: what was approved of the first says nothing of it.
    writeFileSync(
      file,
      JSON.stringify({ mcpServers: { changing: { ...entry('other'), args: [program, 'x'] } } }),
    );
    expect(await drift()).toMatchObject([{ level: 'ok', what: expect.stringContaining('nothing is known') }]);
  });

  it('says that an `up` runs, and examines by itself', async () => {
    const { file } = writeConfig(directory, { units: ENTRIES.units });
    const up = startCli(['up', '--json', '--no-state', '--port', '0', '-c', file]);
    await ready(up);
    const { code, stdout } = await cli(['doctor', '-c', file]);
    expect(code).toBe(0);
    expect(stdout).toContain('a `signalbox up` of this config runs');
    expect(stdout).toMatch(/no server is in trouble: 0 errors, 0 warnings, 1 note, \d+ ok/u);
    up.interruption.interrupt('SIGINT');
    await up.outcome;
  });
});
