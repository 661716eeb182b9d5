import { describe, expect, it } from 'vitest';
import { ClientFactory } from '../../src/client/client-factory.ts';
import { checkHttpFixtures, openStream, sendJson, startHttpFixture, until } from '../helpers/http-fixture.ts';

checkHttpFixtures();

const CLIENTS = 6;

/** A legacy server that keeps the GET stream of each client open, and answers everything else at once. */
async function startServer(): Promise<{ url: string; streams: () => number }> {
  let open = 0;
  const server = await startHttpFixture((request, response) => {
    if (request.method === 'GET') {
      open++;
      response.on('close', () => open--);
      openStream(response);
      return;
    }
    if (request.method === 'DELETE') {
      response.writeHead(200).end();
      return;
    }
    const { id, method } = JSON.parse(request.body) as { id?: number; method: string };
    if (id === undefined) {
      response.writeHead(202).end();
      return;
    }
    const result =
      method === 'initialize'
        ? {
            protocolVersion: '2025-11-25',
            capabilities: { tools: {} },
            serverInfo: { name: 's', version: '1' },
          }
        : { content: [{ type: 'text', text: 'answered' }] };
    sendJson(response, { jsonrpc: '2.0', id, result });
  });
  return { url: `${server.origin}/mcp`, streams: () => open };
}

describe('streams that stay open', () => {
  it.each([1, 2, 4])(
    'leave sockets for calls, with %i of them for six clients of one origin',
    async (connections) => {
      const { url, streams } = await startServer();
      await using factory = new ClientFactory();
      const clients = Array.from({ length: CLIENTS }, (_, number) =>
        factory.create(`s${number}`, {
          type: 'http',
          url,
          'x-signalbox': { protocol: 'legacy', http: { connections } },
        }),
      );
      await Promise.all(clients.map((client) => client.connect()));
      await until(() => streams() === CLIENTS);
      const calls = clients.flatMap((client) => [client.callTool('one'), client.callTool('two')]);
      for (const result of await Promise.all(calls)) {
        expect(result.content).toEqual([{ type: 'text', text: 'answered' }]);
      }
      expect(streams()).toBe(CLIENTS);
      await factory.shutdownAll();
      await until(() => streams() === 0);
    },
  );
});
