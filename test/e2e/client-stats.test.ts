import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { testFactories } from '../helpers/clients.ts';
import { MemoryServer, registerMemory } from '../helpers/memory-server.ts';

const makeFactory = testFactories();

describe('the statistics of a client', () => {
  it('tell since when it is connected, when it heard last, and how long answers took', async () => {
    const clock = new FakeClock();
    const factory = makeFactory({ clock });
    const server = new MemoryServer();
    registerMemory(factory, { here: server });
    const client = factory.create('here', { type: 'memory', url: 'here' });
    expect(client.stats()).toMatchObject({
      ...{ connectedAt: null, lastActivityAt: null, connectMs: null, uptimeMs: 0, connections: 0 },
      latency: { count: 0, p50Ms: 0, maxMs: 0 },
    });

    await client.connect();
    const connectedAt = new Date(clock.wallNow()).toISOString();
    await clock.advance(3000);
    await client.callTool('echo');
    const lastActivityAt = new Date(clock.wallNow()).toISOString();
    await clock.advance(1000);
    expect(client.stats()).toMatchObject({
      ...{ connectedAt, lastActivityAt, uptimeMs: 4000, connections: 1, toolCalls: 1 },
    });

    // Nine answers that take no time, and one that does: the middle is not moved by it.
    server.silent.add('tools/call');
    const slow = client.callTool('echo');
    await clock.advance(250);
    const { id } = server.received.at(-1)!;
    server.raw(JSON.stringify({ jsonrpc: '2.0', id, result: { content: [] } }));
    await slow;
    server.silent.clear();
    for (let call = 0; call < 8; call++) await client.callTool('echo');
    const { latency } = client.stats();
    expect(latency.p50Ms).toBeLessThan(1);
    expect(latency.p99Ms).toBeGreaterThan(200);
    expect(latency.maxMs).toBe(250);

    await client.disconnect();
    expect(client.stats()).toMatchObject({ connectedAt: null, uptimeMs: 0, connections: 1, toolCalls: 10 });
  });
});
