// One contender in a process of its own: does what it is told by messages, and answers with figures.
import { cpuUsage } from 'node:process';

const { contender, module, wire, target } = JSON.parse(process.argv[2]);

const clients = [];
let open;

async function load() {
  ({ open } = await import(module));
}

async function connect() {
  const startedAt = performance.now();
  const client = await open(contender, wire, target, `c${clients.length}`);
  clients.push(client);
  return { connectMs: performance.now() - startedAt, client };
}

/** Keeps `inFlight` calls under way until time and number are reached; stops early only where a call is wrong. */
async function keepBusy({ tool, bytes, inFlight, windowMs, minCalls, spread = false }) {
  const text = 'x'.repeat(bytes);
  const times = [];
  const startedAt = performance.now();
  const before = cpuUsage();
  let begun = 0;
  const worker = async (number) => {
    for (;;) {
      const at = performance.now();
      if (begun >= minCalls && at - startedAt >= windowMs) return;
      const client = clients[spread ? begun % clients.length : number % clients.length];
      begun++;
      const length = await (tool === 'produce' ? client.produce(bytes) : client.echo(text));
      if (length !== bytes) throw new Error(`${contender} got ${length} characters back instead of ${bytes}`);
      times.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, number) => worker(number)));
  const wallMs = performance.now() - startedAt;
  const { user, system } = cpuUsage(before);
  times.sort((one, other) => one - other);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(share * times.length))];
  return { calls: times.length, wallMs, cpuMs: (user + system) / 1000, p50Ms: at(0.5), p99Ms: at(0.99) };
}

function memory() {
  for (let round = 0; round < 4; round++) globalThis.gc();
  const { heapUsed, rss } = process.memoryUsage();
  return { heapUsed, rss };
}

/** What `count` idle clients cost beside a first one, before and after a burst of calls through all of them. */
async function idle({ count, bytes }) {
  await connect();
  const burst = {
    tool: 'echo',
    bytes,
    inFlight: Math.min(count, 64),
    windowMs: 0,
    minCalls: 5 * count,
    spread: true,
  };
  await keepBusy({ ...burst, minCalls: 2000 });
  const before = memory();
  const startedAt = performance.now();
  for (let made = 0; made < count; made++) await connect();
  const connectMs = (performance.now() - startedAt) / count;
  await keepBusy(burst);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const after = memory();
  return {
    connectMs,
    heapBytes: (after.heapUsed - before.heapUsed) / count,
    rssBytes: (after.rss - before.rss) / count,
  };
}

const ORDERS = {
  open: async () => {
    const startedAt = performance.now();
    await load();
    const importMs = performance.now() - startedAt;
    const { connectMs } = await connect();
    return { importMs, connectMs };
  },
  /** Connects once more, makes one call, and closes. */
  reconnect: async () => {
    const startedAt = performance.now();
    const { client } = await connect();
    await client.echo('x');
    const connectMs = performance.now() - startedAt;
    clients.pop();
    await client.close();
    return { connectMs };
  },
  window: keepBusy,
  idle: async (order) => {
    await load();
    return await idle(order);
  },
  close: async () => {
    await Promise.all(clients.map((client) => client.close()));
    return {};
  },
};

process.on('message', async ({ order, ...rest }) => {
  try {
    process.send({ done: await ORDERS[order](rest) });
  } catch (error) {
    process.send({ failed: String(error?.stack ?? error) });
  }
});
process.on('disconnect', () => process.exit(0));
