import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { type FaultyConfig, readJournal } from '../helpers/faulty-server.ts';
import { trackProcesses } from '../helpers/leak-check.ts';
import { isGroupRunning, isRunning, temporaryDirectory } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

const PROGRAM = join(import.meta.dirname, '../fixtures/programs/process-owner.ts');
const tracker = trackProcesses();
const directory = temporaryDirectory();
let runs = 0;

interface Owner {
  readonly child: ChildProcess;
  /** Of its server. */
  readonly pid: number;
  readonly log: readonly { readonly level: string; readonly message: string }[];
  readonly error?: Record<string, unknown>;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

/** Runs a program that owns a server, until it has printed its line. */
async function own(
  mode: string,
  config: FaultyConfig = {},
  { folder = join(directory, 'state'), prefix = [] as readonly string[] } = {},
): Promise<Owner> {
  const argv = [
    ...prefix,
    process.execPath,
    '--import',
    'tsx',
    PROGRAM,
    mode,
    JSON.stringify(config),
    folder,
  ];
  const child = spawn(argv[0]!, argv.slice(1), { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const printed = JSON.parse(line) as Pick<Owner, 'pid' | 'log' | 'error'>;
  tracker.track(printed.pid);
  return { child, ended, ...printed };
}

/** A server that only SIGKILL ends, with a helper in its group and one that left it. */
function stubborn(): { readonly config: FaultyConfig; readonly helpers: () => number[] } {
  runs++;
  const journal = join(directory, `journal-${runs}`);
  const start = ['spawnHelper:quiet', 'spawnHelper:setsid'];
  const helpers = (): number[] => readJournal(journal).flatMap(({ helper }) => helper ?? []);
  return { config: { journal, ignoreEof: true, ignoreTerm: true, start }, helpers };
}

describe('the end of a process that owns servers', () => {
  it.each([
    ['exit', 7],
    ['throw', 1],
  ])('F-020 by %s: its servers and their helpers die, its exit code stays %i', async (mode, code) => {
    const { config, helpers } = stubborn();
    const owner = await own(mode, config);
    expect(await owner.ended).toEqual({ code, signal: null });
    await until('the group is gone', () => !isGroupRunning(owner.pid));
    expect(helpers()).toHaveLength(2);
    await until('the helpers are gone', () => !helpers().some(isRunning));
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'F-020 by %s: the same, and the signal is what ends it',
    async (name) => {
      const { config, helpers } = stubborn();
      const owner = await own('wait', config);
      owner.child.kill(name);
      expect(await owner.ended).toEqual({ code: null, signal: name });
      await until('all are gone', () => ![owner.pid, ...helpers()].some(isRunning));
    },
  );

  it('F-020 by SIGTERM beside signal-exit: neither waits for the other', async () => {
    const { config } = stubborn();
    const owner = await own('polite', config);
    owner.child.kill('SIGTERM');
    expect(await owner.ended).toEqual({ code: null, signal: 'SIGTERM' });
    await until('the group is gone', () => !isGroupRunning(owner.pid));
  });

  it('F-020 an application that listens for SIGTERM itself is left in charge', async () => {
    const { config } = stubborn();
    const owner = await own('listen', config);
    owner.child.kill('SIGTERM');
    expect(await owner.ended).toEqual({ code: 9, signal: null });
    await until('the group is gone', () => !isGroupRunning(owner.pid));
  });

  it('F-024 no file descriptor is left: SPAWN_FAILED, retryable, and the next start succeeds', async () => {
    const owner = await own('exhaust', {}, { prefix: ['sh', '-c', 'ulimit -n 300; exec "$@"', 'sh'] });
    expect(await owner.ended).toEqual({ code: 7, signal: null });
    expect(owner.error).toMatchObject({
      code: 'SPAWN_FAILED',
      retryable: true,
      details: { errno: 'EMFILE' },
    });
  });
});

describe('servers of a process that was killed', () => {
  it('F-021 they are noted for this user alone, and ended by the next start', async () => {
    const folder = join(directory, 'next-start');
    const { config, helpers } = stubborn();
    const owner = await own('wait', config, { folder });
    const [name] = readdirSync(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, name!)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(join(folder, name!), 'utf8'))).toMatchObject({
      owner: { pid: owner.child.pid },
      groups: [{ pid: owner.pid }],
    });
    owner.child.kill('SIGKILL');
    await owner.ended;
    expect([owner.pid, ...helpers()].map((pid) => isRunning(pid))).toEqual([true, true, true]);
    const next = await own('exit', {}, { folder });
    // Before the new server was started: it could need what the old one held.
    expect([owner.pid, ...helpers()].map((pid) => isRunning(pid))).toEqual([false, false, false]);
    expect(next.log).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        fields: expect.objectContaining({ pid: owner.pid }) as unknown,
      }),
    );
    await next.ended;
    expect(readdirSync(folder)).toEqual([]);
  });

  it('F-021 five that start at once: each gets its server, the leftovers are ended once', async () => {
    const folder = join(directory, 'race');
    const { config, helpers } = stubborn();
    const owner = await own('wait', config, { folder });
    owner.child.kill('SIGKILL');
    await owner.ended;
    const starters = await Promise.all(Array.from({ length: 5 }, () => own('exit', {}, { folder })));
    for (const starter of starters) expect(await starter.ended).toEqual({ code: 7, signal: null });
    await until('all are gone', () => ![owner.pid, ...helpers()].some(isRunning));
    const ended = starters.flatMap(({ log }) =>
      log.filter(({ message }) => message.includes('has left is ended')),
    );
    expect(ended).toHaveLength(1);
    await until('the folder is empty', () => readdirSync(folder).length === 0);
  });

  it('F-021 a server in good order leaves no note', async () => {
    const folder = join(directory, 'good-order');
    const owner = await own('exit', {}, { folder });
    await owner.ended;
    expect(readdirSync(folder)).toEqual([]);
  });
});
