import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, describe, expect, it } from 'vitest';
import { type ServeStdioOptions, serveStdio } from '../../src/gateway/index.ts';
import { faultyEntry } from '../helpers/clients.ts';
import { readJournal } from '../helpers/faulty-server.ts';
import { until } from '../helpers/until.ts';
import { cleanGateways, EVERYTHING, onCleanup, startRegistry, textOf, UNITS } from './gateway-fixture.ts';
import { MODERN_META, type RawMessage } from './raw-request.ts';

cleanGateways();

const PROGRAM = join(import.meta.dirname, 'fixtures/stdio-gateway.ts');
const scratch = mkdtempSync(join(tmpdir(), 'signalbox-stdio-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe.each(['legacy', 'modern'] as const)('the official client, %s, over stdio', (era) => {
  it('lists, calls, hears progress, cancels, is told of changes, and leaves', async () => {
    const args = ['--import', 'tsx', PROGRAM, `units=${JSON.stringify(UNITS)}`];
    const every = [`every=${JSON.stringify(EVERYTHING)}`];
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [...args, ...every],
      stderr: 'pipe',
    });
    let stderr = '';
    transport.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const mode = era === 'modern' ? { pin: '2026-07-28' } : 'legacy';
    const client = new Client({ name: 'official', version: '1' }, { versionNegotiation: { mode } });
    onCleanup(() => client.close());
    await client.connect(transport);
    expect(client.getServerVersion()).toMatchObject({ name: 'signalbox' });
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['units__convert', 'every__echo']));
    const echo = await client.callTool({ name: 'every__echo', arguments: { message: 'hello' } });
    expect(textOf(echo)).toBe('Echo: hello');
    const table = { from: 'km', to: 'm', steps: 200, delayMs: 50 };
    // The first progress aborts the call: it was heard, and the call is over long before its time.
    const controller = new AbortController();
    const cancelled = client.callTool(
      { name: 'units__conversion_table', arguments: table },
      { signal: controller.signal, onprogress: () => controller.abort() },
    );
    await expect(cancelled).rejects.toThrow();
    if (era === 'modern') {
      const subscription = await client.listen({ toolsListChanged: true });
      expect(subscription.honoredFilter).toEqual({ toolsListChanged: true });
      await subscription.close();
    }
    await client.close();
    await until('the gateway has ended in good order', () => stderr.includes('served'));
  });
});

