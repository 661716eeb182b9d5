import { afterEach } from 'vitest';
import type { StateChange } from '../../src/client/client-events.ts';
import { ClientFactory, type ClientFactoryOptions } from '../../src/client/client-factory.ts';
import type { McpClient } from '../../src/client/mcp-client.ts';
import type { ServerEntry, SignalboxSettings } from '../../src/config/entry.ts';
import { type FaultyConfig, faultyCommand } from './faulty-server.ts';

/** How long a server is asked for its era that says nothing to it. */
const SILENT_PROBE_MS = 300;

/**
 * What a test would wait for is short; what must not end before its time on a busy machine is long. A server of both
 * eras that is slower to start than the probe waits speaks the legacy one.
 */
export const QUICK: SignalboxSettings = {
  timeouts: { connect: 20_000, request: 20_000, probe: 10_000 },
  retry: { maxAttempts: 1, baseMs: 20, maxMs: 50 },
  stop: { eofMs: 300, termMs: 300, killMs: 10_000 },
};

/** Factories whose clients are disconnected after each test. */
export function testFactories(): (options?: ClientFactoryOptions) => ClientFactory {
  const made: ClientFactory[] = [];
  afterEach(async () => {
    await Promise.all(made.splice(0).map((factory) => factory.shutdownAll({ drainMs: 0 })));
  });
  return (options) => {
    const factory = new ClientFactory(options);
    made.push(factory);
    return factory;
  };
}

/** The entry of a stdio server that misbehaves as told. */
export function faultyEntry(config: FaultyConfig, settings: SignalboxSettings = {}): ServerEntry {
  const timeouts = { ...QUICK.timeouts, ...(config.discover === 'silent' && { probe: SILENT_PROBE_MS }) };
  return {
    type: 'stdio',
    ...faultyCommand(config),
    'x-signalbox': { ...QUICK, ...settings, timeouts: { ...timeouts, ...settings.timeouts } },
  };
}

/** An entry with settings of a test beside those that it has itself. */
export function withSettings<Entry extends ServerEntry>(
  entry: Entry,
  settings: SignalboxSettings = QUICK,
): ServerEntry {
  return { ...entry, 'x-signalbox': { ...settings, ...entry['x-signalbox'] } };
}

/** Every state that a client passes from now on. */
export function recordStates(client: McpClient): StateChange[] {
  const changes: StateChange[] = [];
  client.on('state', (change) => changes.push(change));
  return changes;
}

/** What a promise rejects with; fails the test if it does not. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error: error as Error }),
  );
  if ('error' in outcome) return outcome.error;
  throw new Error(`expected a rejection, got ${JSON.stringify(outcome.value)}`);
}
