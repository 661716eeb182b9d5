import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { checkHttpClients, EXCHANGES } from '../helpers/http-client.ts';
import { until } from '../helpers/http-fixture.ts';
import { head, startRawHttp } from '../helpers/raw-http.ts';

checkHttpClients();

/**
 * A server in a thread of its own, which goes on while this one is busy: it answers each request, and closes the
 * socket `afterMs` later by RST or FIN, at a moment when this side cannot see it.
 */
const SERVER = `
const { createServer } = require('node:net');
const { parentPort, workerData } = require('node:worker_threads');
let requests = 0, sockets = 0;
const counts = new Int32Array(workerData.counts);
const server = createServer((socket) => {
  Atomics.store(counts, 0, ++sockets);
  socket.on('error', () => {});
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
    if (!/\\r\\n\\r\\n.*}$/s.test(text)) return;
    const id = /"id":(\\d+)/.exec(text)?.[1] ?? 0;
    text = '';
    Atomics.store(counts, 1, ++requests);
    const body = '{"jsonrpc":"2.0","id":' + id + ',"result":{}}';
    socket.write('HTTP/1.1 200 OK\\r\\ncontent-type: application/json\\r\\ncontent-length: ' + body.length + '\\r\\n\\r\\n' + body);
    if (requests % 2 === 0) return;
    const isClosed = () => Atomics.add(counts, 2, 1);
    setTimeout(() => workerData.how === 'RST' ? socket.once('close', isClosed).resetAndDestroy() : socket.end(isClosed), 30);
  });
});
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

const workers: Worker[] = [];
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
});

async function fickleServer(
  how: 'RST' | 'FIN',
): Promise<{ url: string; sockets(): number; requests(): number; closed(): number }> {
  const shared = new SharedArrayBuffer(12);
  const counts = new Int32Array(shared);
  const worker = new Worker(SERVER, { eval: true, workerData: { how, counts: shared } });
  workers.push(worker);
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    sockets: () => Atomics.load(counts, 0),
    requests: () => Atomics.load(counts, 1),
    closed: () => Atomics.load(counts, 2),
  };
}

/** Lets the other thread work, while this one sees nothing of it, until so many sockets are closed. */
function freezeUntilClosed(server: { closed(): number }, sockets: number): void {
  const never = new Int32Array(new SharedArrayBuffer(4));
  for (let turns = 0; server.closed() < sockets && turns < 2500; turns++) Atomics.wait(never, 0, 0, 10);
  expect(server.closed()).toBe(sockets);
}

describe.each(EXCHANGES)('F-091 %s: an idle socket that the server has closed', (_kind, openClient) => {
  it.each(['RST', 'FIN'] as const)(
    '%s, seen too late: the call is made once, on a new socket',
    async (how) => {
      const server = await fickleServer(how);
      const { send } = await openClient(server.url);
      for (let round = 1; round <= 5; round++) {
        await send().result;
        freezeUntilClosed(server, round);
        // The socket is dead, and nobody here has been told yet.
        const call = send();
        await expect(call.result).resolves.toMatchObject({ id: call.id });
        expect(call.flushes).toBe(1);
        expect(server.requests()).toBe(2 * round);
      }
      expect(server.sockets()).toBeGreaterThan(5);
    },
  );

  it('several calls in line behind it all get through, each once', async () => {
    const server = await fickleServer('RST');
    const { send } = await openClient(server.url, { http: { connections: 1 } });
    await send().result;
    freezeUntilClosed(server, 1);
    // Each odd request costs its socket, so the calls after it meet a dying one again.
    const calls = [send(), send()];
    await Promise.all(calls.map((call) => call.result));
    expect(server.requests()).toBe(3);
  });
});

describe.each(EXCHANGES)('F-091 %s: what may have been executed is not repeated', (_kind, openClient) => {
  it('a socket that breaks after the request arrived: once, delivered unknown', async () => {
    const text = '{"jsonrpc":"2.0","id":1,"result":{}}';
    const ok =
      head('200 OK', { 'content-type': 'application/json', 'content-length': String(text.length) }) + text;
    const server = await startRawHttp((index) => (index === 0 ? [{ send: ok }] : [{ reset: true }]));
    const { send } = await openClient(server.url);
    await send({ id: 1 }).result;
    const second = send();
    await expect(second.failure()).resolves.toMatchObject({ code: 'CONNECTION_LOST', delivered: 'unknown' });
    expect(server.received.join('').split('POST /mcp')).toHaveLength(3);
  });

  it('a server that resets every connection before it reads is tried twice at most', async () => {
    const sockets = new Set<Socket>();
    let accepted = 0;
    const server = createServer((socket) => {
      accepted++;
      sockets.add(socket);
      socket.on('error', () => {});
      socket.resetAndDestroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { send } = await openClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const error = await send().failure();
    expect(['CONNECT_FAILED', 'CONNECTION_LOST']).toContain(error.code);
    expect(error.retryable).toBe(true);
    await until(() => [...sockets].every((socket) => socket.destroyed));
    expect(accepted).toBeLessThanOrEqual(2);
    await new Promise((resolve) => server.close(resolve));
  });
});
