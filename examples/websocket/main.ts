/**
 * A transport of one's own: MCP over WebSocket.
 *
 *     npx tsx examples/websocket/main.ts
 */
import assert from 'node:assert/strict';
import { ClientFactory, parseEntry } from 'signalbox';
import { startServer } from './server.ts';
import { webSocketBuilder } from './websocket-transport.ts';

const server = await startServer();
const factory = new ClientFactory();
factory.registerTransport('ws', webSocketBuilder, {
  // What a file says is checked before anything is made of it.
  check: ({ url }) =>
    typeof url === 'string' && /^wss?:\/\//u.test(url)
      ? []
      : [{ path: ['url'], message: 'must begin with ws:// or wss://' }],
});

const entry = { type: 'ws', url: server.url, 'x-signalbox': { retry: { baseMs: 10 } } };
const client = await factory.createAndConnect('shouter', entry);
const { content } = await client.callTool('shout', { text: 'hello' });
assert.deepEqual(content, [{ type: 'text', text: 'HELLO' }]);

// The connection breaks. To connect again is the business of the client, not of the transport.
const lost = new Promise((resolve) => {
  client.on('state', ({ to }) => to === 'reconnecting' && resolve(to));
});
server.dropConnections();
await lost;
const again = await client.callTool('shout', { text: 'still there' });
assert.deepEqual(again.content, [{ type: 'text', text: 'STILL THERE' }]);

const wrong = { type: 'ws', url: 'http://127.0.0.1' };
assert.throws(
  () => parseEntry('wrong', wrong, { kinds: factory.registeredTransports() }),
  /must begin with ws/u,
);

await factory.shutdownAll();
await server.stop();
console.log('all as expected');
