import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SignalboxError } from '../../src/core/errors.ts';
import { STOP_TIMES } from '../../src/transports/transport-context.ts';
import { faultyCommand, readJournal } from '../helpers/faulty-server.ts';
import { trackProcesses } from '../helpers/leak-check.ts';
import { isRunning, temporaryDirectory } from '../helpers/processes.ts';
import {
  call,
  makeStdio,
  NEVER,
  openFaulty,
  request,
  type SentMessage,
  textOf,
} from '../helpers/stdio-probe.ts';
import { until } from '../helpers/until.ts';

const tracker = trackProcesses();
const directory = temporaryDirectory();

describe('a stream that breaks', () => {
  it('F-012 stdout is closed while the process runs: lost, and the process is stopped', async () => {
    const { transport, receiver, pid } = await openFaulty(tracker, {
      ignoreEof: true,
      on: { 'tools/call': ['closeStdout'] },
    });
    transport.send(request(1, 'ping'));
    await receiver.count(1);
    transport.send(call(2, 'echo'));
    const reason = await transport.closed;
    expect(reason).toMatchObject({ kind: 'lost', error: { code: 'CONNECTION_LOST', delivered: 'unknown' } });
    if (reason.kind === 'lost') expect(reason.error.message).toContain('closed its output');
    // Nobody asked for it: the clean-up begins by itself.
    await until('the process is gone', () => !isRunning(pid()));
    await transport.close();
  });

  it('F-012 close after the loss waits for the process, and does not hurry it', async () => {
    const journal = join(directory, 'unhurried');
    const { transport, pid } = await openFaulty(
      tracker,
      { journal, start: ['closeStdout'] },
      { stop: { ...STOP_TIMES, eofMs: 30_000 } },
    );
    await transport.closed;
    await transport.close();
    expect(isRunning(pid())).toBe(false);
    expect(readJournal(journal)).toContainEqual({ eof: true });
  });

  it('F-013 stdin is closed while the process runs: sends fail, nothing is uncaught', async () => {
    const { transport, receiver, pid } = await openFaulty(tracker, { on: { ping: ['reply', 'closeStdin'] } });
    transport.send(request(1, 'ping'));
    await receiver.count(1);
    const sent: SentMessage[] = [];
    await until('a send has failed', () => {
      const message = request(2 + sent.length, 'ping');
      sent.push(message);
      transport.send(message);
      return sent.some(({ failure }) => failure !== undefined);
    });
    const failed = sent.find(({ failure }) => failure !== undefined)!;
    expect(failed.failure).toMatchObject({ code: 'CONNECTION_LOST', retryable: true });
    expect(failed.isFlushed).toBe(false);
    const reason = await transport.closed;
    if (reason.kind !== 'lost') throw new Error(`unexpected end: ${reason.kind}`);
    expect(reason.error.message).toContain('closed its input');
    expect(reason.error.cause).toMatchObject({ code: 'EPIPE' });
    // Each message has one fate: it left, or it failed once.
    expect(sent.filter(({ isFlushed, failures }) => failures.length !== (isFlushed ? 0 : 1))).toEqual([]);
    await transport.close();
    expect(isRunning(pid())).toBe(false);
  });

  it('F-014 a server that never reads: sends wait up to the cap, then BACKPRESSURE; close works', async () => {
    const limit = 1024 * 1024;
    const { transport } = await openFaulty(tracker, { neverRead: true }, {}, { sendQueueBytes: limit });
    const sent: SentMessage[] = [];
    const payload = 'x'.repeat(32 * 1024);
    await until('the queue is full', () => {
      const message = request(sent.length, 'ping', { payload });
      sent.push(message);
      transport.send(message);
      return sent.some(({ failure }) => failure !== undefined);
    });
    const refused = sent.at(-1)!;
    expect(refused.failure).toMatchObject({ code: 'BACKPRESSURE', delivered: 'no', retryable: true });
    const waiting = sent.filter(({ isFlushed, failure }) => !isFlushed && failure === undefined);
    const waitingBytes = waiting.reduce((sum, { text: line }) => sum + line.length + 1, 0);
    expect(waitingBytes).toBeLessThanOrEqual(limit);
    expect(waitingBytes).toBeGreaterThan(limit / 2);
    const start = performance.now();
    await transport.close();
    expect(performance.now() - start).toBeLessThan(20_000);
    expect(waiting.map(({ failure }) => failure?.code)).toEqual(waiting.map(() => 'CONNECTION_CLOSED'));
  });

  it('F-014 what nobody waits for any more is left out when the server reads again', async () => {
    const { transport, receiver, pid } = await openFaulty(tracker, {});
    transport.send(request(0, 'ping'));
    await receiver.count(1);
    process.kill(pid(), 'SIGSTOP');
    const filler = Array.from({ length: 40 }, (_, index) =>
      request(`filler-${index}`, 'ping', { padding: 'x'.repeat(32 * 1024) }),
    );
    for (const message of filler) transport.send(message);
    const unwanted = request('unwanted', 'ping');
    const wanted = request('wanted', 'ping');
    transport.send(unwanted);
    transport.send(wanted);
    unwanted.settled = true;
    transport.abandon(unwanted);
    process.kill(pid(), 'SIGCONT');
    const answers = await receiver.count(filler.length + 2);
    const ids = answers.map(({ id }) => id);
    expect(ids.slice(1)).toEqual([...filler.map((_, index) => `filler-${index}`), 'wanted']);
    expect(unwanted).toMatchObject({ isFlushed: false, failures: [] });
    await transport.close();
  });

  it('F-015 the server dies while sends are blocked: each of them settles, and says if it can have arrived', async () => {
    const { transport, pid } = await openFaulty(tracker, { neverRead: true });
    // Larger than the kernel takes for any pipe or socket: its write is under way until the server dies.
    const large = request('large', 'ping', { payload: 'x'.repeat(8 * 1024 * 1024) });
    const small = Array.from({ length: 64 }, (_, index) =>
      request(index, 'ping', { payload: 'x'.repeat(32 * 1024) }),
    );
    const sent = [large, ...small];
    for (const message of sent) transport.send(message);
    expect(large.isFlushed).toBe(true);
    process.kill(pid(), 'SIGKILL');
    expect(await transport.closed).toMatchObject({ kind: 'exit', signal: 'SIGKILL' });
    const blocked = sent.filter(({ isFlushed }) => !isFlushed);
    expect(blocked).toEqual(small);
    expect(blocked.map(({ failures }) => failures.length)).toEqual(blocked.map(() => 1));
    expect(new Set(blocked.map(({ failure }) => failure!.code))).toEqual(new Set(['CONNECTION_LOST']));
    // One write was under way, which the server may have read in part; the others had not left this process.
    expect(blocked.map(({ failure }) => failure!.delivered)).toEqual(blocked.map(() => 'no'));
    expect(large.failures.map(({ delivered }) => delivered)).toEqual(['unknown']);
    expect(blocked.at(-1)!.failure!.cause).toSatisfy((cause: unknown) => SignalboxError.is(cause));
    const late = request('late', 'ping');
    transport.send(late);
    expect(late.failure).toMatchObject({ delivered: 'no' });
  });

  it('the first message of a tick leaves at once where they are few, all others of it in one write, in order', async () => {
    const { transport, receiver } = await openFaulty(tracker, {});
    const sent = Array.from({ length: 100 }, (_, index) => request(index, 'ping'));
    for (const message of sent.slice(0, 50)) transport.send(message);
    // Callers that resume one microtask after another still belong to this tick.
    for (const message of sent.slice(50)) {
      await Promise.resolve();
      transport.send(message);
    }
    expect(sent.map(({ isFlushed }) => isFlushed)).toEqual(sent.map((_, index) => index === 0));
    const answers = await receiver.count(100);
    expect(answers.map(({ id }) => id)).toEqual(sent.map((_, index) => index));
    expect(sent.every(({ isFlushed }) => isFlushed)).toBe(true);

    // After so many the server has enough to do: all of the next tick leave together, also a single one.
    for (const count of [40, 1]) {
      const next = Array.from({ length: count }, (_, index) => request(`next-${count}-${index}`, 'ping'));
      for (const message of next) {
        await Promise.resolve();
        transport.send(message);
      }
      expect(next.filter(({ isFlushed }) => isFlushed)).toEqual([]);
      await receiver.count(count === 40 ? 140 : 141);
      expect(next.every(({ isFlushed }) => isFlushed)).toBe(true);
    }
    const lone = request('lone', 'ping');
    transport.send(lone);
    expect(lone.isFlushed).toBe(true);
    await receiver.count(142);
    await transport.close();
  });
});

