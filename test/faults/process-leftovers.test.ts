import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { clearLeftovers } from '../../src/transports/process/leftovers/clear-leftovers.ts';
import { machineId } from '../../src/transports/process/leftovers/note.ts';
import { useStateFolder } from '../../src/transports/process/leftovers/state-folder.ts';
import { processRow } from '../../src/transports/process/tree/process-table.ts';
import { faultyCommand } from '../helpers/faulty-server.ts';
import { trackProcesses } from '../helpers/leak-check.ts';
import { isRunning, temporaryDirectory } from '../helpers/processes.ts';
import {
  makeStdio,
  NEVER,
  QUICK_STOP,
  type RecordingLogger,
  recordingContext,
} from '../helpers/stdio-probe.ts';

const tracker = trackProcesses();
const directory = temporaryDirectory();
const sleepers: ChildProcess[] = [];
let folders = 0;

afterEach(async () => {
  for (const child of sleepers.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

/** A process that nobody noted, in a group of its own unless told otherwise. */
function sleeper(detached = true): { readonly pid: number; readonly startedAt: string } {
  const child = spawn('sleep', ['300'], { stdio: 'ignore', detached });
  sleepers.push(child);
  return { pid: tracker.track(child.pid!), startedAt: processRow(child.pid!)!.startedAt };
}

/** A process that was there and is gone. */
function goneProcess(): number {
  return spawnSync('true').pid;
}

function newFolder(): string {
  folders++;
  const folder = join(directory, `state-${folders}`);
  mkdirSync(folder, { mode: 0o700 });
  return folder;
}

interface Forged {
  readonly owner?: { readonly pid: number; readonly startedAt: string };
  readonly machine?: string;
  readonly groups: readonly { readonly pid: unknown; readonly startedAt: unknown }[];
}

/** Writes a note as a process would have left it. Returns its path. */
function forge(folder: string, { owner, machine = machineId(), groups }: Forged): string {
  const { pid, startedAt } = owner ?? { pid: goneProcess(), startedAt: '17' };
  const path = join(folder, `owner-${pid}-${startedAt}-0123456789abcdef.json`);
  const noted = groups.map((group) => ({ ...group, command: '0' }));
  writeFileSync(path, JSON.stringify({ version: 1, machine, owner: { pid, startedAt }, groups: noted }), {
    mode: 0o600,
  });
  return path;
}

async function clear(folder: string): Promise<RecordingLogger> {
  useStateFolder(folder);
  const { clock, logger } = recordingContext();
  await clearLeftovers({ clock, logger, stop: QUICK_STOP });
  return logger;
}

describe('what a note may end', () => {
  it('F-021 the group that was noted', async () => {
    const folder = newFolder();
    const left = sleeper();
    const path = forge(folder, { groups: [left] });
    const logger = await clear(folder);
    expect(isRunning(left.pid)).toBe(false);
    expect(existsSync(path)).toBe(false);
    expect(logger.lines).toMatchObject([{ level: 'warn', fields: { pid: left.pid } }]);
  });

  it('F-021 nothing whose start is another: the pid was reused', async () => {
    const folder = newFolder();
    const stranger = sleeper();
    const path = forge(folder, {
      groups: [{ ...stranger, startedAt: String(Number(stranger.startedAt) - 1) }],
    });
    const logger = await clear(folder);
    expect(isRunning(stranger.pid)).toBe(true);
    expect(existsSync(path)).toBe(false);
    // Yet somebody may want to look at it.
    expect(logger.lines).toMatchObject([
      { level: 'warn', message: expect.stringContaining('may have left') as unknown },
    ]);
  });

  it('F-021 no process that leads no group: it was never noted like this', async () => {
    const folder = newFolder();
    const member = sleeper(false);
    forge(folder, { groups: [member] });
    await clear(folder);
    expect(isRunning(member.pid)).toBe(true);
  });

  it('F-021 nothing of an owner that lives', async () => {
    const folder = newFolder();
    const theirs = sleeper();
    const owner = sleeper();
    const path = forge(folder, { owner, groups: [theirs] });
    await clear(folder);
    expect(isRunning(theirs.pid)).toBe(true);
    expect(existsSync(path)).toBe(true);
  });

  it('F-021 that of an owner whose pid was reused', async () => {
    const folder = newFolder();
    const left = sleeper();
    const reused = sleeper();
    forge(folder, { owner: { ...reused, startedAt: '17' }, groups: [left] });
    await clear(folder);
    expect([left, reused].map(({ pid }) => isRunning(pid))).toEqual([false, true]);
  });

  it('F-021 nothing that was noted in another container, or before the machine was started anew', async () => {
    const folder = newFolder();
    const stranger = sleeper();
    const elsewhere = forge(folder, { machine: `${machineId().split('/')[0]}/pid:[1]`, groups: [stranger] });
    const before = forge(folder, { machine: 'another boot/pid:[1]', groups: [stranger] });
    await clear(folder);
    expect(isRunning(stranger.pid)).toBe(true);
    expect([elsewhere, before].map((path) => existsSync(path))).toEqual([true, false]);
  });
});

describe('a file that is no note', () => {
  it.each<[string, (path: string, folder: string) => void]>([
    ['half of one', (path) => writeFileSync(path, '{"version":1,"machine"')],
    ['another version', (path) => writeFileSync(path, '{"version":2}')],
    ['no object', (path) => writeFileSync(path, 'null')],
    [
      'no list of groups',
      (path) =>
        writeFileSync(path, JSON.stringify({ version: 1, machine: 'm', owner: { pid: 9, startedAt: '1' } })),
    ],
    ['something endless', (path) => writeFileSync(path, Buffer.alloc(1024 * 1024, ' '))],
    ['a FIFO', (path) => void execFileSync('mkfifo', [path])],
    [
      'S27 a link to one',
      (path, folder) => {
        const real = join(folder, 'elsewhere');
        writeFileSync(real, readableNote(sleeper()));
        symlinkSync(real, path);
      },
    ],
  ])('%s: ignored and removed', async (_what, make) => {
    const folder = newFolder();
    make(join(folder, `owner-${goneProcess()}-17-0123456789abcdef.json`), folder);
    const logger = await clear(folder);
    expect(readdirSync(folder).filter((name) => name.startsWith('owner-'))).toEqual([]);
    expect(logger.lines).toEqual([]);
    expect(sleepers.every(({ pid }) => isRunning(pid!))).toBe(true);
  });

  it.each<[string, unknown]>([
    ['the whole system', -1],
    ['our own group', 0],
    ['the first process', 1],
    ['no number', '5'],
  ])('it names %s: ignored and removed', async (_what, pid) => {
    const folder = newFolder();
    forge(folder, { groups: [{ pid, startedAt: '1' }] });
    await clear(folder);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('a folder of such a name, and foreign files, are let alone', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'owner-5-17-0123456789abcdef.json'));
    writeFileSync(join(folder, 'notes.txt'), '');
    await clear(folder);
    expect(readdirSync(folder)).toHaveLength(2);
  });

  function readableNote(group: { pid: number; startedAt: string }): string {
    const owner = { pid: goneProcess(), startedAt: '17' };
    return JSON.stringify({ version: 1, machine: machineId(), owner, groups: [{ ...group, command: '0' }] });
  }
});

describe('the state folder', () => {
  /** Starts and ends a server. Returns the warnings, and what stood in the folder meanwhile. */
  async function startOne(folder: string | false): Promise<{ warnings: unknown[]; noted: string[] }> {
    useStateFolder(folder);
    const { transport, receiver, log, pid } = makeStdio(faultyCommand());
    await transport.open(receiver, NEVER);
    tracker.track(pid());
    const noted = folder === false ? [] : readdirSync(folder);
    await transport.close();
    return { warnings: log.filter(({ level }) => level === 'warn').map(({ fields }) => fields), noted };
  }

  it('is made with all that leads to it, for this user alone', async () => {
    const folder = join(directory, 'deep', 'down');
    expect(await startOne(folder)).toEqual({ warnings: [], noted: [expect.stringMatching(/^owner-/u)] });
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('S27 that others may write to is taken from them', async () => {
    const folder = newFolder();
    chmodSync(folder, 0o777);
    await startOne(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it('S27 that is a link is refused, and the server starts all the same', async () => {
    const folder = join(directory, 'link');
    symlinkSync(newFolder(), folder);
    const { warnings, noted } = await startOne(folder);
    expect(warnings).toEqual([{ folder, fault: 'is no directory, or a symbolic link' }]);
    expect(noted).toEqual([]);
  });

  it.skipIf(process.getuid?.() !== 0)('S27 of another user is refused', async () => {
    const folder = newFolder();
    chownSync(folder, 65_534, 65_534);
    expect((await startOne(folder)).warnings).toEqual([{ folder, fault: 'belongs to another user' }]);
  });

  it('may be none', async () => {
    expect(await startOne(false)).toEqual({ warnings: [], noted: [] });
  });

  it.each(['', 'a\0b'])('cannot be %j', (folder) => {
    expect(() => useStateFolder(folder)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});
