import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { testPeers } from '../helpers/protocol-peer.ts';
import { until } from '../helpers/until.ts';
import { cleanGateways, onCleanup, startGateway } from './gateway-fixture.ts';
import { modernRequest } from './raw-request.ts';

const startPeer = testPeers();
cleanGateways();

const PROGRESS = 5000;
const SIZE = 10_000;

/** A client that has sent a request and reads nothing before it is told to. */
async function deafClient(port: number, headers: object, body: unknown): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  onCleanup(() => Promise.resolve(socket.destroy()));
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.pause();
  const text = JSON.stringify(body);
  const all = {
    host: `127.0.0.1:${port}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'content-length': String(Buffer.byteLength(text)),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${String(value)}\r\n`);
  socket.write(`POST /mcp HTTP/1.1\r\n${lines.join('')}\r\n${text}`);
  return socket;
}

describe('F-114 a client that does not read the stream of its call', () => {
  it('makes nobody wait: of 50 MB of progress little is held, and the answer is there when it reads', async () => {
    const peer = await startPeer({ wire: 'stdio', era: 'modern' });
    peer.on.set('tools/call', (exchange) => {
      const { progressToken } = exchange.params['_meta'] as Record<string, unknown>;
      if (progressToken === undefined) {
        exchange.proceed();
        return;
      }
      for (let progress = 1; progress <= PROGRESS; progress++) {
        const params = { progressToken, progress, message: 'p'.repeat(SIZE) };
        exchange.send({ jsonrpc: '2.0', method: 'notifications/progress', params });
      }
      exchange.reply({ content: [{ type: 'text', text: 'the answer' }] });
    });
    const { port, registry, url } = await startGateway(
      { s: peer.entry() },
      { limits: { bufferedBytes: 100_000 } },
    );
    const { client } = registry.getServer('s')!;
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
      progressToken: 'mine',
    };
    const call = modernRequest('tools/call', { name: 's__echo', arguments: {}, _meta });
    const deaf = await deafClient(port, call.headers ?? {}, call.body);
    // The call is over although nobody has read a byte.
    await until('the server has answered', () => client.stats().toolCalls === 1);
    expect(url).toContain(String(port));

    let bytes = 0;
    let tail = '';
    deaf.setEncoding('utf8').on('data', (chunk: string) => {
      bytes += chunk.length;
      tail = (tail + chunk).slice(-2000);
    });
    deaf.resume();
    await until('the answer has come', () => tail.includes('the answer'));
    // What the kernel takes for a connection and what may be buffered, and not the 50 MB.
    expect(bytes).toBeLessThan((PROGRESS * SIZE) / 2);
  });
});
