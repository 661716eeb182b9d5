import {
  Client as Client2,
  InMemoryTransport,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { SSEClientTransport as Sse1 } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport as Stdio1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer } from '@modelcontextprotocol/server';
import { afterEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import {
  fromOfficialTransport,
  type OfficialTransport,
  officialTransportBuilder,
} from '../../../src/adapters/mcp-sdk/index.ts';
import type { ServerEntry } from '../../../src/index.ts';
import {
  type FaultServer,
  type FaultServerOptions,
  faultServerCommand,
  startFaultServer,
} from '../../../src/testing/index.ts';
import { QUICK, rejection, testFactories } from '../../helpers/clients.ts';
import { ProbeOutgoing, ProbeReceiver, probeContext } from '../../helpers/transport-probe.ts';
import { until } from '../../helpers/until.ts';

const makeFactory = testFactories();
const ending: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end();
});

async function serve(options: FaultServerOptions = {}): Promise<FaultServer> {
  const server = await startFaultServer(options);
  ending.push(() => server.close());
  return server;
}

function command(
  options: Parameters<typeof faultServerCommand>[0] = {},
): ReturnType<typeof faultServerCommand> {
  const server = faultServerCommand(options);
  ending.push(() => server.close());
  return server;
}

const urlOf = (entry: ServerEntry): URL => new URL(entry.url ?? '');
const commandOf = ({ command: program = '', args = [] }: ServerEntry) => ({
  command: program,
  args: [...args],
});

/** Kinds by which a client of ours reaches a server over an official transport. */
const MAKERS: Readonly<Record<string, (entry: ServerEntry) => OfficialTransport>> = {
  'http 2.x': (entry) => new StreamableHTTPClientTransport(urlOf(entry)),
  'stdio 2.x': (entry) => new StdioClientTransport(commandOf(entry)),
  'http 1.x': (entry) => new Http1(urlOf(entry)),
  'stdio 1.x': (entry) => new Stdio1(commandOf(entry)),
  // oxlint-disable-next-line typescript/no-deprecated -- it is what is held here
  'sse 1.x': (entry) => new Sse1(urlOf(entry)),
};

function factoryFor(name: keyof typeof MAKERS) {
  const factory = makeFactory();
  factory.registerTransport(
    'official',
    officialTransportBuilder((_server, entry) => MAKERS[name]!(entry)),
  );
  return factory;
}

const text = (value: string) => ({ content: [{ type: 'text', text: value }] });

describe.each(Object.keys(MAKERS))('our client over the official transport %s', (name) => {
  const start = async (): Promise<ServerEntry> => {
    const { entry } = name.startsWith('stdio')
      ? command()
      : await serve({ wire: name.startsWith('sse') ? 'sse' : 'http' });
    return { ...entry, type: 'official', 'x-signalbox': QUICK };
  };

  it('connects, lists, calls, hears progress, cancels, and ends in good order', async () => {
    const client = await factoryFor(name).createAndConnect('server', await start());
    expect((await client.listTools()).map((tool) => tool.name)).toContain('echo');
    expect(await client.callTool('echo', { message: 'hi', key: 'a' })).toMatchObject(text('hi'));
    const heard: number[] = [];
    await client.callTool(
      'slow',
      { ms: 60, steps: 3, key: 'b' },
      { onProgress: ({ progress }) => heard.push(progress) },
    );
    expect(heard).toEqual([1, 2, 3]);
    const aborting = new AbortController();
    const call = rejection(client.callTool('slow', { ms: 60_000, key: 'c' }, { signal: aborting.signal }));
    aborting.abort();
    expect(await call).toMatchObject({ code: 'REQUEST_ABORTED' });
    const many = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        client.callTool('echo', { message: `${index}`, key: `${index}` }),
      ),
    );
    expect(many.map((result) => result.content)).toEqual(many.map((_, index) => text(`${index}`).content));
    await client.disconnect();
    expect(client.state).toBe('disconnected');
  });
});

