import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { faultyCommand, readJournal } from '../helpers/faulty-server.ts';
import { trackProcesses } from '../helpers/leak-check.ts';
import { isGroupRunning, isRunning, temporaryDirectory } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';
import { type CliProcess, ENTRIES, ready, spawnCli, writeConfig } from './cli-run.ts';

/** The built program in processes of its own, with real signals and pipes. */
const tracker = trackProcesses();
const directory = temporaryDirectory();
let journals = 0;

/** A server that leaves a grandchild in its group, and notes the pids of both. */
function family(): { readonly entry: object; pids(): number[] } {
  journals++;
  const journal = `${directory}/family-${journals}`;
  const pids = (): number[] => readJournal(journal).flatMap(({ started, helper }) => started ?? helper ?? []);
  return { entry: faultyCommand({ journal, start: ['spawnHelper:stubborn'] }), pids };
}

async function upWithFamilies(preload?: string): Promise<{ up: CliProcess; pids: readonly number[] }> {
  const families = [family(), family()];
  const { file } = writeConfig(directory, {
    one: families[0]!.entry,
    two: families[1]!.entry,
    units: ENTRIES.units,
  });
  const up = spawnCli(['up', '--json', '--port', '0', '-c', file], preload === undefined ? {} : { preload });
  tracker.track(up.pid);
  const { servers } = await ready(up);
  await until('the helpers run', () => families.every((each) => each.pids().length === 2));
  const pids = [
    ...new Set([...servers.flatMap(({ pid }) => pid ?? []), ...families.flatMap((each) => each.pids())]),
  ];
  for (const pid of pids) tracker.track(pid);
  expect(pids).toHaveLength(5);
  expect(pids.every(isRunning)).toBe(true);
  return { up, pids };
}

const survivors = (pids: readonly number[]): number[] =>
  pids.filter((pid) => isRunning(pid) || isGroupRunning(pid));

/** Preloaded: SIGUSR2 becomes a defect. */
const defect = (statement: string): string =>
  `data:text/javascript,${encodeURIComponent(`process.on('SIGUSR2', () => { ${statement} });`)}`;

describe('F-020 whatever ends `up`, no server and no grandchild outlives it', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s: stops in good order and ends with 0',
    async (signal) => {
      const { up, pids } = await upWithFamilies();
      up.child.kill(signal);
      expect(await up.ended).toBe(0);
      expect(survivors(pids)).toEqual([]);
      expect(up.stderr()).toContain(`{"event":"stopping","reason":"${signal}"}`);
      expect(up.stderr()).toContain('{"event":"stopped"}');
    },
  );

  it.each([
    ['uncaughtException', 'throw new Error("boom \\u001B[2J")'],
    ['unhandledRejection', 'Promise.reject(new Error("boom"))'],
  ])('%s: one line, and 70', async (_what, statement) => {
    const { up, pids } = await upWithFamilies(defect(statement));
    up.child.kill('SIGUSR2');
    expect(await up.ended).toBe(70);
    // The groups were killed in the last moments of their parent: the kernel may need one more.
    await until('all are gone', () => survivors(pids).length === 0);
    expect(up.stderr()).toBe('signalbox: defect: boom (INTERNAL)\n');
  });

  it('three signals at once: the end does not wait for anything', async () => {
    const { up, pids } = await upWithFamilies();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGINT'] as const) {
      up.child.kill(signal);
      await until('it is noted', () => up.stderr().includes('stopping') || !isRunning(up.pid));
    }
    await up.ended;
    await until('all are gone', () => survivors(pids).length === 0);
  });

  it('one of its servers is killed: the others go on, and it is started again', async () => {
    const { up, pids } = await upWithFamilies();
    process.kill(pids[0]!, 'SIGKILL');
    await until('it is back', () => up.stderr().includes('"to":"connected"'));
    expect(up.stderr()).toContain('"to":"reconnecting"');
    up.child.kill('SIGTERM');
    expect(await up.ended).toBe(0);
    expect(survivors(pids)).toEqual([]);
  });
});

describe('the program', () => {
  it('runs as built', async () => {
    const version = spawnCli(['--version']);
    expect(await version.ended).toBe(0);
    expect(version.stdout()).toBe('0.1.0\n');
    const unknown = spawnCli(['frobnicate']);
    expect(await unknown.ended).toBe(1);
    expect(unknown.stderr()).toMatch(/^signalbox: unknown command/u);
  });

  it('F-020 a call that is interrupted tells the server, leaves no process and ends with 128 + the signal', async () => {
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
      ['SIGHUP', 129],
    ] as const) {
      journals++;
      const journal = `${directory}/call-${journals}`;
      const { file } = writeConfig(directory, {
        slow: faultyCommand({ journal, on: { 'tools/call': ['silent'] } }),
      });
      const call = spawnCli(['call', 'slow__echo', '-c', file]);
      await until(
        'the call has arrived',
        () => existsSync(journal) && readFileSync(journal, 'utf8').includes('tools/call'),
      );
      call.child.kill(signal);
      expect(await call.ended).toBe(code);
      const entries = readJournal(journal);
      expect(entries.map(({ method }) => method)).toContain('notifications/cancelled');
      expect(survivors(entries.flatMap(({ started }) => started ?? []))).toEqual([]);
      expect(call.stderr()).toBe(`signalbox: interrupted by ${signal} (REQUEST_ABORTED)\n`);
    }
  });

  it('ends quietly if nobody reads its output', async () => {
    const { file } = writeConfig(directory, { units: ENTRIES.units });
    const list = spawnCli(['list', '-c', file]);
    list.child.stdout?.destroy();
    expect(await list.ended).toBe(0);
    expect(list.stderr()).toBe('');
  });

  it('writes all of a result that is larger than a pipe', async () => {
    const text = 'x'.repeat(100_000);
    const result = JSON.stringify({ content: [{ type: 'text', text }] });
    const { file } = writeConfig(directory, {
      large: faultyCommand({ era: 'legacy', on: { 'tools/call': [`result:${result}`] } }),
    });
    const call = spawnCli(['call', 'large__echo', '-c', file]);
    expect(await call.ended).toBe(0);
    expect(call.stdout()).toBe(`${text}\n`);
  });

  it('can be interrupted while it waits for stdin', async () => {
    const { file } = writeConfig(directory, { units: ENTRIES.units });
    const call = spawnCli(['call', 'units__convert', '--input', '-', '-c', file, '--log-level', 'debug']);
    // More than the pipe holds: once it is gone, `call` reads.
    await new Promise((resolve) => call.child.stdin!.write(' '.repeat(4 * 1024 * 1024), resolve));
    call.child.kill('SIGINT');
    expect(await call.ended).toBe(130);
    expect(call.stderr()).toMatch(/^signalbox: interrupted by SIGINT/u);
  });
});
