import { existsSync, lstatSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { controlPath } from '../../src/cli/control/control-path.ts';
import { faultyCommand, readJournal } from '../helpers/faulty-server.ts';
import { trackProcesses } from '../helpers/leak-check.ts';
import { temporaryDirectory } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';
import {
  type CliProcess,
  cli,
  ENTRIES,
  type RunningCli,
  ready,
  spawnCli,
  startCli,
  writeConfig,
} from './cli-run.ts';

/** Commands that ask a running `up`; `up` runs in this process or, where it is killed, as the built program. */
const tracker = trackProcesses();
const directory = temporaryDirectory();

// oxlint-disable-next-line no-control-regex -- finding control characters is the purpose
const CONTROL = /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u200B-\u200F\u202A-\u202E]/u;

const running: RunningCli[] = [];
afterEach(async () => {
  for (const { interruption, outcome } of running.splice(0)) {
    interruption.interrupt('SIGINT');
    await outcome;
  }
});

async function startUp(file: string): Promise<RunningCli> {
  const up = startCli(['up', '--json', '--no-state', '--port', '0', '-c', file]);
  running.push(up);
  const { servers } = await ready(up);
  for (const { pid } of servers) if (pid !== undefined) tracker.track(pid);
  return up;
}

async function stop(up: RunningCli): Promise<void> {
  up.interruption.interrupt('SIGINT');
  expect((await up.outcome).code).toBe(0);
}

const socketOf = (file: string): string => controlPath(file)!.path;

/** What a raw asker is told until the connection ends. */
function rawAsk(path: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let told = '';
    const socket = connect(path, () => socket.write(text));
    socket.setEncoding('utf8').on('data', (chunk: string) => (told += chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE' || error.code === 'ECONNRESET') resolve(told);
      else reject(error);
    });
    socket.on('close', () => resolve(told));
  });
}

