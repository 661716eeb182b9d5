import assert from 'node:assert/strict';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { ClientFactory } from 'signalbox';
import { officialTransportBuilder } from 'signalbox/adapters/mcp-sdk';
import { startFaultServer } from 'signalbox/testing';

const server = await startFaultServer({ era: 'legacy' });
const factory = new ClientFactory();
factory.registerTransport(
  'official-http',
  officialTransportBuilder((_name, { url = '' }) => new StreamableHTTPClientTransport(new URL(url))),
);

const client = await factory.createAndConnect('far', { type: 'official-http', url: server.url });
server.loseSessions(); // as a restart does
// The client makes a new session, and the call once more: it was not executed before.
const { content } = await client.callTool('echo', { message: 'hello', key: 'a' });
assert.deepEqual(content, [{ type: 'text', text: 'hello' }]);
assert.equal(server.journal.timesRun('a'), 1);
await factory.shutdownAll();
await server.close();
console.log('all as expected');
