/** A gateway over the stdin and stdout of this process. Each argument is `name={entry as JSON}`. */

import type { ServerEntry } from '../../../src/config/entry.ts';
import { serveStdio } from '../../../src/gateway/index.ts';
import { ServerRegistry } from '../../../src/registry/server-registry.ts';

const registry = new ServerRegistry();
for (const argument of process.argv.slice(2)) {
  const [name = '', ...entry] = argument.split('=');
  registry.register(name, JSON.parse(entry.join('=')) as ServerEntry);
}
await registry.connectAll();
await serveStdio({ registry, input: process.stdin, output: process.stdout });
await registry.shutdown({ drainMs: 0 });
process.stderr.write('served\n');