describe('status of a running `up`', () => {
  it('is what `up` says: nothing is started a second time', async () => {
    const journal = join(directory, 'once.journal');
    const { file } = writeConfig(directory, {
      // It speaks both eras, see `ENTRIES.units`.
      one: { ...faultyCommand({ journal }), 'x-signalbox': { timeouts: { probe: 20_000 } } },
      away: { url: 'http://127.0.0.1:9/mcp', 'x-signalbox': { retry: false } },
      off: { command: 'no-such-program', disabled: true },
    });
    const up = await startUp(file);
    const { code, stdout, stderr } = await cli(['status', '-c', file, '--json']);
    expect({ code, stderr }).toEqual({ code: 4, stderr: '' });
    const [one, away, off] = (JSON.parse(stdout) as { servers: Record<string, unknown>[] }).servers;
    expect(JSON.parse(stdout)).toMatchObject({
      pid: process.pid,
      file,
      endpoint: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/mcp$/u) as string,
      total: { calls: expect.any(Number) as number, p99Ms: expect.any(Number) as number, inFlight: 0 },
    });
    expect(one).toMatchObject({ name: 'one', state: 'connected', tools: 4, errors: 0, restarts: 0 });
    expect(one!['calls']).toBeGreaterThan(0);
    expect(one!['bytesReceived']).toBeGreaterThan(100);
    expect(Date.parse(String(one!['since']))).toBeGreaterThan(Date.now() - 60_000);
    expect(away).toMatchObject({ state: 'error', error: { code: 'CONNECT_FAILED' }, calls: 0 });
    expect(off).toMatchObject({ state: 'disabled', blockedTools: 0 });

    const text = (await cli(['status', '-c', file])).stdout;
    expect(text).toMatch(/SERVER +STATE +SINCE +TRANSPORT +PROTOCOL +TOOLS +CALLS +ERRORS +P50 +P99/u);
    expect(text).toMatch(/✓ +one +connected +\d+s +stdio +modern 2026-07-28 +4 +\d+ +0 /u);
    expect(text).toMatch(/✗ away: .*ECONNREFUSED.*\(CONNECT_FAILED\)/u);
    expect(text).toContain(`signalbox up runs (pid ${process.pid})`);
    expect(readJournal(journal).filter(({ started }) => started !== undefined)).toHaveLength(1);
    await stop(up);
    expect(existsSync(socketOf(file))).toBe(false);
  });

  it('tells `list` what there is, all of it or a part, as JSON and as a table', async () => {
    const journal = join(directory, 'listed.journal');
    const { file } = writeConfig(directory, {
      one: faultyCommand({ journal }),
      units: ENTRIES.units,
      away: { url: 'http://127.0.0.1:9/mcp', 'x-signalbox': { retry: false } },
    });
    const up = await startUp(file);
    const listed = async (...args: readonly string[]): Promise<Record<string, unknown>> =>
      JSON.parse((await cli(['list', ...args, '-c', file, '--json'])).stdout) as Record<string, unknown>;
    const all = await listed();
    expect((all['tools'] as { name: string }[]).map(({ name }) => name)).toContain('one__echo');
    expect(all).toMatchObject({ missing: [{ server: 'away', state: 'error' }], complete: false });
    const one = await listed('one');
    expect(new Set((one['tools'] as { server: string }[]).map(({ server }) => server))).toEqual(
      new Set(['one']),
    );
    expect(one).toMatchObject({ missing: [], complete: true });
    expect(await listed('--search', 'argument message')).toMatchObject({ tools: [{ name: 'one__echo' }] });
    expect(Object.keys(await listed('--prompts', '--resources'))).toEqual(
      expect.arrayContaining(['resources', 'resourceTemplates', 'prompts', 'missing', 'complete']),
    );
    const table = await cli(['list', 'units', '-c', file]);
    expect(table).toMatchObject({ code: 0, stderr: '' });
    expect(table.stdout).toContain('units__');
    expect(await cli(['list', 'none', '-c', file])).toMatchObject({ code: 2 });
    expect(readJournal(journal).filter(({ started }) => started !== undefined)).toHaveLength(1);
    await stop(up);
  });

  it('fits any terminal', async () => {
    const { file } = writeConfig(directory, {
      [`units-${'x'.repeat(40)}`]: ENTRIES.units,
      away: { url: 'http://127.0.0.1:9/mcp', 'x-signalbox': { retry: false } },
    });
    const up = await startUp(file);
    for (const tty of [50, 80, 120, 200]) {
      const { stdout } = await cli(['status', '-c', file], { tty, env: { NO_COLOR: '1' } });
      const table = stdout.slice(0, stdout.indexOf('\n\n')).split('\n');
      expect(Math.max(...table.map((line) => line.length))).toBeLessThanOrEqual(tty);
      expect(table[0]).toContain('STATE');
      expect(table[0]?.includes('PROTOCOL')).toBe(tty === 200);
    }
    await stop(up);
  });
});

