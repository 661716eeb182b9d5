import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import type { SandboxSettings } from '../../../src/config/sandbox.ts';
import { processTable } from '../../../src/transports/process/tree/process-table.ts';
import type { StdioTransportOptions } from '../../../src/transports/stdio/stdio-transport.ts';
import { rejection, testFactories } from '../../helpers/clients.ts';
import { trackProcesses } from '../../helpers/leak-check.ts';
import { isRunning, temporaryDirectory } from '../../helpers/processes.ts';
import { makeStdio, NEVER, type ProbedStdio, QUICK_STOP, request } from '../../helpers/stdio-probe.ts';
import { until } from '../../helpers/until.ts';
import { NO_BWRAP, sandbox, unlessSkipped } from './bwrap.ts';

const ROOT = join(import.meta.dirname, '../../..');
const PROGRAMS = join(ROOT, 'test/fixtures/programs');
const ACTOR = join(PROGRAMS, 'sandbox-actor.mjs');
const tracker = trackProcesses();
const directory = temporaryDirectory();
const newFactory = testFactories();

async function open(
  options: Partial<StdioTransportOptions> = {},
  words: string[] = [],
): Promise<ProbedStdio> {
  const made = makeStdio({
    command: process.execPath,
    args: [ACTOR, ...words],
    cwd: ROOT,
    sandbox: sandbox(),
    ...options,
  });
  await made.transport.open(made.receiver, NEVER);
  tracker.track(made.pid());
  return made;
}

/** Everything below a process, as the machine outside sees it. Tracked. */
function below(pid: number): number[] {
  const children = [...processTable().values()].filter(({ parent }) => parent === pid);
  return children.flatMap((row) => [tracker.track(row.pid), ...below(row.pid)]);
}

/** A server with two helpers, one of which left its group; all pids from outside. */
async function family(options?: Partial<StdioTransportOptions>, words?: string[]) {
  const made = await open(options, words);
  made.transport.send(request(1, 'helper'));
  await made.receiver.count(1);
  const pids = below(made.pid());
  // bwrap as the first process inside, the server, its helpers.
  expect(pids.length).toBeGreaterThanOrEqual(4);
  return { ...made, pids };
}

