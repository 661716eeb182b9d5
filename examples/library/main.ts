/**
 * The public surface by example: every line between the two markers is documented as it stands here.
 *
 *     npx tsx examples/library/main.ts
 *
 * It exits with 1 if anything is not as it should be.
 */
/* oxlint-disable no-unused-expressions, no-unused-vars, import/no-duplicates -- the snippet stands as the documentation has it */
import assert from 'node:assert/strict';
import { MemoryStateStore, type Progress } from 'signalbox';
import { MyTransport } from './my-transport.ts';

process.chdir(import.meta.dirname);
const store = new MemoryStateStore();
const { signal } = new AbortController();
const onProgress = (progress: Progress): void => console.log(`progress ${progress.progress}`);

// --- begin of the snippet ---
import { ClientFactory, ServerRegistry, SignalboxError, loadConfig } from 'signalbox';

const factory = new ClientFactory(); // an instance; no global pool
factory.registerTransport('ws', (name, entry, context) => new MyTransport(entry));
factory.supportedTransports(); // ['stdio', 'http', 'sse', 'ws']

const client = factory.create('files', { type: 'stdio', command: 'node', args: ['server.js'] });
const connection = await client.connect({ signal }); // ConnectionResult; rejects with SignalboxError
client.state; client.era; client.protocolVersion; client.serverInfo; client.capabilities;
const tools = await client.listTools(); // Tool[]: every page, bounded
const result = await client.callTool('echo', { message: 'hi' }, { signal, timeoutMs: 5_000, onProgress });
client.on('state', ({ from, to, reason }) => {}); // typed events; returns its own disposer
client.stats(); // a plain, serialisable snapshot
await client.disconnect(); // drains; [Symbol.asyncDispose] too

const { servers } = await loadConfig('.mcp.json'); // Map<name, ServerEntry>; errors name file, line, key
const registry = new ServerRegistry({ factory, store }); // store: StateStore
for (const [name, entry] of servers) registry.register(name, entry);
const outcomes = await registry.connectAll(); // Map<name, ConnectionResult>: one bad server harms no other
await registry.waitForReady({ required: ['files'], timeoutMs: 10_000 });
const { items, missing, complete } = await registry.listTools();
await registry.callTool('files__read_file', { path: 'a.txt' }, { timeoutMs: 5_000 });
registry.getServer('files'); registry.getConnectedServers(); registry.markUnavailable('files', 'maintenance');
registry.on('server', (event) => {});
await registry.shutdown({ drainMs: 10_000 });
// --- end of the snippet ---

console.log(`connected over ${connection.metadata?.transport}, ${connection.metadata?.era} era`);
console.log(`tools: ${tools.map(({ name }) => name).join(', ')}`);
console.log(`result: ${JSON.stringify(result.content)}`);
for (const [name, outcome] of outcomes) console.log(`${name}: ${outcome.success ? 'connected' : outcome.error.message}`);
console.log(`${items.length} tools of all servers; missing: ${missing.map(({ server }) => server).join(', ')}`);

assert.deepEqual(result.content, [{ type: 'text', text: 'hi' }]);
assert.equal(client.state, 'disconnected');
assert.equal(outcomes.get('files')?.success, true);
assert.equal(outcomes.get('units')?.success, true);
const broken = outcomes.get('broken');
assert.ok(broken?.error instanceof SignalboxError);
assert.equal(broken.error.code, 'SPAWN_FAILED');
assert.equal(complete, false);
assert.deepEqual(missing.map(({ server }) => server), ['broken']);
assert.ok(items.some(({ name }) => name === 'files__read_file'));
assert.equal((await store.load())?.servers.length, 3);

const custom = await factory.createAndConnect('custom', { type: 'ws', url: 'ws://nowhere' });
assert.match(JSON.stringify(await custom.callTool('any')), /tools\/call over ws:\/\/nowhere/u);
await factory.shutdownAll();
console.log('all as expected');