describe('stdio, message by message', () => {
  interface Pipe {
    send(message: unknown): void;
    readonly input: PassThrough;
    readonly output: PassThrough;
    readonly received: RawMessage[];
    readonly served: Promise<void>;
    /** The answer with this id. */
    answer(id: unknown): Promise<RawMessage>;
  }

  async function serve(
    servers: Parameters<typeof startRegistry>[0] = {},
    options: Partial<ServeStdioOptions> = {},
  ): Promise<Pipe & { registry: Awaited<ReturnType<typeof startRegistry>> }> {
    const registry = await startRegistry(servers);
    const input = new PassThrough();
    const output = new PassThrough();
    const received: RawMessage[] = [];
    let rest = '';
    output.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop()!;
      for (const line of lines) received.push(JSON.parse(line) as RawMessage);
    });
    const served = serveStdio({ registry, input, output, ...options });
    onCleanup(async () => {
      input.end();
      await served;
    });
    return {
      registry,
      input,
      output,
      received,
      served,
      send: (message) => input.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`),
      answer: async (id) => {
        await until(`${JSON.stringify(id)} is answered`, () => received.some((message) => message.id === id));
        return received.find((message) => message.id === id)!;
      },
    };
  }

  const initialize = {
    jsonrpc: '2.0',
    id: 'init',
    method: 'initialize',
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
  };
  const modern = (id: unknown, method: string, params: object = {}): object => ({
    jsonrpc: '2.0',
    id,
    method,
    params: { _meta: MODERN_META, ...params },
  });
  const legacy = (id: unknown, method: string, params?: object): object => ({
    jsonrpc: '2.0',
    id,
    method,
    ...(params === undefined ? {} : { params }),
  });

  it('serves both eras on one pipe', async () => {
    const pipe = await serve({ faulty: faultyEntry({ era: 'legacy' }) });
    pipe.send(modern(1, 'server/discover'));
    expect(await pipe.answer(1)).toMatchObject({ result: { supportedVersions: expect.any(Array) } });
    pipe.send(legacy(2, 'tools/list'));
    expect(await pipe.answer(2)).toMatchObject({ error: { code: -32602 } });
    pipe.send(initialize);
    expect(await pipe.answer('init')).toMatchObject({ result: { protocolVersion: '2025-06-18' } });
    pipe.send(legacy(3, 'tools/list'));
    expect((await pipe.answer(3)).result).not.toHaveProperty('resultType');
    pipe.send(modern(4, 'tools/list'));
    expect((await pipe.answer(4)).result).toMatchObject({ resultType: 'complete' });
    pipe.send(modern(5, 'ping'));
    expect(await pipe.answer(5)).toMatchObject({ error: { code: -32601 } });
    pipe.send(legacy(6, 'ping'));
    expect(await pipe.answer(6)).toEqual({ jsonrpc: '2.0', id: 6, result: {} });
  });

  it.each([
    ['unsupported version', { 'io.modelcontextprotocol/protocolVersion': '2030-01-01' }, -32022],
    ['no capabilities', { 'io.modelcontextprotocol/clientCapabilities': undefined }, -32602],
  ])('refuses a modern request: %s', async (_what, meta, code) => {
    const pipe = await serve();
    pipe.send(modern(1, 'tools/list', { _meta: { ...MODERN_META, ...meta } }));
    expect(await pipe.answer(1)).toMatchObject({ error: { code } });
  });

  it('answers what it cannot read without an id, and goes on', async () => {
    const pipe = await serve();
    pipe.send('no json');
    pipe.send('[{"jsonrpc":"2.0","id":1,"method":"ping"}]');
    pipe.send('{"jsonrpc":"1.0","id":8,"method":"ping"}');
    pipe.input.write(Buffer.from([0x7b, 0xff, 0x0a]));
    pipe.send({ jsonrpc: '2.0', id: 3, result: {} });
    pipe.send(legacy(9, 'ping'));
    await pipe.answer(9);
    expect(pipe.received.map(({ id, error }) => [id, error?.code])).toEqual([
      [undefined, -32700],
      [undefined, -32600],
      [8, -32600],
      [undefined, -32700],
      [9, undefined],
    ]);
  });

  it('ends at a line that is too long', async () => {
    const pipe = await serve({}, { limits: { bodyBytes: 1000 } });
    pipe.input.write('x'.repeat(5000));
    await pipe.served;
    expect(pipe.received).toMatchObject([{ error: { code: -32700 } }]);
  });

  it('cancels by notification, in either era, and answers no more', async () => {
    const journal = join(scratch, 'cancel');
    const pipe = await serve({
      faulty: faultyEntry({ era: 'legacy', journal, on: { 'tools/call': ['silent'] } }),
    });
    const cancelled = (): number =>
      readJournal(journal).filter(({ method }) => method === 'notifications/cancelled').length;
    const calls = (): number => readJournal(journal).filter(({ method }) => method === 'tools/call').length;
    pipe.send(initialize);
    pipe.send(modern(1, 'tools/call', { name: 'faulty__echo' }));
    pipe.send(legacy('1', 'tools/call', { name: 'faulty__echo' }));
    await until('both are under way', () => calls() === 2);
    pipe.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } });
    await until('the first is cancelled', () => cancelled() === 1);
    pipe.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: '1' } });
    await until('the second is cancelled', () => cancelled() === 2);
    pipe.send(legacy(9, 'ping'));
    await pipe.answer(9);
    expect(pipe.received.map(({ id }) => id)).toEqual(['init', 9]);
  });

  it('sends every progress before the result, under the token of the client', async () => {
    const pipe = await serve({ units: UNITS });
    const args = { from: 'km', to: 'm', steps: 4, delayMs: 0 };
    const params = { name: 'units__conversion_table', arguments: args };
    pipe.send(modern(1, 'tools/call', { ...params, _meta: { ...MODERN_META, progressToken: 'mine' } }));
    await pipe.answer(1);
    expect(pipe.received).toMatchObject([
      ...[1, 2, 3, 4].map((progress) => ({
        method: 'notifications/progress',
        params: { progressToken: 'mine', progress },
      })),
      { id: 1, result: {} },
    ]);
  });

  it('tells of changes: subscriptions by their ids, a legacy client after initialized', async () => {
    const pipe = await serve();
    pipe.send(modern('s', 'subscriptions/listen', { notifications: { toolsListChanged: true } }));
    pipe.send(modern(2, 'subscriptions/listen', { notifications: { promptsListChanged: true } }));
    pipe.send(modern(3, 'subscriptions/listen', {}));
    pipe.send(modern('s', 'subscriptions/listen', { notifications: {} }));
    pipe.send(initialize);
    pipe.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    await pipe.answer('init');
    expect(await pipe.answer(3)).toMatchObject({ error: { code: -32602 } });
    pipe.registry.register('faulty', faultyEntry({ era: 'legacy' }));
    await pipe.registry.connectAll();
    const told = (subscription: unknown): RawMessage[] =>
      pipe.received.filter(
        ({ method, params }) =>
          String(method).endsWith('list_changed') &&
          params?._meta?.['io.modelcontextprotocol/subscriptionId'] === subscription,
      );
    await until('both were told', () => told('s').length > 0 && told(undefined).length > 0);
    expect(told('s')[0]?.method).toBe('notifications/tools/list_changed');
    expect(told(2).every(({ method }) => method === 'notifications/prompts/list_changed')).toBe(true);
    pipe.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 2 } });
    pipe.input.end();
    await pipe.served;
    // What is left open ends with a result; what was cancelled ends without a word.
    const results = pipe.received.filter(({ result }) => result?.resultType === 'complete');
    expect(results).toEqual([
      {
        jsonrpc: '2.0',
        id: 's',
        result: { resultType: 'complete', _meta: { 'io.modelcontextprotocol/subscriptionId': 's' } },
      },
    ]);
  });

  it('answers what is in flight when the input ends, within its time', async () => {
    const pipe = await serve(
      {
        quick: faultyEntry({ era: 'legacy', on: { 'tools/call': ['delay:100', 'reply'] } }),
        never: faultyEntry({ era: 'legacy', on: { 'tools/call': ['silent'] } }),
      },
      { drainMs: 3000 },
    );
    pipe.send(modern(1, 'tools/call', { name: 'quick__echo', arguments: { message: 'late' } }));
    pipe.send(modern(2, 'tools/call', { name: 'never__echo' }));
    pipe.input.end();
    await pipe.served;
    expect(await pipe.answer(1)).toMatchObject({ result: { content: [{ text: 'late' }] } });
    expect(await pipe.answer(2)).toMatchObject({ error: { data: { code: 'CONNECTION_CLOSED' } } });
  });

  it('ends when the signal says so, or nobody reads any more', async () => {
    const controller = new AbortController();
    const [one, two, three] = [
      await serve({}, { signal: controller.signal }),
      await serve(),
      await serve({}, { signal: AbortSignal.abort() }),
    ];
    controller.abort();
    two.output.destroy(new Error('EPIPE'));
    await Promise.all([one.served, two.served, three.served]);
  });

  it('S19 reads no more while its answers are not taken', async () => {
    const pipe = await serve({}, { limits: { bufferedBytes: 2000 } });
    pipe.output.pause();
    // Sent bit by bit: what has been read before the first answer is written is in memory anyway.
    let last = 0;
    while (!pipe.input.isPaused() && last < 5000) {
      for (let burst = 0; burst < 20; burst++) pipe.send(modern(++last, 'server/discover'));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(pipe.input.isPaused()).toBe(true);
    expect(pipe.output.writableLength + pipe.output.readableLength).toBeLessThan(500_000);
    pipe.output.resume();
    await pipe.answer(last);
  });
});
