import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { resolveRest } from '../../../../src/config/rest-settings.ts';
import {
  type ContractCommand,
  ContractPeer,
  type ContractSubject,
  type StartedPeer,
} from '../../../../src/testing/index.ts';
import { PoolCache } from '../../../../src/transports/http/pool-cache.ts';
import { RestTransport } from '../../../../src/transports/rest/rest-transport.ts';
import type { Transport } from '../../../../src/transports/transport.ts';
import type { TransportContext } from '../../../../src/transports/transport-context.ts';
import { deadUrl, serveHttp } from './http-subject.ts';

const SECRET = 'Bearer 8d1b77-contract-secret';
const rest = resolveRest({
  operations: { 'notifications/initialized': { body: { key: '/key' } }, end: {} },
});

function transport(url: string, context: TransportContext): Transport {
  return new RestTransport({ url, rest, headers: { authorization: SECRET } }, context, new PoolCache());
}

/** The commands are tools; their results are results of MCP with one more field. */
async function start(): Promise<StartedPeer> {
  const peer = new ContractPeer();
  const answer = (response: ServerResponse, value: unknown): void =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    const route = `${request.method} ${(request.url ?? '').replace(/\?.*$/u, '')}`;
    const given = (body === '' ? {} : JSON.parse(body)) as {
      arguments?: Record<string, unknown>;
      key?: string;
    };
    const [, command] = /^POST \/mcp\/tools\/(\w+)\/call$/u.exec(route) ?? [];
    if (command !== undefined) {
      const link = {
        send: () => {},
        die: () => response.socket?.resetAndDestroy(),
        // An empty answer would be an answer.
        end: () => response.socket?.end(),
      };
      const value = await peer.perform(command as ContractCommand, given.arguments ?? {}, link);
      answer(response, { result: { content: [], value } });
    } else if (route === 'POST /mcp/notifications/initialized') {
      peer.receive(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized', params: given }), {
        send: () => {},
      });
      response.writeHead(204).end();
    } else answer(response, route === 'POST /mcp/initialize' ? { sessionId: 'contract-session' } : {});
  };
  const server = await serveHttp((request, response) => void serve(request, response).catch(() => {}));
  return { transport: (context) => transport(server.url, context), stop: server.stop };
}

export const restSubject: ContractSubject = {
  // A service says nothing unasked, and each request has a stream of its own.
  lacks: ['stall', 'tell', 'noise'],
  secrets: [SECRET, '8d1b77-contract-secret'],
  opening: { method: 'initialize', params: { protocolVersion: '2025-11-25', clientInfo: {} } },
  request: (command, params) => ({ method: 'tools/call', params: { name: command, arguments: params } }),
  notification: (key) => ({ method: 'notifications/initialized', params: { key } }),
  start,
  unreachable: async (context) => transport(await deadUrl(), context),
};