describe('what a server gets from us', () => {
  it('S01 arguments reach the server as they are: no shell reads them', async () => {
    const hostile = [
      '; touch pwned',
      '$(touch pwned)',
      '`touch pwned`',
      '&& touch pwned',
      '| touch pwned',
      'a\nb',
      '"',
      "'",
      '\\',
      '%PATH%',
      '*',
      '',
      '-e',
      'ünï ☂',
    ];
    const { transport, receiver } = await openFaulty(
      tracker,
      {},
      { ...faultyCommand({}, ...hostile), cwd: directory },
    );
    transport.send(call(1, 'argv'));
    expect(JSON.parse(textOf((await receiver.count(1))[0]))).toEqual(hostile);
    await transport.close();
    expect(existsSync(join(directory, 'pwned'))).toBe(false);
  });

  it.each<[string, Parameters<typeof makeStdio>[0]]>([
    ['an empty command', { command: '' }],
    ['a blank command', { command: '  ' }],
    ['a command that is no string', { command: 5 as unknown as string }],
    ['a NUL in the command', { command: 'node\0evil' }],
    ['a NUL in an argument', { ...faultyCommand({}, 'a\0b') }],
    ['an argument that is no string', { ...faultyCommand(), args: [1 as unknown as string] }],
    ['a NUL in the environment', { ...faultyCommand(), env: { A: 'secret-value\0' } }],
    ['a variable without name', { ...faultyCommand(), env: { '': 'a' } }],
    ['a variable with = in its name', { ...faultyCommand(), env: { 'A=B': 'a' } }],
    ['a NUL in the working directory', { ...faultyCommand(), cwd: '/\0' }],
    ['an empty working directory', { ...faultyCommand(), cwd: '' }],
  ])('S01 %s is refused before anything is started', async (_what, options) => {
    const { transport, receiver } = makeStdio(options);
    const error: unknown = await transport.open(receiver, NEVER).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', retryable: false });
    expect((error as Error).message).not.toContain('secret-value');
    expect(transport.diagnostics()).toEqual({});
  });

  it('S26-13 S02 no secret of the parent reaches the server; configured variables do', async () => {
    const before = process.env;
    process.env = {
      ...before,
      AWS_SECRET_ACCESS_KEY: 'canary-1',
      NPM_TOKEN: 'canary-2',
      TERM: '() { :; }; echo canary-3',
      WANTED_BY_NAME: 'inherited',
    };
    let made: Awaited<ReturnType<typeof openFaulty>>;
    try {
      made = await openFaulty(
        tracker,
        {},
        { env: { API_KEY: 'for the server', LD_PRELOAD: '' }, inheritEnv: ['WANTED_BY_NAME'] },
      );
    } finally {
      process.env = before;
    }
    const { transport, receiver, log } = made;
    transport.send(call(1, 'env'));
    const answer = textOf((await receiver.count(1))[0]);
    expect(answer).not.toContain('canary');
    const env = JSON.parse(answer) as Record<string, string>;
    expect(env).toMatchObject({
      API_KEY: 'for the server',
      WANTED_BY_NAME: 'inherited',
      PATH: before['PATH'],
    });
    expect(Object.keys(env).sort()).toEqual(
      [
        'API_KEY',
        'LD_PRELOAD',
        'WANTED_BY_NAME',
        'HOME',
        'LANG',
        'LOGNAME',
        'PATH',
        'SHELL',
        'TMPDIR',
        'USER',
      ]
        .filter((name) => name in env)
        .sort(),
    );
    expect(log).toContainEqual(
      expect.objectContaining({ level: 'warn', fields: { server: 'probe', variables: ['LD_PRELOAD'] } }),
    );
    await transport.close();
  });

  it('S25 no descriptor of ours above 2 is inherited', async () => {
    const secret = join(directory, 'opened-by-the-parent');
    const fd = openSync(secret, 'w');
    try {
      const { transport, receiver } = await openFaulty(tracker, {});
      transport.send(call(1, 'descriptors'));
      const open = JSON.parse(textOf((await receiver.count(1))[0])) as [number, string][];
      expect(open.length).toBeGreaterThan(2);
      expect(open.filter(([, target]) => target.startsWith(directory))).toEqual([]);
      await transport.close();
    } finally {
      closeSync(fd);
    }
  });
});
