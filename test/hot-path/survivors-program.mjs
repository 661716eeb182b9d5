// How much garbage outlives the quick collections of V8 because something old still points to it, in bytes for each
// call. Such garbage is copied around, and kept until a full collection. Prints a number. Argument: `stdio`, `json` or
// `sse`, how the echo server of the benchmark is spoken to.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ClientFactory } from '../../dist/index.js';

const CALLS = 6000;
const IN_FLIGHT = 16;
const PROGRAMS = new URL('../../bench/programs/', import.meta.url);

const wire = process.argv[2];
let server;

async function entry() {
  const settings = { 'x-signalbox': { protocol: 'legacy' } };
  if (wire === 'stdio') {
    const args = [fileURLToPath(new URL('echo-stdio.mjs', PROGRAMS)), '--legacy'];
    return { type: 'stdio', command: process.execPath, args, ...settings };
  }
  server = fork(fileURLToPath(new URL('echo-http.mjs', PROGRAMS)), { execArgv: [] });
  const [{ port }] = await once(server, 'message');
  return { type: 'http', url: `http://127.0.0.1:${port}/${wire}`, ...settings };
}

/** One for all calls, as that of an application that ends. */
const { signal } = new AbortController();

const factory = new ClientFactory();
const client = factory.create('echo', await entry());
await client.connect();

async function make(calls) {
  let begun = 0;
  const worker = async () => {
    while (begun++ < calls) await client.callTool('echo', { text: 'x'.repeat(100) }, { signal });
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
}

/** Everything that is there grows old: as in a process that has rested for a moment. */
function collect() {
  for (let round = 0; round < 4; round++) globalThis.gc();
}

await make(CALLS);
collect();
await make(CALLS);
const kept = process.memoryUsage().heapUsed;
collect();
const needed = process.memoryUsage().heapUsed;
await factory.shutdownAll();
server?.disconnect();
process.stdout.write(`${(kept - needed) / CALLS}\n`);
