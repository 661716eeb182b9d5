import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { HttpTransport } from '../../src/transports/http/http-transport.ts';
import { PoolCache } from '../../src/transports/http/pool-cache.ts';
import {
  fillPort,
  LaunchedTransport,
  type LaunchedTransportOptions,
} from '../../src/transports/launched-transport.ts';
import { trackProcesses } from '../helpers/leak-check.ts';
import { isRunning } from '../helpers/processes.ts';
import { NEVER, QUICK_STOP, RecordingReceiver, recordingContext, request } from '../helpers/stdio-probe.ts';
import { until } from '../helpers/until.ts';
import { NO_BWRAP, sandbox, unlessSkipped } from '../transports/process/bwrap.ts';

const SERVER = join(import.meta.dirname, '../fixtures/servers/launched-http.mjs');
const tracker = trackProcesses();

interface Behaviour {
  readonly listenAfterMs?: number | false;
  readonly answerAfterMs?: number;
  readonly print?: string;
  readonly exit?: readonly [number, number];
  readonly ignoreTerm?: boolean;
  readonly helper?: boolean;
}

function launch(behaviour: Behaviour = {}, more: Partial<LaunchedTransportOptions> = {}) {
  const context = recordingContext();
  const receiver = new RecordingReceiver();
  const url = more.url ?? 'http://127.0.0.1:{port}/mcp';
  const transport = new LaunchedTransport(
    {
      command: process.execPath,
      args: [SERVER, '{port}', JSON.stringify(behaviour)],
      env: { SERVER_PORT: 'port {port}' },
      stop: QUICK_STOP,
      url,
      port: 'auto',
      readyTimeoutMs: 10_000,
      kind: 'http',
      streamPerRequest: true,
      createInner: (port) => new HttpTransport({ url: fillPort(url, port) }, context, new PoolCache()),
      ...more,
    },
    context,
  );
  const open = async (signal: AbortSignal = NEVER): Promise<void> => {
    try {
      await transport.open(receiver, signal);
    } finally {
      const { pid } = transport.diagnostics();
      if (pid !== undefined) tracker.track(pid);
    }
  };
  return { transport, receiver, open };
}

