import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { exposedName } from '../../src/registry/catalog/exposed-names.ts';
import { faultyEntry } from '../helpers/clients.ts';
import { readJournal } from '../helpers/faulty-server.ts';
import { until } from '../helpers/until.ts';
import { cleanGateways, connectOfficial, onCleanup, startGateway, startNotes } from './gateway-fixture.ts';
import { modernRequest, openSession, type RawRequest, rawRequest } from './raw-request.ts';

cleanGateways();

const scratch = mkdtempSync(join(tmpdir(), 'signalbox-gateway-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

let journals = 0;
const newJournal = (): string => join(scratch, `journal-${journals++}`);
const methods = (journal: string): (string | undefined)[] => readJournal(journal).map(({ method }) => method);

/** Sends a request and breaks off when `ready` holds, which may look at what has come of the answer. */
async function breakOff(url: string, options: RawRequest, ready: (answer: string) => boolean): Promise<void> {
  const headers = { 'content-type': 'application/json', accept: 'text/event-stream', ...options.headers };
  const request = httpRequest(url, { method: 'POST', headers, agent: false });
  request.on('error', () => {});
  let answer = '';
  request.on('response', (response) => {
    response.on('error', () => {}).setEncoding('utf8');
    response.on('data', (text: string) => {
      answer += text;
    });
  });
  request.end(JSON.stringify(options.body));
  await until('the request is under way', () => ready(answer));
  request.destroy();
}

describe('F-129 a client goes away in the middle of a call', () => {
  it.each(['legacy', 'modern'] as const)(
    'of 2026-07-28: the call is cancelled at a %s server',
    async (era) => {
      const journal = newJournal();
      const { url } = await startGateway({
        faulty: faultyEntry({ era, journal, on: { 'tools/call': ['silent'] } }),
      });
      const call = modernRequest('tools/call', { name: 'faulty__echo', arguments: {} });
      await breakOff(url, call, () => methods(journal).includes('tools/call'));
      await until('the server was told', () => methods(journal).includes('notifications/cancelled'));
    },
  );

  it('of 2026-07-28, while progress streams: the call is cancelled over HTTP', async () => {
    const notes = await startNotes();
    const { url } = await startGateway({ notes: notes.entry });
    const call = modernRequest('tools/call', {
      name: 'notes__count_words',
      arguments: { steps: 500, delayMs: 10 },
      _meta: {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientCapabilities': {},
        progressToken: 'mine',
      },
    });
    await breakOff(url, call, (answer) => answer.includes('notifications/progress'));
    await until('the server was told', () => notes.stderr().includes('count_words cancelled'));
  });

  it('of a legacy revision: the call goes on, and its answer is dropped quietly (H25-7)', async () => {
    const journal = newJournal();
    const { url, registry } = await startGateway({
      faulty: faultyEntry({ journal, on: { 'tools/call': [['delay:150', 'reply'], ['reply']] } }),
    });
    const headers = await openSession(url);
    const params = { name: 'faulty__echo', arguments: { message: 'x' } };
    const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params };
    await breakOff(url, { headers, body }, () => methods(journal).includes('tools/call'));
    const { client } = registry.getServer('faulty')!;
    await until('it is answered', () => client.inFlight === 0);
    expect(methods(journal)).not.toContain('notifications/cancelled');
    // The session is as good as before, its id free again.
    expect((await rawRequest(url, { headers, body })).json).toMatchObject({ id: 1, result: {} });
  });

  it('by ending its session: what was in flight is cancelled', async () => {
    const journal = newJournal();
    const { url } = await startGateway({
      faulty: faultyEntry({ journal, on: { 'tools/call': ['silent'] } }),
    });
    const headers = await openSession(url);
    const params = { name: 'faulty__echo', arguments: {} };
    const call = rawRequest(url, { headers, body: { jsonrpc: '2.0', id: 1, method: 'tools/call', params } });
    await until('the call is under way', () => methods(journal).includes('tools/call'));
    await rawRequest(url, { headers, method: 'DELETE' });
    expect((await call).json).toMatchObject({ id: 1, error: { data: { code: 'CONNECTION_CLOSED' } } });
    await until('the server was told', () => methods(journal).includes('notifications/cancelled'));
  });
});

describe('F-128 servers are down', () => {
  it('lists nothing, says what is missing, and refuses calls at once', async () => {
    const dead = { command: process.execPath, args: ['-e', 'process.exit(3)'] };
    const settings = { 'x-signalbox': { retry: { maxAttempts: 1 } } };
    const { url } = await startGateway({ one: { ...dead, ...settings }, two: { ...dead, ...settings } });
    for (const era of ['legacy', 'modern'] as const) {
      const client = await connectOfficial(url, era);
      expect(client.getInstructions()).toContain('No server is connected');
      const { tools, _meta } = await client.listTools();
      expect(tools).toEqual([]);
      expect(_meta?.['dev.signalbox/missing']).toMatchObject([
        { server: 'one', reason: expect.stringMatching(/^error: /u) },
        { server: 'two' },
      ]);
      const started = performance.now();
      await expect(client.callTool({ name: 'two__any', arguments: {} })).rejects.toMatchObject({
        code: -31000,
        data: { code: 'SERVER_UNAVAILABLE', server: 'two', retryable: true, delivered: 'no' },
      });
      // Far from the 15 s for which a call waits where a connection is on its way.
      expect(performance.now() - started).toBeLessThan(14_000);
    }
    const health = await rawRequest(url, { path: '/healthz' });
    expect(health.json).toEqual({ status: 'ok', servers: { connected: 0, total: 2 } });
  });

  it('wakes a server that nobody has connected yet', async () => {
    const { url, registry } = await startGateway({});
    registry.register('late', faultyEntry({ era: 'legacy' }));
    // It begins as a name of the other one's could: only its hash tells them apart.
    registry.register('late__r', faultyEntry({ era: 'legacy' }));
    const call = (name: string): ReturnType<typeof rawRequest> =>
      rawRequest(url, modernRequest('tools/call', { name, arguments: { message: 'up' } }));
    const [known, unknown] = await Promise.all([call(exposedName('late__r', 'echo')), call('late__none')]);
    expect(known.json).toMatchObject({ result: { content: [{ text: 'up' }] } });
    expect(unknown.json).toMatchObject({ error: { code: -32602 } });
  });

  it('waits for a slow one no longer than it may', async () => {
    const { url, registry } = await startGateway({}, { limits: { connectWaitMs: 100 } });
    registry.register('slow', faultyEntry({ era: 'legacy', on: { initialize: ['delay:8000', 'reply'] } }));
    const started = performance.now();
    const answer = await rawRequest(url, modernRequest('tools/call', { name: 'slow__echo', arguments: {} }));
    expect(performance.now() - started).toBeLessThan(7500);
    expect(answer.json).toMatchObject({ error: { data: { code: 'SERVER_UNAVAILABLE', server: 'slow' } } });
    // Its connection is pursued although the caller has its answer.
    await until('it is connected', () => registry.getServer('slow')!.isConnected);
  });
});

describe('S19 a client does not read', () => {
  /** A raw connection that has sent a request and reads nothing. */
  async function deafClient(port: number, options: RawRequest): Promise<Socket> {
    const socket = connect(port, '127.0.0.1');
    onCleanup(() => Promise.resolve(socket.destroy()));
    socket.on('error', () => {});
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.pause();
    const body = JSON.stringify(options.body);
    const headers = {
      host: `127.0.0.1:${port}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'content-length': String(Buffer.byteLength(body)),
      ...options.headers,
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`POST /mcp HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
    return socket;
  }

  it('and is cut off, while others are served', async () => {
    // More than the kernel holds for a connection on its own.
    const huge = { era: 'legacy', on: { 'tools/call': ['hugeLine:24000000'] } } as const;
    const { url, port } = await startGateway(
      {
        huge: faultyEntry(huge, { limits: { frameBytes: 32_000_000 } }),
        small: faultyEntry({ era: 'legacy' }),
      },
      { limits: { stallMs: 300 } },
    );
    const call = (name: string): ReturnType<typeof modernRequest> =>
      modernRequest('tools/call', { name, arguments: { message: 'x' } });
    const deaf = await deafClient(port, call('huge__echo'));
    await pause(100);
    expect((await rawRequest(url, call('small__echo'))).json).toMatchObject({
      result: { content: [{ text: 'x' }] },
    });
    // The socket takes a first piece by itself, and no more.
    await until('the answer has begun', () => deaf.bytesRead > 0);
    await pause(900);
    // Too late: it gets what was in the pipe already, and no more.
    let bytes = 0;
    deaf.on('data', (chunk) => (bytes += chunk.length)).resume();
    await new Promise((resolve) => deaf.once('close', resolve));
    expect(bytes).toBeLessThan(24_000_000);
  });
});