describe('faults of a server behind an official transport', () => {
  it('a process that dies fails the call, and is started again for the next', async () => {
    const server = command({ faults: { 'tools/call': { kind: 'exit', code: 1, times: 1 } } });
    const entry = { ...server.entry, type: 'official', 'x-signalbox': QUICK };
    const client = await factoryFor('stdio 2.x').createAndConnect('server', entry);
    expect(await rejection(client.callTool('echo', { message: 'hi', key: 'a' }))).toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      delivered: 'unknown',
    });
    expect(await client.callTool('echo', { message: 'hi', key: 'b' })).toMatchObject(text('hi'));
    expect(server.journal.timesRun('a')).toBe(0);
    expect(server.starts).toBe(2);
  });

  it.each(['http 1.x', 'http 2.x'])('a session that is forgotten is made anew: %s', async (name) => {
    const server = await serve({ era: 'legacy' });
    const client = await factoryFor(name).createAndConnect('server', {
      type: 'official',
      url: server.url,
      'x-signalbox': QUICK,
    });
    server.loseSessions();
    expect(await client.callTool('echo', { message: 'hi', key: 'a' })).toMatchObject(text('hi'));
    expect(server.journal.timesRun('a')).toBe(1);
  });

  it('a server that breaks off, refuses or fails: the outcome of each', async () => {
    const server = await serve({ era: 'modern' });
    const client = await factoryFor('http 2.x').createAndConnect('server', {
      type: 'official',
      url: server.url,
      'x-signalbox': { ...QUICK, breaker: false },
    });
    server.faults.set('tools/call', { kind: 'disconnect', executes: true, times: 1 });
    expect(await rejection(client.callTool('echo', { message: 'hi', key: 'a' }))).toMatchObject({
      code: 'OUTCOME_UNKNOWN',
    });
    expect(server.journal.timesRun('a')).toBe(1);
    server.faults.set('tools/call', { kind: 'status', status: 403, times: 1 });
    expect(await rejection(client.callTool('echo', { message: 'hi', key: 'b' }))).toMatchObject({
      code: 'FORBIDDEN',
    });
    server.faults.set('tools/call', { kind: 'not-json', text: '{"oops"', times: 1 });
    expect(await rejection(client.callTool('echo', { message: 'hi', key: 'c' }))).toMatchObject({
      delivered: 'unknown',
    });
    expect(await client.callTool('echo', { message: 'hi', key: 'd' })).toMatchObject(text('hi'));
  });

  it('nobody there is told as such', async () => {
    const gone = await serve();
    await gone.stop();
    const http = factoryFor('http 2.x').create('server', {
      type: 'official',
      url: gone.url,
      'x-signalbox': QUICK,
    });
    expect(await rejection(http.connect())).toMatchObject({ code: 'CONNECT_FAILED' });
    const stdio = factoryFor('stdio 2.x').create('server', {
      type: 'official',
      command: '/no/such/program',
      'x-signalbox': QUICK,
    });
    expect(await rejection(stdio.connect())).toMatchObject({ code: 'SPAWN_FAILED' });
  });
});

describe('an official server in this process', () => {
  it('over a linked pair', async () => {
    const server = new McpServer({ name: 'inside', version: '1' });
    server.registerTool('add', { inputSchema: z.object({ a: z.number(), b: z.number() }) }, ({ a, b }) => ({
      content: [{ type: 'text', text: `${a + b}` }],
    }));
    const factory = makeFactory();
    factory.registerTransport(
      'inside',
      officialTransportBuilder(() => {
        const [ours, theirs] = InMemoryTransport.createLinkedPair();
        void server.connect(theirs);
        return ours;
      }),
    );
    const client = await factory.createAndConnect('inside', { type: 'inside', 'x-signalbox': QUICK });
    expect(await client.callTool('add', { a: 1, b: 2 })).toMatchObject(text('3'));
    await server.close();
    await until('the client has noticed', () => client.state !== 'connected');
  });
});

