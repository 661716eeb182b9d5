import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { PoolCache } from '../../src/transports/http/pool-cache.ts';
import { checkHttpClients, httpClient, resultFor } from '../helpers/http-client.ts';
import { sendJson, startHttpFixture, until } from '../helpers/http-fixture.ts';

checkHttpClients();

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

describe('PoolCache', () => {
  it('shares one pool, and so its sockets, between the servers of one origin', async () => {
    const server = await startHttpFixture((request, response) => sendJson(response, resultFor(request.body)));
    const pools = new PoolCache();
    const one = await httpClient(`${server.origin}/one`, { pools });
    const two = await httpClient(`${server.origin}/two`, { pools });
    expect(pools.size).toBe(1);
    for (let index = 0; index < 5; index++) {
      await one.send().result;
      await two.send().result;
    }
    // undici frees a socket one turn after its answer: a request sent at once takes a second one.
    expect(await server.connections()).toBeLessThanOrEqual(2);
    one.transport.destroy();
    await one.transport.closed;
    expect(pools.size).toBe(1);
    await two.send().result;
    two.transport.destroy();
    await two.transport.closed;
    expect(pools.size).toBe(0);
  });

  it('keeps pools of other origins and other header limits apart', () => {
    const pools = new PoolCache();
    const leases = [
      pools.acquire('http://127.0.0.1:1', 1000),
      pools.acquire('http://127.0.0.1:1', 2000),
      pools.acquire('http://127.0.0.1:2', 1000),
    ];
    expect(pools.size).toBe(3);
    return Promise.all(leases.map((lease) => lease.release()));
  });

  it('counts a release once', async () => {
    const pools = new PoolCache();
    const first = pools.acquire('http://127.0.0.1:1', 1000);
    const second = pools.acquire('http://127.0.0.1:1', 1000);
    await first.release();
    await first.release();
    expect(pools.size).toBe(1);
    await second.release();
    expect(pools.size).toBe(0);
  });

  it('closes sockets that are still connecting (F-140)', async () => {
    // A TLS handshake that nobody answers stays in the state of connecting.
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => {
      sockets.add(socket);
      socket.resume();
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => silent.close());
    const { transport, send } = await httpClient(
      `https://127.0.0.1:${(silent.address() as AddressInfo).port}/`,
    );
    const call = send();
    await until(() => sockets.size === 1);
    transport.destroy();
    await expect(call.failure()).resolves.toMatchObject({ code: 'CONNECTION_CLOSED', delivered: 'no' });
    await transport.closed;
    await until(() => sockets.size === 0);
  });

  it('gives a handshake up that takes too long (F-069)', async () => {
    const silent = createServer((socket) => void socket.on('error', () => {}));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => silent.close());
    const { send } = await httpClient(`https://127.0.0.1:${(silent.address() as AddressInfo).port}/`, {
      pool: { connectTimeoutMs: 100 },
    });
    await expect(send().failure()).resolves.toMatchObject({
      code: 'CONNECT_TIMEOUT',
      retryable: true,
      delivered: 'no',
    });
  });
});
