import { Client as Client2, type ClientOptions } from '@modelcontextprotocol/client';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SignalboxTransport, toOfficialTransport } from '../../../src/adapters/mcp-sdk/index.ts';
import { ClientFactory, SignalboxError } from '../../../src/index.ts';
import {
  type FaultServer,
  type FaultServerCommand,
  type FaultServerOptions,
  faultServerCommand,
  startFaultServer,
} from '../../../src/testing/index.ts';
import { MemoryTransport } from '../../../src/transports/memory-transport.ts';
import { QUICK, rejection } from '../../helpers/clients.ts';
import { faultyCommand } from '../../helpers/faulty-server.ts';
import { until } from '../../helpers/until.ts';

const AUTO: ClientOptions = { versionNegotiation: { mode: 'auto' } };
const INFO = { name: 'test', version: '1' };

/** What both majors of the official client have in common here. */
interface OfficialClient {
  connect(transport: SignalboxTransport): Promise<void>;
  callTool(
    call: { name: string; arguments: Record<string, unknown> },
    options?: {
      signal?: AbortSignal;
      onprogress?: (progress: { progress: number }) => void;
      timeout?: number;
    },
  ): Promise<unknown>;
  close(): Promise<void>;
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
}

function client1(): OfficialClient {
  const client = new Client1(INFO);
  return Object.assign(client, {
    callTool: (
      call: Parameters<OfficialClient['callTool']>[0],
      options?: Parameters<OfficialClient['callTool']>[1],
    ) => Client1.prototype.callTool.call(client, call, undefined, options),
  });
}

const CLIENTS: readonly (readonly [string, () => OfficialClient])[] = [
  ['2.x, legacy', () => new Client2(INFO)],
  ['2.x, auto', () => new Client2(INFO, AUTO)],
  ['1.x', client1],
];

const ending: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end();
});

async function serve(options: FaultServerOptions = {}): Promise<FaultServer> {
  const server = await startFaultServer(options);
  ending.push(() => server.close());
  return server;
}

function command(options: Parameters<typeof faultServerCommand>[0] = {}): FaultServerCommand {
  const server = faultServerCommand(options);
  ending.push(() => server.close());
  return server;
}

async function connected(client: OfficialClient, transport: SignalboxTransport): Promise<OfficialClient> {
  await client.connect(transport);
  ending.push(() => client.close());
  return client;
}

const echo = { name: 'echo', arguments: { message: 'hi', key: 'a' } };

describe.each(CLIENTS)('the official client %s over our transports', (_name, make) => {
  const wires = {
    stdio: () => Promise.resolve(command().entry),
    http: async () => (await serve()).entry,
    'http, legacy': async () => (await serve({ era: 'legacy' })).entry,
    sse: async () => (await serve({ wire: 'sse' })).entry,
  };
  it.each(Object.keys(wires) as (keyof typeof wires)[])(
    'calls tools, hears progress, and ends: %s',
    async (wire) => {
      const transport = toOfficialTransport('server', await wires[wire]());
      const client = await connected(make(), transport);
      expect(await client.callTool(echo)).toMatchObject({ content: [{ type: 'text', text: 'hi' }] });
      const heard: number[] = [];
      // It drops progress that comes in one chunk with the result, as on a machine that lets everybody wait.
      for (let ms = 60; heard.length === 0 && ms < 5000; ms *= 4) {
        await client.callTool(
          { name: 'slow', arguments: { ms, steps: 3, key: `b${ms}` } },
          { onprogress: ({ progress }) => heard.push(progress) },
        );
      }
      expect(heard[0]).toBe(1);
      const large = { name: 'big', arguments: { bytes: 1024 * 1024, key: 'c' } };
      expect(JSON.stringify(await client.callTool(large)).length).toBeGreaterThan(1024 * 1024);
      let closes = 0;
      client.onclose = () => void closes++;
      await client.close();
      expect(closes).toBe(1);
      expect(await rejection(transport.send({ jsonrpc: '2.0', method: 'notifications/x' }))).toMatchObject({
        code: 'CONNECTION_CLOSED',
        delivered: 'no',
      });
    },
  );

  it('cancels: the server hears of it, and nothing is kept', async () => {
    const server = await serve();
    const client = await connected(make(), toOfficialTransport('server', server.entry));
    const aborting = new AbortController();
    const slow = { name: 'slow', arguments: { ms: 60_000, key: 'slow' } };
    const call = client.callTool(slow, { signal: aborting.signal });
    const failure = rejection(call);
    await until('the call has begun', () => server.journal.timesRun('slow') === 1);
    aborting.abort();
    await failure;
    const isCancelled = (): boolean => server.journal.entries().some(({ event }) => event === 'cancelled');
    await until('the server has heard of it', isCancelled);
    expect(await client.callTool(echo)).toMatchObject({ content: [{ text: 'hi' }] });
  });

  it('a process that dies: our error for the call, with what it means, and the end for the client', async () => {
    const server = command({ faults: { 'tools/call': { kind: 'exit', code: 3 } } });
    const client = await connected(
      make(),
      toOfficialTransport('server', { ...server.entry, 'x-signalbox': QUICK }),
    );
    const told: Error[] = [];
    let closes = 0;
    client.onerror = (error) => void told.push(error);
    client.onclose = () => void closes++;
    const error = await rejection(client.callTool(echo));
    expect(error).toMatchObject({
      code: 'CONNECTION_LOST',
      delivered: 'unknown',
      details: { exitCode: 3 },
    });
    await until('the client hears of the end', () => closes === 1);
    expect(told.filter((one) => SignalboxError.is(one))).toHaveLength(1);
  });

  it('an HTTP server that breaks off, fails or forgets: the typed error of each', async () => {
    const server = await serve({ era: 'legacy' });
    const client = await connected(make(), toOfficialTransport('server', server.entry));
    server.faults.set('tools/call', [
      { kind: 'disconnect', times: 1 },
      { kind: 'status', status: 429, retryAfter: 7, times: 1 },
      { kind: 'status', status: 401, times: 1 },
    ]);
    expect(await rejection(client.callTool(echo))).toMatchObject({
      code: 'CONNECTION_LOST',
      delivered: 'unknown',
    });
    expect(await rejection(client.callTool(echo))).toMatchObject({
      code: 'RATE_LIMITED',
      details: { retryAfterMs: 7000 },
    });
    expect(await rejection(client.callTool(echo))).toMatchObject({ code: 'AUTH_REQUIRED' });
    expect(await client.callTool(echo)).toMatchObject({ content: [{ text: 'hi' }] });
    let closes = 0;
    client.onclose = () => void closes++;
    server.loseSessions();
    expect(await rejection(client.callTool(echo))).toMatchObject({ code: 'SESSION_LOST', delivered: 'no' });
    // The official client begins no new session on an old transport: it is told to connect anew, and can.
    await until('the client hears of the end', () => closes === 1);
    await client.connect(toOfficialTransport('server', server.entry));
    expect(await client.callTool(echo)).toMatchObject({ content: [{ text: 'hi' }] });
  });

  it('nobody there: typed, and nothing is left', async () => {
    expect(
      await rejection(make().connect(toOfficialTransport('server', { command: '/no/such/program' }))),
    ).toMatchObject({
      code: 'SPAWN_FAILED',
    });
    const gone = await serve();
    await gone.stop();
    const failure = await rejection(make().connect(toOfficialTransport('server', gone.entry)));
    // In its modern mode the official client wraps what its probe fails with.
    expect([failure, failure.cause]).toContainEqual(expect.objectContaining({ code: 'CONNECT_FAILED' }));
  });
});