describe('logs, events and restart', () => {
  const hostile = 'one\u001B[2J\u202Eevil\u200B';
  const noisy = writeConfig(directory, {
    noisy: faultyCommand({ start: [`stderr:${hostile}`] }),
    units: ENTRIES.units,
  });

  it('S16 shows stderr and events of one server in the order of time, without what moves a cursor', async () => {
    const up = await startUp(noisy.file);
    const { code, stdout } = await cli(['logs', 'noisy', '-c', noisy.file]);
    expect(code).toBe(0);
    expect(stdout).not.toMatch(CONTROL);
    expect(stdout).toMatch(/^\d{4}-\d\d-\d\d [\d:.]+ {2}stderr {2}one evil$/mu);
    expect(stdout).toMatch(/ {2}state {2}initializing → connected/u);
    expect(stdout).not.toContain('units');
    const times = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(0, 23));
    expect(times.toSorted()).toEqual(times);

    const json = (await cli(['logs', 'noisy', '--json', '-c', noisy.file])).stdout;
    expect(json).not.toMatch(CONTROL);
    const entries = json
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    // In JSON nothing is lost.
    expect(entries).toContainEqual({ at: expect.any(String) as string, stderr: hostile });
    expect(entries.find(({ event }) => event !== undefined)).toMatchObject({ event: { type: 'server' } });
    await stop(up);
  });

  it('follows what comes, over the processes of a server, until it is interrupted', async () => {
    const up = await startUp(noisy.file);
    const logs = startCli(['logs', 'noisy', '--follow', '-c', noisy.file]);
    const args = ['-n', '1', '-s', 'noisy', '-t', 'server', '--json', '-c', noisy.file];
    const events = startCli(['events', '-f', ...args]);
    await until('it follows', () => events.stdout() !== '');
    const printed = (): number => logs.stdout().split('stderr  one evil').length - 1;
    await until('the first line is there', () => printed() === 1);
    const { code, stdout } = await cli(['restart', 'noisy', '-c', noisy.file]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '✓ noisy: connected\n' });
    await until('the second process has spoken', () => printed() === 2);
    await until('it is told', () => events.stdout().includes('"to":"connected"'));
    for (const following of [logs, events]) {
      following.interruption.interrupt('SIGINT');
      expect(await following.outcome).toMatchObject({ code: 0, stderr: '' });
    }
    const told = events
      .stdout()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(told.every(({ type, server }) => type === 'server' && server === 'noisy')).toBe(true);
    expect(told[1]).toMatchObject({
      event: { from: 'connected', to: 'closing', reason: 'a restart was asked for' },
    });
    await stop(up);
  });

  it('events are filtered by server and kind, and bounded', async () => {
    const up = await startUp(noisy.file);
    const all = (await cli(['events', '--json', '-c', noisy.file])).stdout.trimEnd().split('\n');
    const some = await cli(['events', '--json', '-s', 'units', '-t', 'server', '-n', '2', '-c', noisy.file]);
    expect(all.length).toBeGreaterThan(6);
    const told = some.stdout.trimEnd().split('\n');
    expect(told).toEqual(
      all
        .filter((line) => line.startsWith('{"type":"server"') && line.includes('"server":"units"'))
        .slice(-2),
    );
    expect((await cli(['events', '-t', 'nonsense', '-c', noisy.file])).code).toBe(1);
    await stop(up);
  });

  it('without an `up`, connects by itself', async () => {
    const logs = await cli(['logs', 'noisy', '-c', noisy.file]);
    expect(logs.code).toBe(0);
    expect(logs.stdout).toContain('stderr  one evil');
    const events = await cli(['events', '-t', 'server', '-c', noisy.file]);
    expect(events.stdout).toMatch(/units {2}state {2}initializing → connected/u);
  });

  it('S05 restarts what is registered, by its name, and nothing else', async () => {
    const without = await cli(['restart', 'noisy', '-c', noisy.file]);
    expect(without.code).toBe(4);
    expect(without.stderr).toContain('there is nothing to restart');
    const up = await startUp(noisy.file);
    for (const name of ['nobody', '__proto__', 'constructor']) {
      const { code, stderr } = await cli(['restart', name, '-c', noisy.file]);
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: 'signalbox: there is no server of this name (UNKNOWN_SERVER)\n',
      });
    }
    await stop(up);
  });
});

