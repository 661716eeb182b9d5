import { chmodSync, copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SignalboxError } from '../../src/core/errors.ts';
import type { StdioTransportOptions } from '../../src/transports/stdio/stdio-transport.ts';
import { STOP_TIMES } from '../../src/transports/transport-context.ts';
import { type FaultyConfig, faultyCommand, readJournal } from '../helpers/faulty-server.ts';
import { trackProcesses } from '../helpers/leak-check.ts';
import { isGroupRunning, isRunning, temporaryDirectory } from '../helpers/processes.ts';
import {
  call,
  makeStdio as make,
  NEVER as never,
  openFaulty,
  type ProbedStdio,
  request,
  textOf,
} from '../helpers/stdio-probe.ts';
import { until } from '../helpers/until.ts';

const tracker = trackProcesses();
const directory = temporaryDirectory();
let journals = 0;

function journalFile(): string {
  journals++;
  return join(directory, `journal-${journals}`);
}

const open = (config: FaultyConfig, options?: Partial<StdioTransportOptions>): Promise<ProbedStdio> =>
  openFaulty(tracker, config, options);

async function failedOpen(options: Partial<StdioTransportOptions>): Promise<SignalboxError> {
  const { transport, receiver } = make(options);
  const error: unknown = await transport.open(receiver, never).catch((thrown: unknown) => thrown);
  expect(await transport.closed).toMatchObject({ kind: 'lost', error });
  await transport.close();
  transport.destroy();
  expect(SignalboxError.is(error)).toBe(true);
  return error as SignalboxError;
}

/** Pid of the helper that a server has started. */
async function helperOf(journal: string): Promise<number> {
  const find = (): number | undefined =>
    readJournal(journal).find((entry) => entry.helper !== undefined)?.helper;
  await until('the helper runs', () => find() !== undefined);
  return find()!;
}

