// Counts what one call of a tool costs, in the built library and over a loop in this process, so that nothing but the
// client is counted. No time is measured: the counts are the same on every machine. Prints them as
// JSON. Its argument says which way the call goes: `client`, `off` or `registry`.
import { createHook } from 'node:async_hooks';
import { ClientFactory, ServerRegistry, systemClock } from '../../dist/index.js';
import { Loop } from './loop-transport.mjs';

const WARM_CALLS = 20_000;
const CALLS = 2000;

const counts = { clockReads: 0, wallReads: 0, timers: 0, promises: 0, encodings: 0, parses: 0 };

const clock = {
  ...systemClock,
  now: () => {
    counts.clockReads++;
    return systemClock.now();
  },
  wallNow: () => {
    counts.wallReads++;
    return systemClock.wallNow();
  },
  setTimeout: (callback, delayMs) => {
    counts.timers++;
    return systemClock.setTimeout(callback, delayMs);
  },
};

const { stringify, parse } = JSON;
JSON.stringify = (...args) => {
  counts.encodings++;
  return stringify(...args);
};
JSON.parse = (...args) => {
  counts.parses++;
  return parse(...args);
};

const hook = createHook({
  init: (_id, type) => {
    if (type === 'PROMISE') counts.promises++;
  },
});

/** What `CALLS` calls cost, divided among them. Allocations are counted apart: the hook has some of its own. */
async function costOf(call) {
  for (let made = 0; made < WARM_CALLS; made++) await call();
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  for (let made = 0; made < CALLS; made++) await call();
  const bytes = (process.memoryUsage().heapUsed - before) / CALLS;
  for (const name of Object.keys(counts)) counts[name] = 0;
  hook.enable();
  for (let made = 0; made < CALLS; made++) await call();
  hook.disable();
  const each = Object.entries(counts).map(([name, count]) => [name, count / CALLS]);
  return { ...Object.fromEntries(each), bytes };
}

const OFF = { breaker: false, rateLimit: false, concurrency: false, retryBudget: false, health: false };
const ON = {
  breaker: { slowRatio: 0.9, slowMs: 30_000 },
  rateLimit: { perSecond: 1_000_000, burst: 1_000_000 },
  concurrency: { maxInFlight: 64 },
  retryBudget: {},
};

async function clientCost(settings) {
  const factory = new ClientFactory({ clock });
  factory.registerTransport('loop', () => new Loop());
  const client = factory.create('loop', { type: 'loop', 'x-signalbox': { protocol: 'legacy', ...settings } });
  await client.connect();
  const cost = await costOf(() => client.callTool('echo', { text: 'hello' }));
  await factory.shutdownAll();
  return cost;
}

async function registryCost() {
  const factory = new ClientFactory({ clock });
  factory.registerTransport('loop', () => new Loop());
  const registry = new ServerRegistry({ factory });
  registry.register('loop', { type: 'loop', 'x-signalbox': { protocol: 'legacy', ...ON } });
  await registry.connectAll();
  await registry.listTools();
  const cost = await costOf(() => registry.callTool('loop__echo', { text: 'hello' }));
  await registry.shutdown();
  return cost;
}

const WAYS = { client: () => clientCost({}), off: () => clientCost(OFF), registry: registryCost };
process.stdout.write(`${stringify(await WAYS[process.argv[2]]())}\n`);
