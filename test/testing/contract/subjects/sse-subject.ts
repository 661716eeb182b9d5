import type { ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { ContractPeer, type ContractSubject, type StartedPeer } from '../../../../src/testing/index.ts';
import { PoolCache } from '../../../../src/transports/http/pool-cache.ts';
import { SseTransport } from '../../../../src/transports/sse/sse-transport.ts';
import { deadUrl, event, serveHttp } from './http-subject.ts';

async function start(): Promise<StartedPeer> {
  const peer = new ContractPeer();
  const streams = new Map<string, ServerResponse>();
  let lastStream = 0;
  const server = await serveHttp((request, response) => {
    if (request.method === 'GET') {
      const id = String(++lastStream);
      streams.set(id, response);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(event(`/post?stream=${id}`, 'endpoint'));
      return;
    }
    const stream = streams.get(new URL(request.url ?? '', server.url).searchParams.get('stream') ?? '');
    void text(request).then((body) => {
      response.writeHead(202).end();
      peer.receive(body, {
        send: (message) => stream?.write(event(message)),
        noise: (noise) => stream?.write(event(noise, 'no-message')),
        die: () => stream?.socket?.resetAndDestroy(),
        end: () => stream?.end(),
      });
    });
  });
  return {
    transport: (context) => new SseTransport({ url: server.url }, context, new PoolCache()),
    stop: server.stop,
  };
}

export const sseSubject: ContractSubject = {
  // Messages are posted one by one: there is no stream out that could stand still.
  lacks: ['stall'],
  start,
  unreachable: async (context) => new SseTransport({ url: await deadUrl() }, context, new PoolCache()),
};