describe('a start that fails', () => {
  it('F-001 a command that is not found: SPAWN_FAILED with advice about PATH, not retryable', async () => {
    const error = await failedOpen({ command: 'signalbox-no-such-command' });
    expect(error).toMatchObject({ code: 'SPAWN_FAILED', retryable: false, delivered: 'no', server: 'probe' });
    expect(error.message).toMatch(/signalbox-no-such-command.*was not found.*PATH/u);
    expect(error.cause).toMatchObject({ code: 'ENOENT' });
  });

  it('F-001 a path that leads nowhere: the advice is about the path', async () => {
    const error = await failedOpen({ command: join(directory, 'nowhere') });
    expect(error.message).toMatch(/there is no program.*check the path/u);
  });

  it('F-002 a file that is not executable: SPAWN_FAILED names it', async () => {
    const file = join(directory, 'not-executable');
    writeFileSync(file, '#!/bin/sh\n');
    chmodSync(file, 0o644);
    const error = await failedOpen({ command: file });
    expect(error).toMatchObject({ code: 'SPAWN_FAILED', retryable: false });
    expect(error.message).toMatch(/not-executable.*permissions/u);
  });

  it('F-002 a missing working directory is named, although Node blames the command', async () => {
    const error = await failedOpen({ ...faultyCommand(), cwd: join(directory, 'missing') });
    expect(error).toMatchObject({ code: 'SPAWN_FAILED', retryable: false });
    expect(error.message).toMatch(/working directory .*missing" does not exist/u);
    expect(error.message).not.toContain('command');
  });

  it('F-002 a working directory that is a file is named as such', async () => {
    const file = join(directory, 'a-file');
    writeFileSync(file, '');
    const error = await failedOpen({ ...faultyCommand(), cwd: file });
    expect(error.message).toMatch(/working directory .*a-file" is not a directory/u);
  });

  it('F-026 a program that vanished between two starts: the new error, not the old one', async () => {
    const program = join(directory, 'program.sh');
    writeFileSync(program, '#!/bin/sh\nexit 5\n');
    chmodSync(program, 0o755);
    const first = make({ command: program });
    await first.transport.open(first.receiver, never);
    tracker.track(first.pid());
    expect(await first.transport.closed).toMatchObject({ kind: 'exit', exitCode: 5 });
    rmSync(program);
    expect(await failedOpen({ command: program })).toMatchObject({ code: 'SPAWN_FAILED' });
    copyFileSync('/dev/null', program);
    expect((await failedOpen({ command: program })).message).toContain('permissions');
  });

  it('F-011 an aborted signal: nothing is started', async () => {
    const { transport, receiver } = make(faultyCommand());
    const reason = new Error('no longer wanted');
    await expect(transport.open(receiver, AbortSignal.abort(reason))).rejects.toMatchObject({
      code: 'REQUEST_ABORTED',
      cause: reason,
    });
    expect(transport.diagnostics()).toEqual({});
  });
});

describe('an exit', () => {
  it('F-003 exits 0 at once: closed tells the code and the end of stderr', async () => {
    const { transport } = await open({ start: ['stderr:missing API key', 'exit:0'] });
    const reason = await transport.closed;
    expect(reason).toMatchObject({ kind: 'exit', exitCode: 0, signal: null });
    expect(reason).toMatchObject({ error: { code: 'CONNECTION_LOST', retryable: true } });
    if (reason.kind !== 'exit') return;
    expect(reason.error.message).toMatch(/exited with code 0; .*missing API key/u);
    expect(reason.error.details).toEqual({ exitCode: 0, signal: null, stderrTail: 'missing API key' });
  });

  it('F-004 exits 1 after 1 MB of stderr: at most 64 KiB are kept, and made safe to print', async () => {
    const { transport } = await open({
      start: ['floodStderr:1048576', 'stderr:\u001b[2J\u001b[31mlast\u202e words\u0007', 'exit:1'],
    });
    const reason = await transport.closed;
    expect(transport.diagnostics().stderrTail!.length).toBeLessThanOrEqual(64 * 1024);
    if (reason.kind !== 'exit') throw new Error(`unexpected end: ${reason.kind}`);
    expect(reason.exitCode).toBe(1);
    expect(reason.error.details['stderrTail']).toMatch(/last +words$/u);
    expect(reason.error.message.length).toBeLessThan(500);
    // oxlint-disable-next-line no-control-regex -- control characters must be absent
    expect(reason.error.message).not.toMatch(/[\u0000-\u001f\u202e]/u);
  });

  it('F-006 a crash in the middle of an answer: closed at once, half a message is none', async () => {
    const { transport, receiver } = await open({ on: { 'tools/call': ['partial', 'exit:1'] } });
    transport.send(request(1, 'ping'));
    await receiver.count(1);
    const lost = call(2, 'echo');
    transport.send(lost);
    expect(await transport.closed).toMatchObject({ kind: 'exit', exitCode: 1 });
    expect(receiver.messages).toEqual([{ jsonrpc: '2.0', id: 1, result: {} }]);
    // It had been flushed: whoever waits for the answer learns of the end from `closed`.
    expect(lost).toMatchObject({ isFlushed: true, failures: [] });
  });

  it('F-007 a whole answer, then an exit without line break: the answer arrives before closed', async () => {
    const { transport, receiver } = await open({ on: { 'tools/call': ['unterminated', 'exit:0'] } });
    transport.send(call(1, 'echo', { message: 'late' }));
    await transport.closed;
    expect(textOf(receiver.messages[0])).toBe('late');
  });

  it('F-007 an answer of 150 KB directly before the exit arrives whole', async () => {
    const { transport, receiver } = await open({ on: { ping: ['hugeLine:150000', 'exit:0'] } });
    transport.send(request(1, 'ping'));
    await transport.closed;
    expect(receiver.texts[0]).toHaveLength(150_000);
  });

  it('F-008 SIGKILL while a grandchild holds stdout: closed within 100 ms, the grandchild is cleaned up', async () => {
    const journal = journalFile();
    const { transport, receiver, pid } = await open({ journal, start: ['spawnHelper:inherit'] });
    transport.send(request(1, 'ping'));
    await receiver.count(1);
    const helper = await helperOf(journal);
    const killedAt = performance.now();
    process.kill(pid(), 'SIGKILL');
    const reason = await transport.closed;
    expect(reason).toMatchObject({ kind: 'exit', exitCode: null, signal: 'SIGKILL' });
    // 100 ms by design; the ceiling leaves room for a busy machine. The helper would hold the pipe for minutes.
    expect(performance.now() - killedAt).toBeLessThan(20_000);
    await until('the grandchild is gone', () => !isRunning(helper));
  });

  it('F-022 a flood on stderr: all of it is read, little is kept, stdout is not disturbed', async () => {
    const bytes = 128 * 1024 * 1024;
    const { transport, receiver } = await open({ on: { 'tools/call': [`floodStderr:${bytes}`, 'reply'] } });
    const before = process.memoryUsage().rss;
    transport.send(call(1, 'echo', { message: 'still here' }));
    expect(textOf((await receiver.count(1))[0])).toBe('still here');
    expect(transport.diagnostics().stderrTail!.length).toBeLessThanOrEqual(64 * 1024);
    expect(process.memoryUsage().rss - before).toBeLessThan(bytes * 0.75);
    await transport.close();
  });
});

describe('a stop', () => {
  it('F-009 grandchildren of the group are gone when close resolves', async () => {
    const journal = journalFile();
    const { transport, receiver, pid } = await open({
      journal,
      start: ['spawnHelper:inherit', 'spawnHelper:quiet', 'spawnHelper:stubborn'],
    });
    transport.send(request(1, 'ping'));
    await receiver.count(1);
    const helpers = readJournal(journal).flatMap((entry) => entry.helper ?? []);
    expect(helpers.map((helper) => isRunning(helper))).toEqual([true, true, true]);
    await transport.close();
    expect(helpers.map((helper) => isRunning(helper))).toEqual([false, false, false]);
    expect(isGroupRunning(pid())).toBe(false);
    expect(await transport.closed).toEqual({ kind: 'local' });
  });

  it('F-009 a grandchild that left the group by setsid is gone too', async () => {
    const journal = journalFile();
    const { transport, receiver, pid } = await open({ journal, start: ['spawnHelper:setsid'] });
    transport.send(request(1, 'ping'));
    await receiver.count(1);
    const helper = tracker.track(await helperOf(journal));
    await transport.close();
    expect(isRunning(helper)).toBe(false);
    expect(isGroupRunning(pid())).toBe(false);
  });

  it('S26-8 S25-3 F-010 a server that ignores the end of stdin and SIGTERM is killed on schedule', async () => {
    const journal = journalFile();
    const stop = { eofMs: 1500, termMs: 1500, killMs: 10_000 };
    const { transport, receiver } = await open({ journal, ignoreTerm: true, ignoreEof: true }, { stop });
    transport.send(request(1, 'ping'));
    await receiver.count(1);
    const start = performance.now();
    await transport.close();
    const tookMs = performance.now() - start;
    expect(tookMs).toBeGreaterThan(stop.eofMs + stop.termMs - 20);
    expect(tookMs).toBeLessThan(20_000);
    expect(readJournal(journal)).toEqual(expect.arrayContaining([{ eof: true }, { signal: 'SIGTERM' }]));
    expect(await transport.closed).toEqual({ kind: 'local' });
    const { eofMs, termMs, killMs } = STOP_TIMES;
    expect(eofMs + termMs + killMs).toBeLessThanOrEqual(6000);
  });

  it('F-010 a server that obeys is gone long before the first stage ends', async () => {
    const stop = { ...STOP_TIMES, eofMs: 30_000 };
    const { transport, receiver } = await open({}, { stop });
    transport.send(request(1, 'ping'));
    await receiver.count(1);
    const start = performance.now();
    await transport.close();
    expect(performance.now() - start).toBeLessThan(stop.eofMs);
  });

  it('F-011 a second close escalates, a third kills; all of them resolve together', async () => {
    const journal = journalFile();
    const { transport, receiver } = await open(
      { journal, ignoreTerm: true, ignoreEof: true },
      { stop: { eofMs: 60_000, termMs: 60_000, killMs: 1000 } },
    );
    transport.send(request(1, 'ping'));
    await receiver.count(1);
    const stops = [transport.close()];
    await until('stdin has ended', () => readJournal(journal).some((entry) => entry.eof === true));
    stops.push(transport.close());
    await until('SIGTERM has come', () => readJournal(journal).some((entry) => entry.signal === 'SIGTERM'));
    stops.push(transport.close());
    await Promise.all(stops);
    expect(await transport.closed).toEqual({ kind: 'local' });
  });

  it('F-011 close while the start is under way: one end, open rejects, nothing stays', async () => {
    const { transport, receiver } = make(faultyCommand());
    const opening = transport.open(receiver, never);
    const closing = transport.close();
    await expect(opening).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
    await closing;
    tracker.track(transport.diagnostics().pid!);
    expect(await transport.closed).toEqual({ kind: 'local' });
    await expect(transport.open(receiver, never)).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
  });

  it('F-011 abort while the start is under way: open rejects with the reason, nothing stays', async () => {
    const { transport, receiver } = make(faultyCommand());
    const controller = new AbortController();
    const opening = transport.open(receiver, controller.signal);
    controller.abort();
    await expect(opening).rejects.toMatchObject({ code: 'REQUEST_ABORTED' });
    tracker.track(transport.diagnostics().pid!);
  });

  it('F-011 close of a transport that was never opened', async () => {
    const { transport } = make(faultyCommand());
    await transport.close();
    transport.destroy();
    expect(await transport.closed).toEqual({ kind: 'local' });
  });

  it('F-019 a stopped process (SIGSTOP) is closed all the same, and destroyed at once', async () => {
    const { transport, receiver, pid } = await open({});
    transport.send(request(1, 'ping'));
    await receiver.count(1);
    process.kill(pid(), 'SIGSTOP');
    transport.destroy();
    transport.destroy();
    expect(await transport.closed).toEqual({ kind: 'local' });
    expect(isRunning(pid())).toBe(false);
  });

  it('F-023 a crowd of 200 grandchildren goes with the group', async () => {
    const crowd = 'i=0; while [ $i -lt 200 ]; do sleep 300 & i=$((i+1)); done; echo "{}"; cat';
    const { transport, receiver, pid } = make({ command: 'sh', args: ['-c', crowd] });
    await transport.open(receiver, never);
    tracker.track(pid());
    await receiver.count(1);
    await transport.close();
    expect(isGroupRunning(pid())).toBe(false);
  });

  it('a message that was sent directly before close still leaves', async () => {
    const journal = journalFile();
    const { transport } = await open({ journal }, { stop: { ...STOP_TIMES, eofMs: 30_000 } });
    const last = request(1, 'notifications/cancelled');
    transport.send(last);
    await transport.close();
    expect(last.isFlushed).toBe(true);
    expect(readJournal(journal)).toContainEqual({ method: 'notifications/cancelled', id: 1 });
    const late = request(2, 'ping');
    transport.send(late);
    expect(late.failure).toMatchObject({ code: 'CONNECTION_CLOSED', delivered: 'no' });
  });
});
