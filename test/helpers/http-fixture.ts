import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach } from 'vitest';

/** What a fixture server received. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  readonly body: string;
  /** `performance.now()` when the request was complete, in ms. */
  readonly at: number;
}

/** Answers one request; the body has been read already. */
export type RouteHandler = (
  request: RecordedRequest,
  response: ServerResponse,
  fixture: HttpFixture,
) => void | Promise<void>;

/** A real server on 127.0.0.1 that records what it gets. */
export interface HttpFixture {
  readonly origin: string;
  /** The MCP endpoint. */
  readonly url: string;
  readonly requests: RecordedRequest[];
  readonly server: Server;
  /** Requests of one method, in order. */
  of(method: string): RecordedRequest[];
  /** Sockets that are open now. */
  connections(): Promise<number>;
  /** Closes every socket by RST. */
  resetAll(): void;
}

const running = new Map<Server, Set<Socket>>();

/** Starts a server on a free port; {@link checkHttpFixtures} closes it. */
export async function startHttpFixture(handler: RouteHandler): Promise<HttpFixture> {
  const sockets = new Set<Socket>();
  const requests: RecordedRequest[] = [];
  const server = createServer((request, response) => {
    void readAll(request).then(async (body) => {
      const record: RecordedRequest = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        rawHeaders: request.rawHeaders,
        body,
        at: performance.now(),
      };
      requests.push(record);
      await handler(record, response, fixture);
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const fixture: HttpFixture = {
    origin,
    url: `${origin}/mcp`,
    requests,
    server,
    of: (method) => requests.filter((request) => request.method === method),
    connections: () => countConnections(server),
    resetAll: () => {
      for (const socket of sockets) socket.resetAndDestroy();
    },
  };
  running.set(server, sockets);
  return fixture;
}

/**
 * After each test: every socket to a fixture must have been closed by the client, then the servers are closed.
 * Call once in a test file, before anything that closes the clients: hooks run in reverse order.
 */
export function checkHttpFixtures(): void {
  afterEach(async () => {
    const servers = [...running];
    running.clear();
    let left = 0;
    for (const [server] of servers) left += await settledConnections(server);
    for (const [server, sockets] of servers) {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    }
    if (left > 0) throw new Error(`the client left ${left} sockets open`);
  });
}

/** Answers with JSON. */
export function sendJson(
  response: ServerResponse,
  value: unknown,
  status: number = 200,
  headers: Readonly<Record<string, string | string[]>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(value));
}

/** Begins an event stream. */
export function openStream(
  response: ServerResponse,
  headers: Readonly<Record<string, string | string[]>> = {},
): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
  response.flushHeaders();
}

/** One server-sent event. */
export function sseEvent(fields: {
  id?: string;
  event?: string;
  retry?: number | string;
  data?: unknown;
}): string {
  let text = '';
  if (fields.id !== undefined) text += `id: ${fields.id}\n`;
  if (fields.event !== undefined) text += `event: ${fields.event}\n`;
  if (fields.retry !== undefined) text += `retry: ${fields.retry}\n`;
  if (fields.data !== undefined) {
    text += `data: ${typeof fields.data === 'string' ? fields.data : JSON.stringify(fields.data)}\n`;
  }
  return `${text}\n`;
}

/** Waits until `condition` holds; fails after `timeoutMs` (default 25 s). */
export async function until(condition: () => boolean, timeoutMs: number = 25_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error('the condition did not come true');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    // The client broke off: what came is what is recorded.
  }
  return Buffer.concat(chunks).toString('utf8');
}

function countConnections(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
  });
}

/** A closed socket needs a moment to be noticed at the other end. */
async function settledConnections(server: Server): Promise<number> {
  const end = performance.now() + 10_000;
  let count = await countConnections(server);
  while (count > 0 && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    count = await countConnections(server);
  }
  return count;
}
