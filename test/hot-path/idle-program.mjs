// How many bytes of heap one more client costs that is connected, has made a few calls and has nothing to do, in the
// built library and after full collections. Prints a number. Argument: `loop`, a transport in this process; `json`, HTTP;
// or `stdio`, where every client has a process of its own.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ClientFactory } from '../../dist/index.js';
import { Loop } from './loop-transport.mjs';

/** Whatever is made once, for all clients or when a function runs hot, is there before it is counted. */
const WARM_CLIENTS = 50;
const CLIENTS = 200;
const CALLS = 5;

const INITIALIZED =
  '{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"echo","version":"1"}}';
const HELLO = '{"content":[{"type":"text","text":"hello"}]}';

/** A server that costs the machine next to nothing: there are hundreds of them. */
const SHELL_SERVER = `
while read -r line; do
  id=\${line#*\\"id\\":}
  case $line in
    *'"id"'*initialize*|*initialize*'"id"'*) result='${INITIALIZED}' ;;
    *'"id"'*) result='${HELLO}' ;;
    *) continue ;;
  esac
  printf '{"jsonrpc":"2.0","id":%s,"result":%s}\\n' "\${id%%[!0-9]*}" "$result"
done`;

let server;

async function entry(wire) {
  const settings = { 'x-signalbox': { protocol: 'legacy' } };
  if (wire === 'loop') return { type: 'loop', ...settings };
  if (wire === 'stdio') return { type: 'stdio', command: 'sh', args: ['-c', SHELL_SERVER], ...settings };
  server = fork(fileURLToPath(new URL('../../bench/programs/echo-http.mjs', import.meta.url)), {
    execArgv: [],
  });
  const [{ port }] = await once(server, 'message');
  return { type: 'http', url: `http://127.0.0.1:${port}/${wire}`, ...settings };
}

const factory = new ClientFactory();
factory.registerTransport('loop', () => new Loop());
const same = JSON.stringify(await entry(process.argv[2]));
let made = 0;

async function make(count) {
  for (let number = 0; number < count; number++) {
    const client = factory.create(`client-${made++}`, JSON.parse(same));
    await client.connect();
    for (let call = 0; call < CALLS; call++) await client.callTool('echo', { text: 'hello' });
  }
}

/** Two turns, so that what ends with a callback has ended. */
async function used() {
  for (let round = 0; round < 4; round++) {
    await turn();
    globalThis.gc();
  }
  return process.memoryUsage().heapUsed;
}

await make(WARM_CLIENTS);
const before = await used();
await make(CLIENTS);
const after = await used();
await factory.shutdownAll();
server?.disconnect();
process.stdout.write(`${(after - before) / CLIENTS}\n`);
