// The official client, second generation, in either era.
import { Client, SSEClientTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const MODES = { 'v2-legacy': 'legacy', 'v2-modern': { pin: '2026-07-28' }, 'v2-auto': 'auto' };

async function transportFor(wire, target) {
  if (wire === 'stdio') {
    const { StdioClientTransport } = await import('@modelcontextprotocol/client/stdio');
    return new StdioClientTransport({ ...target, stderr: 'ignore', maxBufferSize: 64 << 20 });
  }
  const url = new URL(target.url);
  // oxlint-disable-next-line typescript/no-deprecated -- what is deprecated is still what many servers speak
  return wire === 'events' ? new SSEClientTransport(url) : new StreamableHTTPClientTransport(url);
}

export async function open(contender, wire, target) {
  const client = new Client(
    { name: 'bench', version: '1.0.0' },
    { versionNegotiation: { mode: MODES[contender] } },
  );
  await client.connect(await transportFor(wire, target));
  const call = async (name, args) =>
    (await client.callTool({ name, arguments: args })).content[0].text.length;
  return {
    echo: (text) => call('echo', { text }),
    produce: (bytes) => call('produce', { bytes }),
    close: () => client.close(),
  };
}