describe('a modern official client and legacy servers', () => {
  let client: Client2;
  beforeEach(() => {
    client = new Client2(INFO, AUTO);
    ending.push(() => client.close());
  });

  it('a server over HTTP that answers its probe with 404', async () => {
    const server = await serve({
      era: 'legacy',
      faults: { 'server/discover': { kind: 'status', status: 404 } },
    });
    await client.connect(toOfficialTransport('server', server.entry));
    expect(client.getNegotiatedProtocolVersion()).toBe('2025-11-25');
  });

  it('a process that dies on its probe is started again, where the official stdio transport starts two', async () => {
    const transport = toOfficialTransport('server', {
      ...faultyCommand({ era: 'legacy', discover: 'exit' }),
      'x-signalbox': QUICK,
    });
    await client.connect(transport);
    expect(client.getNegotiatedProtocolVersion()).toBe('2025-11-25');
    expect(await client.callTool({ name: 'echo', arguments: { a: 1 } })).toBeDefined();
  });

  it('a modern server is spoken to as such, with the headers of the revision', async () => {
    const server = await serve({ era: 'modern' });
    await client.connect(toOfficialTransport('server', server.entry));
    expect(client.getNegotiatedProtocolVersion()).toBe('2026-07-28');
    expect(await client.callTool(echo)).toMatchObject({ content: [{ text: 'hi' }] });
  });
});

describe('toOfficialTransport', () => {
  it('refuses a wrong entry at once, and knows the kinds of a factory', async () => {
    expect(() => toOfficialTransport('server', { type: 'pigeon' })).toThrow(/nobody registered/u);
    const factory = new ClientFactory();
    factory.registerTransport('pigeon', () => {
      throw new SignalboxError('NOT_SUPPORTED', 'no flight today');
    });
    const transport = toOfficialTransport('server', { type: 'pigeon' }, { factory });
    expect(await rejection(transport.start())).toMatchObject({ code: 'NOT_SUPPORTED' });
  });

  it('takes a transport that is there already, and is good for one connection', async () => {
    const factory = new ClientFactory();
    const server = command();
    const transport = toOfficialTransport(await factory.createTransport('server', server.entry));
    const client = await connected(new Client2(INFO), transport);
    expect(await client.callTool(echo)).toBeDefined();
    expect(await rejection(transport.start())).toMatchObject({ code: 'CONNECTION_CLOSED' });
    await client.close();
    await transport.close();
  });

  it('does not send the probe of a modern client over what carries the legacy era only', async () => {
    const received: string[] = [];
    const inner = new MemoryTransport(() => ({ receive: (text) => void received.push(text) }), 'memory');
    const transport = toOfficialTransport(Object.assign(inner, { onlyEra: 'legacy' as const }));
    const heard: object[] = [];
    transport.onmessage = (message) => void heard.push(message);
    await transport.start();
    await transport.send({ jsonrpc: '2.0', id: 'probe-1', method: 'server/discover', params: {} });
    expect(heard).toMatchObject([{ id: 'probe-1', error: { code: -32601 } }]);
    await transport.close();
    expect(received).toEqual([]);
  });

  it('can be closed before it was started, and while it is', async () => {
    const unused = toOfficialTransport('server', command().entry);
    await unused.close();
    const slow = await serve({ wire: 'sse' });
    slow.pause();
    const transport = toOfficialTransport('server', slow.entry);
    const failure = rejection(transport.start());
    await transport.close();
    expect(await failure).toMatchObject({ code: 'CONNECTION_CLOSED' });
  });

  it('does not wait for ever for a server that says nothing', async () => {
    const slow = await serve({ wire: 'sse' });
    slow.pause();
    const entry = { ...slow.entry, 'x-signalbox': { timeouts: { connect: 100 } } };
    expect(await rejection(toOfficialTransport('server', entry).start())).toMatchObject({
      code: 'CONNECT_TIMEOUT',
    });
  });
});
