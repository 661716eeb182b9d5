import { afterEach } from 'vitest';
import { ClientFactory } from '../../src/client/client-factory.ts';
import type { SignalboxSettings } from '../../src/config/entry.ts';
import { ServerRegistry } from '../../src/registry/server-registry.ts';
import { type MemoryServer, registerMemory } from '../helpers/memory-server.ts';

const registries: ServerRegistry[] = [];

afterEach(async () => {
  await Promise.all(registries.splice(0).map((registry) => registry.shutdown({ drainMs: 0 })));
});

/** A registry whose servers live in this process, connected; it is shut down after the test. */
export async function memoryRegistry(
  servers: Readonly<Record<string, MemoryServer>>,
  settings: SignalboxSettings = {},
): Promise<ServerRegistry> {
  const factory = new ClientFactory();
  registerMemory(factory, servers);
  const registry = new ServerRegistry({ factory });
  registries.push(registry);
  for (const name of Object.keys(servers)) {
    registry.register(name, {
      type: 'memory',
      url: name,
      'x-signalbox': { retry: { maxAttempts: 1 }, ...settings },
    });
  }
  await registry.connectAll();
  return registry;
}
