import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  type ContractLink,
  ContractPeer,
  type ContractSubject,
  type StartedPeer,
} from '../../../../src/testing/index.ts';
import { HttpTransport } from '../../../../src/transports/http/http-transport.ts';
import { PoolCache } from '../../../../src/transports/http/pool-cache.ts';
import type { Transport } from '../../../../src/transports/transport.ts';
import type { TransportContext } from '../../../../src/transports/transport-context.ts';

const SECRET = 'Bearer 3fa9c2-contract-secret';
const SESSION = 'contract-session';

/** Serves until it is stopped; tells its URL. */
export async function serveHttp(
  serve: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const server = createServer(serve);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A URL on which nobody listens. */
export async function deadUrl(): Promise<string> {
  const server = await serveHttp(() => {});
  await server.stop();
  return server.url;
}

export const event = (data: string, name = 'message'): string => `event: ${name}\ndata: ${data}\n\n`;

/** An answer as one JSON body. */
function jsonLink(response: ServerResponse): ContractLink {
  return {
    send: (message) => response.writeHead(200, { 'content-type': 'application/json' }).end(message),
    die: () => response.socket?.resetAndDestroy(),
    end: () => response.end(),
  };
}

/** An answer as a stream of events, which ends with the answer itself. */
function streamLink(response: ServerResponse): ContractLink {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  return {
    send: (message) => {
      response.write(event(message));
      if (!('method' in (JSON.parse(message) as object))) response.end();
    },
    noise: (noise) => response.write(event(noise, 'no-message')),
    die: () => response.socket?.resetAndDestroy(),
    end: () => response.end(),
  };
}

/** The peer of the contract behind HTTP, one answer of its own for each request. */
export async function startHttpPeer(
  kind: 'json' | 'stream',
  hasSession: boolean,
): Promise<StartedPeer & { readonly url: string }> {
  const peer = new ContractPeer();
  const server = await serveHttp((request, response) => {
    if (request.method !== 'POST') {
      response.writeHead(request.method === 'DELETE' ? 204 : 405).end();
      return;
    }
    void text(request).then((body) => {
      if (hasSession) response.setHeader('mcp-session-id', SESSION);
      if ('id' in (JSON.parse(body) as object)) {
        peer.receive(body, kind === 'json' ? jsonLink(response) : streamLink(response));
      } else {
        peer.receive(body, { send: () => {} });
        response.writeHead(202).end();
      }
    });
  });
  const transport = (context: TransportContext): Transport => httpTransport(server.url, context);
  return { transport, stop: server.stop, url: server.url };
}

function httpTransport(url: string, context: TransportContext): Transport {
  return new HttpTransport({ url, headers: { authorization: SECRET } }, context, new PoolCache());
}

function subject(kind: 'json' | 'stream', hasSession: boolean): ContractSubject {
  return {
    // Each request has a stream of its own: there is none that could be read no more while others go on.
    lacks: kind === 'json' ? ['stall', 'tell', 'noise'] : ['stall'],
    secrets: [SECRET, '3fa9c2-contract-secret'],
    opening: hasSession ? { method: 'contract/echo', params: { key: 'opening', value: 0 } } : undefined,
    start: () => startHttpPeer(kind, hasSession),
    unreachable: async (context) => httpTransport(await deadUrl(), context),
  };
}

export const httpSubjects: Readonly<Record<string, ContractSubject>> = {
  'http, answers as JSON': subject('json', false),
  'http, answers as event streams': subject('stream', false),
  'http, with a session': subject('stream', true),
};
