// The official client, first generation.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';

async function transportFor(wire, target) {
  if (wire === 'stdio') {
    const { StdioClientTransport } = await import('@modelcontextprotocol/sdk/client/stdio.js');
    return new StdioClientTransport({ ...target, stderr: 'ignore' });
  }
  const url = new URL(target.url);
  if (wire === 'events') {
    // oxlint-disable-next-line typescript/no-deprecated -- what is deprecated is still what many servers speak
    const { SSEClientTransport } = await import('@modelcontextprotocol/sdk/client/sse.js');
    return new SSEClientTransport(url);
  }
  const { StreamableHTTPClientTransport } = await import(
    '@modelcontextprotocol/sdk/client/streamableHttp.js'
  );
  return new StreamableHTTPClientTransport(url);
}

export async function open(_contender, wire, target) {
  const client = new Client({ name: 'bench', version: '1.0.0' });
  await client.connect(await transportFor(wire, target));
  const call = async (name, args) =>
    (await client.callTool({ name, arguments: args })).content[0].text.length;
  return {
    echo: (text) => call('echo', { text }),
    produce: (bytes) => call('produce', { bytes }),
    close: () => client.close(),
  };
}
