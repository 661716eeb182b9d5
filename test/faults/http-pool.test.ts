import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { HTTP_DEFAULTS, resolveHttp } from '../../src/config/http-settings.ts';
import type { PoolRequest } from '../../src/transports/http/pool/pool-settings.ts';
import { PoolCache } from '../../src/transports/http/pool-cache.ts';
import { checkHttpClients, httpClient, resultFor } from '../helpers/http-client.ts';
import { sendJson, startHttpFixture, until } from '../helpers/http-fixture.ts';
import { testCertificate } from '../helpers/test-certificate.ts';

checkHttpClients();

const request: PoolRequest = {
  server: 's',
  url: new URL('http://127.0.0.1:1/mcp'),
  http: HTTP_DEFAULTS,
  headerBytes: 1000,
};

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

  it('keeps apart what is connected in another way', async () => {
    const pools = new PoolCache({ environment: { http_proxy: 'http://127.0.0.1:9', no_proxy: 'localhost' } });
    const { cert, key } = testCertificate('localhost');
    const https = { ...request, url: new URL('https://127.0.0.1:1/mcp') };
    const others: readonly Partial<PoolRequest>[] = [
      {},
      { url: new URL('http://127.0.0.1:2/mcp') },
      { headerBytes: 2000 },
      { http: { ...HTTP_DEFAULTS, connections: 1 } },
      { http: { ...HTTP_DEFAULTS, keepAliveMs: 1 } },
      { http: { ...HTTP_DEFAULTS, connectTimeoutMs: 1 } },
      { http: { ...HTTP_DEFAULTS, blockPrivate: true } },
      { http: { ...HTTP_DEFAULTS, proxy: 'env' } },
      { http: { ...HTTP_DEFAULTS, proxy: 'http://other@127.0.0.1:9' } },
      https,
      ...[{ ca: cert }, { ca: cert, minVersion: 'TLSv1.3' as const }, { cert, key }].map((tls) => ({
        ...https,
        http: resolveHttp({ tls }),
      })),
    ];
    const all = [...others, ...others].map((other) => pools.acquire({ ...request, ...other }));
    const leases = await Promise.all(all);
    expect(pools.size).toBe(others.length);
    await Promise.all(leases.map((lease) => lease.release()));
    expect(pools.size).toBe(0);
  });

  it('shares pools between what differs only in other ways', async () => {
    const pools = new PoolCache({ environment: { http_proxy: 'http://127.0.0.1:9', no_proxy: '127.0.0.1' } });
    const alike: readonly Partial<PoolRequest>[] = [
      {},
      { server: 'other', url: new URL('http://127.0.0.1:1/elsewhere?x') },
      { http: { ...HTTP_DEFAULTS, proxy: 'env' } },
      {
        http: {
          ...HTTP_DEFAULTS,
          compression: false,
          requestIdHeader: false,
          maxRedirects: 0,
          streamIdleMs: 1,
        },
      },
      { http: resolveHttp({ tls: { ca: 'of no effect without TLS' } }) },
    ];
    const leases = await Promise.all(alike.map((other) => pools.acquire({ ...request, ...other })));
    expect(pools.size).toBe(1);
    await Promise.all(leases.map((lease) => lease.release()));
  });

  it('counts a release once', async () => {
    const pools = new PoolCache();
    const first = await pools.acquire(request);
    const second = await pools.acquire(request);
    await first.release();
    await first.release();
    expect(pools.size).toBe(1);
    await second.release();
    expect(pools.size).toBe(0);
  });

  it('F-140 closes sockets that are still connecting', async () => {
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

  it('F-069 gives a handshake up that takes too long', async () => {
    const silent = createServer((socket) => void socket.on('error', () => {}).resume());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => silent.close());
    const { send } = await httpClient(`https://127.0.0.1:${(silent.address() as AddressInfo).port}/`, {
      http: { connectTimeoutMs: 100 },
    });
    await expect(send().failure()).resolves.toMatchObject({
      code: 'CONNECT_TIMEOUT',
      retryable: true,
      delivered: 'no',
    });
  });
});