async function failureOf(opening: Promise<void>): Promise<Error> {
  const failure: unknown = await opening.then(
    () => 'it opened',
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(Error);
  return failure as Error;
}

/** Holds a port of 127.0.0.1 until released. */
async function occupiedPort(): Promise<{ port: number; release: () => Promise<void> }> {
  const listener = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => void listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as { port: number };
  return { port, release: () => new Promise((resolve) => void listener.close(() => resolve())) };
}

describe('a server that is launched', () => {
  it.each<[string, Behaviour, Partial<LaunchedTransportOptions>]>([
    ['a TCP connection is accepted', { listenAfterMs: 100 }, {}],
    ['a path is answered', { answerAfterMs: 200 }, { ready: { http: '/health' } }],
    ['a URL is answered', {}, { ready: { http: 'http://127.0.0.1:{port}/health' } }],
    [
      'a text is printed',
      { listenAfterMs: 50, print: 'listening now' },
      { ready: { output: 'listening now' } },
    ],
  ])('is ready when %s', async (_what, behaviour, more) => {
    const { transport, receiver, open } = launch(behaviour, more);
    expect(transport).toMatchObject({ kind: 'http', streamPerRequest: true });
    await open();
    transport.send(request(1, 'ping'));
    const [answer] = await receiver.count(1);
    const { port, env } = answer!['result'] as { port: number; env: string };
    expect(env).toBe(`port ${port}`);
    const { pid, url, stderrTail } = transport.diagnostics();
    expect(isRunning(pid!)).toBe(true);
    expect(url).toBe(`http://127.0.0.1:${port}/mcp`);
    if (behaviour.print !== undefined) expect(stderrTail).toContain(`booting ${behaviour.print}`);
    await transport.close();
    expect(isRunning(pid!)).toBe(false);
    expect(await transport.closed).toEqual({ kind: 'local' });
    const late = request(2, 'ping');
    transport.send(late);
    expect(late.failure).toMatchObject({ code: 'CONNECTION_CLOSED', delivered: 'no' });
  });

  it('may have a port of its own, which must be free', async () => {
    const { port, release } = await occupiedPort();
    const taken = launch({}, { port });
    const error = await failureOf(taken.open());
    expect(error).toMatchObject({ code: 'LAUNCH_FAILED', retryable: true });
    expect(error.message).toMatch(new RegExp(`127.0.0.1:${port} already`, 'u'));
    expect(taken.transport.diagnostics()).toEqual({});
    await release();
    const free = launch({}, { port });
    await free.open();
    await free.transport.close();
  });

  it('may know its port from the url alone', async () => {
    const { port, release } = await occupiedPort();
    await release();
    const { open, transport } = launch(
      {},
      { port: undefined, url: `http://127.0.0.1:${port}/mcp`, args: [SERVER, String(port)] },
    );
    await open();
    await transport.close();
  });
});

describe.skipIf(NO_BWRAP !== undefined)(unlessSkipped('a server that is launched in a sandbox'), () => {
  const cwd = join(import.meta.dirname, '../..');

  it('is reached over the network, and is stopped like any other', async () => {
    const { transport, receiver, open } = launch({}, { cwd, sandbox: sandbox({ network: true }) });
    await open();
    transport.send(request(1, 'ping'));
    expect((await receiver.count(1))[0]).toMatchObject({ id: 1 });
    const { pid } = transport.diagnostics();
    await transport.close();
    expect(isRunning(pid!)).toBe(false);
  });

  it('F-003 its exit is told with code and stderr', async () => {
    const exit = { listenAfterMs: false, exit: [78, 50] } as const;
    const { open } = launch(exit, { cwd, sandbox: sandbox({ network: true }) });
    expect(await failureOf(open())).toMatchObject({
      code: 'LAUNCH_FAILED',
      details: { exitCode: 78, signal: null, stderrTail: 'cannot open the database' },
    });
  });
});

describe('a launch that fails', () => {
  it('F-001 a command that is not found', async () => {
    const { open, transport } = launch({}, { command: 'signalbox-no-such-command' });
    const error = await failureOf(open());
    expect(error).toMatchObject({ code: 'SPAWN_FAILED' });
    expect(await transport.closed).toMatchObject({ kind: 'lost', error });
    await transport.close();
    transport.destroy();
  });

  it('F-003 it exits before it is ready: exit code and stderr are told', async () => {
    const error = await failureOf(launch({ listenAfterMs: false, exit: [78, 50] }).open());
    expect(error).toMatchObject({
      code: 'LAUNCH_FAILED',
      details: { exitCode: 78, signal: null, stderrTail: 'cannot open the database' },
    });
    expect(error.message).toMatch(/exited with code 78; .*cannot open the database/u);
  });

  it.each<[string, Partial<LaunchedTransportOptions>, RegExp]>([
    ['does not listen', {}, /did not answer at 127\.0\.0\.1:\d+ within 300 ms/u],
    ['does not print', { ready: { output: 'ready' } }, /did not print "ready" within 300 ms/u],
  ])('F-005 it %s in time: it is stopped', async (_what, more, message) => {
    const { open, transport } = launch(
      { listenAfterMs: false, ignoreTerm: true },
      { readyTimeoutMs: 300, ...more },
    );
    const error = await failureOf(open());
    expect(error).toMatchObject({ code: 'LAUNCH_FAILED', retryable: true });
    expect(error.message).toMatch(message);
    await expect(open()).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
    await transport.close();
  });

  it('F-011 the signal fires meanwhile: it is stopped, and the reason is told', async () => {
    const { open, transport } = launch({ listenAfterMs: false });
    const controller = new AbortController();
    const opening = open(controller.signal);
    setTimeout(() => controller.abort(), 100);
    expect(await failureOf(opening)).toMatchObject({ code: 'REQUEST_ABORTED' });
    expect(await transport.closed).toMatchObject({ kind: 'lost' });
  });

  it.each(['close', 'destroy'] as const)('F-011 %s meanwhile: it is stopped', async (verb) => {
    const { open, transport } = launch({ listenAfterMs: false });
    const opening = failureOf(open());
    await new Promise((resolve) => setTimeout(resolve, 100));
    void transport[verb]();
    expect(await opening).toMatchObject({ code: 'CONNECTION_CLOSED' });
    expect(await transport.closed).toEqual({ kind: 'local' });
  });

  it('the transport inside refuses: the process does not stay', async () => {
    const { open } = launch(
      {},
      {
        createInner: () => new HttpTransport({ url: 'ftp://nowhere' }, recordingContext(), new PoolCache()),
      },
    );
    expect(await failureOf(open())).toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('the end of a launched server', () => {
  it('F-003 it exits: closed tells the code, the call fails, what is inside is released', async () => {
    const { transport, open } = launch();
    await open();
    const lost = request(1, 'exit');
    transport.send(lost);
    const reason = await transport.closed;
    expect(reason).toMatchObject({ kind: 'exit', exitCode: 3, error: { code: 'CONNECTION_LOST' } });
    await until('the call has failed', () => lost.failures.length > 0);
    expect(lost.failure!.delivered).toBe('unknown');
    await transport.close();
  });

  it('F-009 its helpers go with it', async () => {
    const { transport, open } = launch({ helper: true });
    await open();
    const helper = Number(/"helper":(\d+)/u.exec(transport.diagnostics().stderrTail!)![1]);
    expect(isRunning(helper)).toBe(true);
    await transport.close();
    expect(isRunning(helper)).toBe(false);
  });

  it('F-010 it ignores SIGTERM: it is killed on schedule', async () => {
    const { transport, open } = launch({ ignoreTerm: true });
    await open();
    const hanging = request(1, 'hang');
    transport.send(hanging);
    const start = performance.now();
    await transport.close();
    expect(performance.now() - start).toBeLessThan(20_000);
    expect(hanging.failure).toMatchObject({ code: 'CONNECTION_CLOSED' });
  });

  it.each([
    ['with the first', 0],
    ['while the first is waited for', 50],
  ])('F-011 a second close, %s, escalates', async (_when, pauseMs) => {
    const { transport, open } = launch(
      { ignoreTerm: true },
      { stop: { eofMs: 60_000, termMs: 60_000, killMs: 10_000 } },
    );
    await open();
    const closing = [transport.close()];
    if (pauseMs > 0) await pause(pauseMs);
    closing.push(transport.close());
    await Promise.all(closing);
    transport.destroy();
  });

  it('destroy ends it at once', async () => {
    const { transport, open } = launch({ ignoreTerm: true });
    await open();
    const { pid } = transport.diagnostics();
    transport.destroy();
    transport.destroy();
    expect(await transport.closed).toEqual({ kind: 'local' });
    expect(isRunning(pid!)).toBe(false);
  });

  it('the transport inside ends by itself: lost, and the process is stopped', async () => {
    let inner: HttpTransport | undefined;
    const { transport, open } = launch(
      {},
      {
        createInner: (port) => {
          inner = new HttpTransport(
            { url: `http://127.0.0.1:${port}/` },
            recordingContext(),
            new PoolCache(),
          );
          return inner;
        },
      },
    );
    await open();
    inner!.destroy();
    await transport.closed;
    await transport.close();
    expect(isRunning(transport.diagnostics().pid!)).toBe(false);
  });

  it('closed before it was ever opened', async () => {
    const { transport } = launch();
    await transport.close();
    transport.destroy();
    expect(await transport.closed).toEqual({ kind: 'local' });
  });
});

describe('fillPort', () => {
  it('fills in each {port}, and nothing without a port', () => {
    expect(fillPort('http://127.0.0.1:{port}/{port}', 80)).toBe('http://127.0.0.1:80/80');
    expect(fillPort('{port}', undefined)).toBe('{port}');
  });
});
