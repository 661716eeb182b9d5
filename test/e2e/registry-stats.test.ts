import { describe, expect, it } from 'vitest';
import { ClientFactory } from '../../src/client/client-factory.ts';
import { ServerRegistry } from '../../src/registry/server-registry.ts';
import { faultyCommand } from '../helpers/faulty-server.ts';
import { checkHttpFixtures } from '../helpers/http-fixture.ts';
import { startMcpHttp } from '../helpers/mcp-http.ts';
import { until } from '../helpers/until.ts';

checkHttpFixtures();

describe('registry.stats()', () => {
  it('adds up what its servers have counted, and merges how long their answers took', async () => {
    await using registry = new ServerRegistry();
    const http = await startMcpHttp();
    registry.register('stdio', faultyCommand({}));
    registry.register('http', { type: 'http', url: http.url });
    registry.register('off', { command: 'signalbox-no-such-command', disabled: true });
    await registry.connectAll();
    for (let call = 0; call < 20; call++) await registry.callTool('stdio__echo', { text: 'x' });
    await registry.getServer('http')!.client.ping();
    await expect(registry.getServer('stdio')!.client.request('no/such', {})).rejects.toThrow();

    const stats = registry.stats();
    expect(JSON.parse(JSON.stringify(stats))).toEqual(stats);
    const [stdio, web, off] = stats.servers;
    expect(stdio).toMatchObject({ name: 'stdio', state: 'connected', health: 'healthy', circuit: 'closed' });
    expect(stdio).toMatchObject({ toolCalls: 20, errors: 1, restarts: 0, reconnects: 0, connections: 1 });
    expect(off).toMatchObject({ state: 'disabled', calls: 0, bytesSent: 0, latency: { count: 0, p99Ms: 0 } });
    expect(stats.total).toMatchObject({ servers: 3, states: { connected: 2, disabled: 1 }, inFlight: 0 });
    for (const name of ['calls', 'errors', 'bytesSent', 'bytesReceived', 'connections'] as const) {
      expect(stats.total[name]).toBe(stdio![name] + web![name] + off![name]);
    }
    // Percentiles of the total are not those of a server, nor their average: they are those of all answers.
    expect(stats.total.latency.count).toBe(stdio!.latency.count + web!.latency.count);
    expect(stats.total.latency.maxMs).toBe(Math.max(stdio!.latency.maxMs, web!.latency.maxMs));
    const merged = new Map<number, number>();
    for (const { latency } of stats.servers) {
      for (const [bucket, count] of latency.histogram.buckets) {
        merged.set(bucket, (merged.get(bucket) ?? 0) + count);
      }
    }
    expect(new Map(stats.total.latency.histogram.buckets)).toEqual(merged);
  });

  it('counts bytes of both directions, over stdio and HTTP', async () => {
    await using registry = new ServerRegistry();
    const http = await startMcpHttp();
    registry.register('stdio', faultyCommand({}));
    registry.register('http', { type: 'http', url: http.url });
    await registry.connectAll();
    for (const name of ['stdio', 'http']) {
      const { client } = registry.getServer(name)!;
      const before = client.stats();
      const text = 'ä'.repeat(5000);
      await client.request('no/such', { text }).catch(() => undefined);
      const after = client.stats();
      // Bytes, not characters: ä is two of them. Nothing of it is written twice.
      expect(after.bytesSent - before.bytesSent).toBeGreaterThan(10_000);
      expect(after.bytesSent - before.bytesSent).toBeLessThan(11_000);
      expect(after.bytesReceived - before.bytesReceived).toBeGreaterThan(20);
    }
  });

  it('counts restarts, reconnects and open circuits of servers that fail', async () => {
    const factory = new ClientFactory();
    await using registry = new ServerRegistry({ factory });
    registry.register('mortal', {
      ...faultyCommand({ on: { 'tools/call': ['exit:3'] } }),
      'x-signalbox': { breaker: { consecutiveFailures: 1 } },
    });
    await registry.connectAll();
    await expect(registry.callTool('mortal__echo', {})).rejects.toThrow();
    await until('it is back', () => registry.getServer('mortal')!.isConnected);
    const [server] = registry.stats().servers;
    expect(server!.restarts).toBe(1);
    expect(server!.reconnects).toBe(1);
    expect(server!.circuitOpens).toBe(1);
    expect(registry.stats().total.circuitOpens).toBe(server!.circuitOpens);
    expect(registry.stats().total.openCircuits).toBe(server!.circuit === 'open' ? 1 : 0);
  });

  it('tells requests in flight and those that wait for a place', async () => {
    await using registry = new ServerRegistry();
    registry.register('narrow', {
      ...faultyCommand({ on: { 'tools/call': ['silent'] } }),
      'x-signalbox': { concurrency: { maxInFlight: 2, maxQueued: 1 } },
    });
    await registry.connectAll();
    const stop = new AbortController();
    const calls = Array.from({ length: 4 }, () =>
      registry.callTool('narrow__echo', {}, { signal: stop.signal }).catch((error: unknown) => error),
    );
    await until('two are under way, and one was refused', () => {
      const { inFlight, refused } = registry.stats().total;
      return inFlight === 2 && refused === 1;
    });
    expect(registry.stats().servers[0]).toMatchObject({ inFlight: 2, queued: 1, refused: 1 });
    stop.abort();
    await Promise.all(calls);
    expect(registry.stats().total).toMatchObject({ inFlight: 0, queued: 0, refused: 1 });
  });
});