describe('S27 the socket', () => {
  const { file } = writeConfig(directory, { units: ENTRIES.units });

  it('is nobody else’s, in a folder that is nobody else’s', async () => {
    const up = await startUp(file);
    const path = socketOf(file);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
    expect(lstatSync(path).isSocket()).toBe(true);
    await stop(up);
  });

  it('is the same however the file is named', () => {
    const link = join(directory, 'link.json');
    symlinkSync(file, link);
    expect(socketOf(link)).toBe(socketOf(file));
    expect(socketOf(join(directory, 'other.json'))).not.toBe(socketOf(file));
  });

  it.each(['link', 'file'])('that is a %s is refused and left alone; `up` works without it', async (kind) => {
    const config = writeConfig(directory, { units: ENTRIES.units }).file;
    const path = socketOf(config);
    const target = join(directory, `target-${kind}`);
    writeFileSync(target, 'precious');
    if (kind === 'link') symlinkSync(target, path);
    else writeFileSync(path, 'precious');
    const up = await startUp(config);
    expect(up.stderr()).toContain('is no socket of this user');
    const status = await cli(['status', '-c', config]);
    expect(status.code).toBe(0);
    expect(status.stderr).toContain('is no socket of this user');
    expect(status.stdout).not.toContain('signalbox up runs');
    await stop(up);
    expect(readFileSync(path, 'utf8')).toBe('precious');
  });

  it('takes one line of its own protocol, and nothing that is too long', async () => {
    const up = await startUp(file);
    const path = socketOf(file);
    const ask = (request: object): Promise<string> => rawAsk(path, `${JSON.stringify(request)}\n`);
    expect(await ask({ signalbox: 1, ask: 'stats' })).toMatch(/^\{"signalbox":1,"answer":\{"at":/u);
    for (const wrong of [
      { ask: 'stats' },
      { signalbox: 2, ask: 'stats' },
      { signalbox: 1, ask: 'register', server: 'x', command: 'touch' },
      { signalbox: 1, ask: 'restart', server: { command: 'touch' } },
      { signalbox: 1, ask: 'logs', server: 'units', from: -1 },
      { signalbox: 1, ask: 'events', types: ['nonsense'] },
    ]) {
      expect(await ask(wrong)).toMatch(/^\{"signalbox":1,"error":\{"code":"INVALID_ARGUMENT"/u);
    }
    expect(await rawAsk(path, 'GET / HTTP/1.1\r\n\r\n')).toContain('INVALID_ARGUMENT');
    expect(await rawAsk(path, 'x'.repeat(100_000))).toBe('');
    expect(JSON.parse((await cli(['status', '--json', '-c', file])).stdout)).toMatchObject({
      pid: process.pid,
    });
    await stop(up);
  });

  it('serves many at once, and drops those that never ask when it ends', async () => {
    const up = await startUp(file);
    const path = socketOf(file);
    const silent = Array.from({ length: 20 }, () => rawAsk(path, ''));
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => rawAsk(path, '{"signalbox":1,"ask":"status"}\n')),
    );
    expect(answers.every((answer) => answer.startsWith('{"signalbox":1,"answer"'))).toBe(true);
    await stop(up);
    expect(await Promise.all(silent)).toEqual(silent.map(() => ''));
  });

  it('belongs to the first of two; the second says so and works', async () => {
    const first = await startUp(file);
    const second = await startUp(file);
    expect(second.stderr()).toContain('another `signalbox up` of this config answers already');
    await stop(second);
    expect(JSON.parse((await cli(['status', '--json', '-c', file])).stdout)).toMatchObject({
      pid: process.pid,
    });
    await stop(first);
  });
});

describe('a program that is killed', () => {
  const env = { TMPDIR: directory };
  const inFolder = (): string => join(directory, `signalbox-${process.getuid!()}`);

  async function spawnUp(file: string): Promise<CliProcess> {
    const up = spawnCli(['up', '--json', '--no-state', '--port', '0', '-c', file], { env });
    tracker.track(up.pid);
    const { servers } = await ready(up);
    for (const { pid } of servers) tracker.track(pid!);
    return up;
  }

  it('leaves a socket that the next command takes for what it is, and the next `up` replaces', async () => {
    const { file } = writeConfig(directory, { units: ENTRIES.units });
    const path = join(inFolder(), socketOf(file).split('/').at(-1)!);
    const first = await spawnUp(file);
    const asked = spawnCli(['status', '--json', '-c', file], { env });
    expect(await asked.ended).toBe(0);
    expect(JSON.parse(asked.stdout())).toMatchObject({ pid: first.pid });
    first.child.kill('SIGKILL');
    await first.ended;
    expect(lstatSync(path).isSocket()).toBe(true);

    const alone = spawnCli(['status', '--json', '-c', file], { env });
    expect(await alone.ended).toBe(0);
    expect(JSON.parse(alone.stdout())).not.toHaveProperty('pid');
    expect(alone.stderr()).toBe('');
    expect(existsSync(path)).toBe(false);

    const second = await spawnUp(file);
    second.child.kill('SIGKILL');
    await second.ended;
    const third = await spawnUp(file);
    const again = spawnCli(['status', '--json', '-c', file], { env });
    expect(await again.ended).toBe(0);
    expect(JSON.parse(again.stdout())).toMatchObject({ pid: third.pid });
    third.child.kill('SIGTERM');
    expect(await third.ended).toBe(0);
    expect(existsSync(path)).toBe(false);
  }, 180_000);

  it('or stopped does not keep `status` from working: it connects by itself after a while', async () => {
    const { file } = writeConfig(directory, { units: ENTRIES.units });
    const up = await spawnUp(file);
    up.child.kill('SIGSTOP');
    const status = spawnCli(['status', '--json', '-c', file], { env });
    expect(await status.ended).toBe(0);
    expect(status.stderr()).toContain('has not answered within 5000 ms');
    expect(JSON.parse(status.stdout())).not.toHaveProperty('pid');
    up.child.kill('SIGCONT');
    up.child.kill('SIGTERM');
    expect(await up.ended).toBe(0);
  });
});