describe('fromOfficialTransport', () => {
  const pair = () => {
    const [ours, theirs] = InMemoryTransport.createLinkedPair();
    const received: unknown[] = [];
    theirs.onmessage = (message) => void received.push(message);
    const transport = fromOfficialTransport(ours, 'memory', probeContext());
    return { transport, theirs, received, receiver: new ProbeReceiver() };
  };
  const NEVER = new AbortController().signal;

  it('is lost when the other side closes, after what came before', async () => {
    const { transport, theirs, receiver } = pair();
    await transport.open(receiver, NEVER);
    const waiting = new ProbeOutgoing();
    transport.send(waiting);
    await theirs.send({ jsonrpc: '2.0', method: 'notifications/last' });
    await theirs.close();
    expect(await transport.closed).toMatchObject({ kind: 'lost', error: { code: 'CONNECTION_LOST' } });
    expect(receiver.messages.map(({ text: message }) => JSON.parse(message) as unknown)).toEqual([
      { jsonrpc: '2.0', method: 'notifications/last' },
    ]);
    expect(await waiting.failure()).toMatchObject({ code: 'CONNECTION_LOST', delivered: 'unknown' });
  });

  it('an opening that hangs ends by its signal, and by destroy', async () => {
    const hanging = (): OfficialTransport & { closes: number } => ({
      closes: 0,
      start: () => new Promise<void>(() => {}),
      send: () => Promise.resolve(),
      close() {
        this.closes++;
        return Promise.resolve();
      },
    });
    const [first, second] = [hanging(), hanging()];
    const aborting = new AbortController();
    const one = fromOfficialTransport(first, 'hanging', probeContext());
    const opening = rejection(one.open(new ProbeReceiver(), aborting.signal));
    aborting.abort();
    expect(await opening).toMatchObject({ code: 'REQUEST_ABORTED' });
    expect(first.closes).toBe(1);
    const two = fromOfficialTransport(second, 'hanging', probeContext());
    const other = rejection(two.open(new ProbeReceiver(), NEVER));
    two.destroy();
    expect(await other).toMatchObject({ code: 'CONNECTION_CLOSED' });
    expect(await two.closed).toEqual({ kind: 'local' });
    expect(second.closes).toBe(1);
  });

  it('does not queue without end for a server that does not read', async () => {
    const stuck: OfficialTransport = {
      start: () => Promise.resolve(),
      send: () => new Promise<void>(() => {}),
      close: () => Promise.resolve(),
    };
    const context = probeContext({ limits: { sendQueueBytes: 100 } });
    const transport = fromOfficialTransport(stuck, 'stuck', context);
    await transport.open(new ProbeReceiver(), NEVER);
    const [first, second] = [new ProbeOutgoing({ method: 'x'.repeat(90) }), new ProbeOutgoing()];
    transport.send(first);
    transport.send(second);
    expect(await second.failure()).toMatchObject({ code: 'BACKPRESSURE', delivered: 'no' });
    transport.destroy();
    expect(await first.failure()).toMatchObject({ code: 'CONNECTION_CLOSED', delivered: 'unknown' });
  });
});

it('the official client speaks to itself through both adapters', async () => {
  // What stands between is theirs, ours, theirs: nothing of a message may be lost on the way.
  const server = await serve({ era: 'modern' });
  const { toOfficialTransport } = await import('../../../src/adapters/mcp-sdk/index.ts');
  const inner = fromOfficialTransport(
    new StreamableHTTPClientTransport(new URL(server.url)),
    'http',
    probeContext(),
  );
  const client = new Client2({ name: 't', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(toOfficialTransport(inner));
  ending.push(() => client.close());
  expect(client.getNegotiatedProtocolVersion()).toBe('2026-07-28');
  expect(await client.callTool({ name: 'echo', arguments: { message: 'hi', key: 'a' } })).toMatchObject(
    text('hi'),
  );
});