describe.skipIf(NO_BWRAP !== undefined)(unlessSkipped('the end of a server in a sandbox'), () => {
  it.each([0, 3, 78])('F-003 its exit code %i passes, and what it started goes with it', async (code) => {
    const { transport, pids } = await family();
    transport.send(request(2, 'exit', { code }));
    expect(await transport.closed).toMatchObject({ kind: 'exit', exitCode: code, signal: null });
    await until('all are gone', () => !pids.some(isRunning));
  });

  it('F-008 killed inside: noticed at once, although a helper holds its pipes', async () => {
    const { transport, pids } = await family();
    const start = performance.now();
    transport.send(request(2, 'signal', { name: 'SIGKILL' }));
    expect(await transport.closed).toMatchObject({ kind: 'exit', exitCode: 128 + 9 });
    expect(performance.now() - start).toBeLessThan(20_000);
    await until('all are gone', () => !pids.some(isRunning));
  });

  it('F-010 it does not hear the end of stdin: SIGTERM reaches it inside, and all go with it', async () => {
    const { transport, pids } = await family({ stop: { ...QUICK_STOP, termMs: 30_000 } });
    await transport.close();
    // Had bwrap been told to end, the server would have been killed and have said nothing.
    expect(transport.diagnostics().stderrTail).toBe('told to end');
    expect(pids.filter((pid) => isRunning(pid))).toEqual([]);
  });

  it('F-010 one that ignores everything is killed on schedule, with all that it started', async () => {
    const ignoring = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1e9);';
    const helper = 'require("child_process").spawn("sleep", ["300"], { detached: true, stdio: "ignore" });';
    const { transport, receiver, pid } = await open({
      args: ['-e', `${ignoring}${helper}console.log("{}")`],
    });
    await receiver.count(1);
    const pids = below(pid());
    const start = performance.now();
    await transport.close();
    expect(performance.now() - start).toBeGreaterThan(QUICK_STOP.eofMs + QUICK_STOP.termMs - 20);
    expect(pids.filter((member) => isRunning(member))).toEqual([]);
  });

  it('destroy ends all at once', async () => {
    const { transport, pids } = await family({}, ['stubborn']);
    transport.destroy();
    expect(await transport.closed).toEqual({ kind: 'local' });
    await until('all are gone', () => !pids.some(isRunning));
  });

  it('F-021 it does not outlive us, even if we are killed', async () => {
    const owner = spawn(
      process.execPath,
      [
        '--import',
        'tsx',
        join(PROGRAMS, 'process-owner.ts'),
        'wait',
        '{"ignoreEof":true,"ignoreTerm":true}',
        join(directory, 'state'),
        'sandbox',
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [line] = (await once(createInterface(owner.stdout), 'line')) as [string];
    const { pid } = JSON.parse(line) as { pid: number };
    const pids = [tracker.track(pid), ...below(pid)];
    expect(pids.length).toBeGreaterThanOrEqual(3);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    await until('all are gone', () => !pids.some(isRunning));
  });
});

describe.skipIf(NO_BWRAP !== undefined)(unlessSkipped('a start in a sandbox that fails'), () => {
  async function failure(options: Partial<StdioTransportOptions>): Promise<Error> {
    const { transport, receiver } = makeStdio({
      command: process.execPath,
      cwd: ROOT,
      sandbox: sandbox(),
      ...options,
    });
    const error = await rejection(transport.open(receiver, NEVER));
    expect(error).toMatchObject({ code: 'SPAWN_FAILED', retryable: false, server: 'probe' });
    return error;
  }

  it('F-001 a command that is not found, said as without a sandbox', async () => {
    expect((await failure({ command: 'signalbox-no-such-command' })).message).toMatch(/was not found.*PATH/u);
    expect((await failure({ command: '/nowhere/program' })).message).toMatch(/no program.*check the path/u);
  });

  it('F-002 a file that is not executable, a working directory that is missing', async () => {
    expect((await failure({ command: join(ROOT, 'package.json') })).message).toContain('permissions');
    expect((await failure({ cwd: join(directory, 'missing') })).message).toMatch(
      /working directory .* does not exist/u,
    );
  });

  it('a path that does not exist', async () => {
    const settings: SandboxSettings = { writable: ['no-such-folder'] };
    expect((await failure({ sandbox: sandbox(settings) })).message).toMatch(
      /"no-such-folder"; create or remove/u,
    );
  });

  it('a program that the sandbox hides', async () => {
    const program = join(directory, 'program');
    copyFileSync('/bin/true', program);
    chmodSync(program, 0o755);
    expect((await failure({ command: program })).message).toMatch(/hides the program .*sandbox\.readable/u);
    const { transport } = await open({ command: program, sandbox: sandbox({ readable: [directory] }) });
    expect(await transport.closed).toMatchObject({ kind: 'exit', exitCode: 0 });
  });

  it('the error of a server that failed names the key that may help', async () => {
    const said = async (text: string): Promise<string> => {
      const { transport } = await open();
      transport.send(request(1, 'say', { text, code: 1 }));
      const reason = await transport.closed;
      return reason.kind === 'local' ? '' : reason.error.message;
    };
    expect(await said('Error: EROFS: read-only file system')).toContain('"x-signalbox.sandbox.writable"');
    expect(await said('getaddrinfo EAI_AGAIN registry.npmjs.org')).toContain('"x-signalbox.sandbox.network"');
    expect(await said('cannot open the database')).not.toContain('sandbox');
  });
});

describe.skipIf(NO_BWRAP !== undefined)(unlessSkipped('MCP in a sandbox'), () => {
  it('an official server: what it may write, and what not', async () => {
    const writable = join(directory, 'shared');
    mkdirSync(writable);
    const factory = newFactory();
    const client = await factory.createAndConnect('files', {
      command: process.execPath,
      args: [
        join(ROOT, 'node_modules/@modelcontextprotocol/server-filesystem/dist/index.js'),
        writable,
        ROOT,
      ],
      cwd: ROOT,
      'x-signalbox': { sandbox: { ...sandbox(), writable: [writable] } },
    });
    const write = async (path: string): Promise<boolean> =>
      (await client.callTool('write_file', { path, content: 'hello' })).isError !== true;
    expect(await write(join(writable, 'allowed.txt'))).toBe(true);
    expect(await write(join(ROOT, 'refused.txt'))).toBe(false);
    await client.disconnect();
  });
});

/** How a program is run as somebody who is not root; undefined if that is not possible here. */
function asUser(): readonly string[] | undefined {
  if (NO_BWRAP !== undefined) return undefined;
  const prefix =
    process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'] : [];
  const words = [
    ...prefix,
    'bwrap',
    '--ro-bind',
    '/',
    '/',
    '--unshare-all',
    '--',
    process.execPath,
    '-e',
    '',
  ];
  const canRead = [...prefix, process.execPath, '--check', ACTOR];
  const works = (argv: string[]): boolean => spawnSync(argv[0]!, argv.slice(1)).status === 0;
  return works(words) && works(canRead) ? prefix : undefined;
}

const USER = asUser();

it.skipIf(USER === undefined)(
  `the number of processes is limited${USER === undefined ? ' (SKIPPED: no other user may start bwrap here)' : ''}`,
  () => {
    const program = [process.execPath, '--import', 'tsx', join(PROGRAMS, 'sandbox-crowd.ts'), '40', '60'];
    const [command, ...args] = [...USER!, ...program];
    const { stdout, stderr } = spawnSync(command!, args, {
      cwd: ROOT,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], TSX_DISABLE_CACHE: '1' },
    });
    const outcomes = (stdout === '' ? [stderr] : JSON.parse(stdout)) as string[];
    expect(new Set(outcomes)).toEqual(new Set(['started', 'EAGAIN']));
    expect(outcomes.filter((outcome) => outcome === 'started').length).toBeLessThan(40);
  },
);
