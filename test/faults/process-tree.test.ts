import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { processRow } from '../../src/transports/process/tree/process-table.ts';
import { ProcessTree } from '../../src/transports/process/tree/process-tree.ts';
import { trackProcesses } from '../helpers/leak-check.ts';
import { isGroupRunning, isRunning, temporaryDirectory } from '../helpers/processes.ts';
import { makeStdio, NEVER, type ProbedStdio } from '../helpers/stdio-probe.ts';
import { until } from '../helpers/until.ts';

const tracker = trackProcesses();
const directory = temporaryDirectory();
const FAMILY = join(import.meta.dirname, '../fixtures/programs/family.sh');
let families = 0;

/** A server with a child and a grandchild, each in a session of its own. */
async function family(...words: string[]): Promise<ProbedStdio & { readonly escaped: number[] }> {
  families++;
  const file = join(directory, `family-${families}`);
  const made = makeStdio({ command: FAMILY, args: [file, ...words] });
  await made.transport.open(made.receiver, NEVER);
  tracker.track(made.pid());
  await made.receiver.count(1);
  const escaped = readFileSync(file, 'utf8').trim().split('\n').map(Number);
  for (const pid of escaped) tracker.track(pid);
  return { ...made, escaped };
}

describe('descendants that left the group', () => {
  it('F-009 they and their children are gone when close resolves', async () => {
    const { transport, pid, escaped } = await family();
    expect(escaped.map((member) => processRow(member)!.group)).not.toContain(pid());
    await transport.close();
    expect(escaped.map((member) => isRunning(member))).toEqual([false, false]);
  });

  it('F-009 those that ignore SIGTERM get SIGKILL on the schedule', async () => {
    const { transport, escaped } = await family('stubborn');
    const start = performance.now();
    await transport.close();
    // The server obeyed at once; what it left had the second stage for itself.
    expect(performance.now() - start).toBeGreaterThan(140);
    expect(escaped.map((member) => isRunning(member))).toEqual([false, false]);
  });

  it('F-009 destroy spares none of them', async () => {
    const { transport, escaped } = await family('stubborn');
    transport.destroy();
    await transport.closed;
    expect(escaped.map((member) => isRunning(member))).toEqual([false, false]);
  });

  it('F-011 a second close takes them along at once', async () => {
    const { transport, escaped } = await family('stubborn');
    await Promise.all([transport.close(), transport.close(), transport.close()]);
    expect(escaped.map((member) => isRunning(member))).toEqual([false, false]);
  });
});

describe('a server that hangs', () => {
  it('F-019 stopped by SIGSTOP, it obeys SIGTERM long before it would be killed', async () => {
    const { transport, receiver, pid } = makeStdio({
      command: 'sh',
      args: ['-c', 'trap "exit 0" TERM; echo "{}"; while :; do sleep 0.05; done'],
      stop: { eofMs: 50, termMs: 40_000, killMs: 10_000 },
    });
    await transport.open(receiver, NEVER);
    tracker.track(pid());
    await receiver.count(1);
    process.kill(pid(), 'SIGSTOP');
    const start = performance.now();
    await transport.close();
    expect(performance.now() - start).toBeLessThan(30_000);
    expect(isGroupRunning(pid())).toBe(false);
  });
});

describe('a pid that belongs to somebody else by now', () => {
  it('is neither walked nor signalled', async () => {
    const stranger = spawn('sleep', ['300'], { stdio: 'ignore' });
    tracker.track(stranger.pid!);
    const row = processRow(stranger.pid!)!;
    // The root is us, but with another start: as if a server had had our pid before.
    const foreign = new ProcessTree({ pid: process.pid, startedAt: '1' });
    foreign.note();
    expect(foreign.hasSurvivors).toBe(false);
    foreign.signal('SIGKILL');
    const own = new ProcessTree({ pid: process.pid, startedAt: processRow(process.pid)!.startedAt });
    own.note();
    expect(own.hasSurvivors).toBe(true);
    own.signal('SIGKILL', { exceptGroup: row.group });
    expect(isRunning(stranger.pid!)).toBe(true);
    const ended = new Promise((resolve) => void stranger.once('exit', resolve));
    stranger.kill('SIGKILL');
    await ended;
    await until('it is forgotten', () => !own.hasSurvivors);
  });
});
