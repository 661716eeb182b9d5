import { afterEach, describe, expect, it } from 'vitest';
import type { ServerEvent } from '../../src/registry/events/registry-events.ts';
import { ServerRegistry } from '../../src/registry/server-registry.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { testFactories } from '../helpers/clients.ts';
import { MemoryServer, registerMemory } from '../helpers/memory-server.ts';

const makeFactory = testFactories();
const registries: ServerRegistry[] = [];
afterEach(() => Promise.all(registries.splice(0).map((registry) => registry.shutdown({ drainMs: 0 }))));

/** Connected servers `a` and `b`, which both offer the resource `x:shared`. */
async function pair() {
  const clock = new FakeClock();
  const factory = makeFactory({ clock, random: () => 0.5 });
  const servers = { a: new MemoryServer(), b: new MemoryServer() };
  registerMemory(factory, servers);
  const registry = new ServerRegistry({ factory, clock });
  registries.push(registry);
  const events: ServerEvent[] = [];
  registry.on('server', (event) => events.push(event));
  for (const [name, server] of Object.entries(servers)) {
    server.resources = [{ uri: 'x:shared', name: 'shared' }];
    registry.register(name, { type: 'memory', url: name, 'x-signalbox': { breaker: false } });
  }
  await registry.connectAll();
  const usable = (): string[] => registry.getUsableServers().map(({ name }) => name);
  return { clock, registry, servers, events, usable };
}

const CHATTER = { level: 'info', data: 'still here' };

describe('the registry and the health of its servers', () => {
  it('tells it in the status of connected servers, and when it changes', async () => {
    const { clock, registry, servers, events } = await pair();
    expect(registry.getServer('a')!.status().health).toMatchObject({ state: 'healthy', cause: null });
    servers.a.silent.add('server/discover');
    // At the first check its lists have just been read: it is not asked.
    await clock.advance(62_000);
    // It lives, and does not answer a ping.
    servers.a.notify('notifications/message', CHATTER);
    await clock.advance(3100);
    expect(registry.getServer('a')!.status().health).toMatchObject({ state: 'degraded', cause: 'slow' });
    const told = events.filter(({ type }) => type === 'health');
    expect(told).toMatchObject([
      {
        server: 'a',
        from: 'connected',
        to: 'connected',
        reason: 'degraded: slow',
        health: { from: 'healthy', to: 'degraded', cause: 'slow', recovered: false },
      },
    ]);
    expect(JSON.parse(JSON.stringify(registry.getServer('a')!.status()))).toHaveProperty(
      'health.state',
      'degraded',
    );
    await registry.disconnectAll({ drainMs: 0 });
    expect(registry.getServer('a')!.status().health).toBeUndefined();
  });

  it('takes an unhealthy server out of the pool, and lets it be called all the same', async () => {
    const { clock, registry, servers, usable, events } = await pair();
    expect(usable()).toEqual(['a', 'b']);
    expect(registry.resourceOwner('x:shared')).toBe('a');
    // Ten calls that have no answer, while pings have.
    servers.a.silent.add('tools/call');
    const calls = Array.from({ length: 10 }, () =>
      registry.callTool('a__echo', {}, { timeoutMs: 50 }).catch((error: unknown) => String(error)),
    );
    await clock.advance(100);
    await Promise.all(calls);
    servers.a.silent.clear();
    expect([usable(), registry.resourceOwner('x:shared')]).toEqual([['a', 'b'], 'a']);
    await clock.advance(15_100);
    expect(registry.getServer('a')!.status().health).toMatchObject({ state: 'unhealthy', cause: 'errors' });
    expect(usable()).toEqual(['b']);
    expect(registry.getConnectedServers().map(({ name }) => name)).toEqual(['a', 'b']);
    expect(registry.resourceOwner('x:shared')).toBe('b');
    // Nobody else has this tool.
    expect(registry.findTool('a__echo')).toBeDefined();
    expect(await registry.callTool('a__echo', { x: 1 })).toMatchObject({ content: [{ text: '{"x":1}' }] });
    await clock.advance(60_000);
    expect([usable(), registry.resourceOwner('x:shared')]).toEqual([['a', 'b'], 'a']);
    const reasons = events.filter(({ type }) => type === 'health').map(({ reason }) => reason);
    expect(reasons).toEqual(['degraded: errors', 'unhealthy: errors', 'healthy']);
  });

  it('asks an unhealthy server for what nobody else has', async () => {
    const { clock, registry, servers } = await pair();
    await registry.unregister('b');
    servers.a.silent.add('tools/call');
    const calls = Array.from({ length: 10 }, () =>
      registry.callTool('a__echo', {}, { timeoutMs: 50 }).catch((error: unknown) => String(error)),
    );
    await clock.advance(15_200);
    await Promise.all(calls);
    expect([registry.getUsableServers(), registry.getServer('a')!.isUsable]).toEqual([[], false]);
    expect(await registry.readResource('x:shared')).toMatchObject({ contents: [{ uri: 'x:shared' }] });
  });

  it('leaves no timer behind', async () => {
    const { clock, registry } = await pair();
    await clock.advance(61_000);
    expect(clock.pendingTimers).toBe(1);
    await registry.shutdown({ drainMs: 0 });
    expect(clock.pendingTimers).toBe(0);
  });
});
