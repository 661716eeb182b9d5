import type { ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { CONNECT_RPC_DEFAULTS } from '../../../../src/config/dialect-settings.ts';
import { ContractPeer, type ContractSubject, type StartedPeer } from '../../../../src/testing/index.ts';
import { PoolCache } from '../../../../src/transports/http/pool-cache.ts';
import { ConnectRpcTransport } from '../../../../src/transports/sse/connect-rpc/connect-rpc-transport.ts';
import type { TransportContext } from '../../../../src/transports/transport-context.ts';
import { deadUrl, event, serveHttp } from './http-subject.ts';

const client = { name: 'contract', version: '1' };

function connectRpc(url: string, context: TransportContext): ConnectRpcTransport {
  return new ConnectRpcTransport({ url, client, dialect: CONNECT_RPC_DEFAULTS }, context, new PoolCache());
}

/** An answer as the dialect has it; what the server says unasked stays JSON-RPC. */
function dialect(message: string): string {
  const { id, result, error, method } = JSON.parse(message) as Record<string, unknown>;
  return method === undefined ? JSON.stringify({ request_id: id, result, error }) : message;
}

async function start(): Promise<StartedPeer> {
  const peer = new ContractPeer();
  const streams = new Map<string, ServerResponse>();
  let lastSession = 0;
  const server = await serveHttp((request, response) => {
    const session = String(request.headers['mcp-session-id']);
    if (request.method === 'GET') {
      streams.set(session, response);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      return;
    }
    void text(request).then((body) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      if (request.url?.endsWith('/connect') === true) {
        response.end(JSON.stringify({ session_id: `session-${++lastSession}` }));
        return;
      }
      response.end('{}');
      const stream = streams.get(session);
      peer.receive(body, {
        send: (message) => stream?.write(event(dialect(message))),
        noise: (noise) => stream?.write(event(noise)),
        die: () => stream?.socket?.resetAndDestroy(),
        end: () => stream?.end(),
      });
    });
  });
  return { transport: (context) => connectRpc(server.url, context), stop: server.stop };
}

export const connectRpcSubject: ContractSubject = {
  // Messages are posted one by one: there is no stream out that could stand still.
  lacks: ['stall'],
  start,
  unreachable: async (context) => connectRpc(await deadUrl(), context),
};
