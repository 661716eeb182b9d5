import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/client';
import { SignalboxError } from 'signalbox';
import { toOfficialTransport } from 'signalbox/adapters/mcp-sdk';
import { faultServerCommand } from 'signalbox/testing';

// Any entry of .mcp.json; here a server that dies in its first call of a tool.
const server = faultServerCommand({ faults: { 'tools/call': { kind: 'exit', code: 1, times: 1 } } });
const client = new Client({ name: 'app', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });

await client.connect(toOfficialTransport('bank', server.entry));
try {
  await client.callTool({ name: 'count', arguments: { key: 'invoice 1' } });
} catch (error) {
  // The official client hands on what our transport knows: may the call have had an effect?
  assert.ok(SignalboxError.is(error));
  console.log(error.code, error.delivered); // CONNECTION_LOST unknown
}

// The official client does not connect again by itself. A transport is good for one connection.
await client.connect(toOfficialTransport('bank', server.entry));
const { content } = await client.callTool({ name: 'count', arguments: { key: 'invoice 2' } });
assert.deepEqual(content, [{ type: 'text', text: '1' }]);
await client.close();
server.close();
console.log('all as expected');
