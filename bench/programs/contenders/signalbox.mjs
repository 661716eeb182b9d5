// Signalbox as it is built: the bare client, the client with its policies off, and the registry with all of them on.
// Another build than the present one is given where two are compared.
const build = process.env['SIGNALBOX_BENCH_BUILD'] ?? '../../../dist';
const { ClientFactory, ServerRegistry } = await import(`${build}/index.js`);

/** The large payloads of the benchmark need more room than is given by default. */
const LIMITS = { frameBytes: 64 << 20, bodyBytes: 64 << 20, sendQueueBytes: 256 << 20 };

const OFF = { breaker: false, rateLimit: false, concurrency: false, retryBudget: false, health: false };
const ON = {
  breaker: { slowRatio: 0.9, slowMs: 30_000 },
  rateLimit: { perSecond: 1_000_000, burst: 1_000_000 },
  concurrency: { maxInFlight: 64, maxQueued: 256 },
  retryBudget: {},
  health: {},
};

/** How the entry of a contender differs from the default. */
const POLICIES = {
  signalbox: {},
  'signalbox-modern': {},
  'signalbox-auto': {},
  'signalbox-off': OFF,
  registry: ON,
};

const WIRES = { stdio: 'stdio', json: 'http', sse: 'http', events: 'sse' };

let factory;

function entryOf(contender, wire, target) {
  const protocols = { 'signalbox-modern': 'modern', 'signalbox-auto': 'auto' };
  const settings = { protocol: protocols[contender] ?? 'legacy', limits: LIMITS, ...POLICIES[contender] };
  const where = wire === 'stdio' ? { command: target.command, args: target.args } : { url: target.url };
  return { type: WIRES[wire], ...where, 'x-signalbox': settings };
}

function checked(result) {
  return result.content[0].text.length;
}

export async function open(contender, wire, target, name) {
  const entry = entryOf(contender, wire, target);
  if (contender === 'registry') return await openRegistry(entry);
  factory ??= new ClientFactory();
  const client = factory.create(name, entry);
  await client.connect();
  return {
    echo: async (text) => checked(await client.callTool('echo', { text })),
    produce: async (bytes) => checked(await client.callTool('produce', { bytes })),
    close: () => factory.release(name),
  };
}

async function openRegistry(entry) {
  const registry = new ServerRegistry();
  registry.register('echo', entry);
  await registry.connectAll();
  await registry.listTools();
  return {
    echo: async (text) => checked(await registry.callTool('echo__echo', { text })),
    produce: async (bytes) => checked(await registry.callTool('echo__produce', { bytes })),
    close: () => registry.shutdown(),
  };
}
