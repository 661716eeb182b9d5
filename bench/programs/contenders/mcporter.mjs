// mcporter, as a library. It needs a newer Node.js than this project, and is installed for one run only.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const HOME = join(process.env['SIGNALBOX_BENCH_RIVALS'] ?? '', 'node_modules', 'mcporter', 'dist');
const { createRuntime } = await import(pathToFileURL(join(HOME, 'index.js')).href);

export async function open(_contender, wire, target) {
  const command =
    wire === 'stdio'
      ? { kind: 'stdio', command: target.command, args: target.args, cwd: process.cwd() }
      : { kind: 'http', url: new URL(target.url) };
  const quiet = { info: () => {}, warn: () => {}, error: () => {}, debug: () => {} };
  const runtime = await createRuntime({ servers: [{ name: 'bench', command }], logger: quiet });
  const call = async (name, args) =>
    (await runtime.callTool('bench', name, { args, disableOAuth: true })).content[0].text.length;
  // It connects with the first call.
  await call('echo', { text: '' });
  return {
    echo: (text) => call('echo', { text }),
    produce: (bytes) => call('produce', { bytes }),
    close: () => runtime.close(),
  };
}
