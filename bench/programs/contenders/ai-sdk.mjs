// The MCP client of the AI SDK. It needs a newer Node.js than this project, and is installed for one run only.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const HOME = join(process.env['SIGNALBOX_BENCH_RIVALS'] ?? '', 'node_modules', '@ai-sdk', 'mcp', 'dist');
const load = (file) => import(pathToFileURL(join(HOME, file)).href);
const { createMCPClient } = await load('index.js');

async function transportFor(wire, target) {
  if (wire !== 'stdio') return { type: wire === 'events' ? 'sse' : 'http', url: target.url };
  const { Experimental_StdioMCPTransport } = await load('mcp-stdio/index.js');
  return new Experimental_StdioMCPTransport({ ...target, stderr: 'ignore' });
}

export async function open(_contender, wire, target) {
  const client = await createMCPClient({ transport: await transportFor(wire, target) });
  const call = async (name, args) =>
    (await client.callTool({ name, arguments: args })).content[0].text.length;
  return {
    echo: (text) => call('echo', { text }),
    produce: (bytes) => call('produce', { bytes }),
    close: () => client.close(),
  };
}
