import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach } from 'vitest';

/** One step of what a raw server does with a connection. */
export type RawStep =
  /** Bytes, as they are. */
  | { readonly send: string | Buffer }
  /** A pause in ms. */
  | { readonly wait: number }
  /** FIN. */
  | { readonly end: true }
  /** RST. */
  | { readonly reset: true };

/** A TCP server that plays a script to each request; HTTP is what the script makes of it. */
export interface RawHttpServer {
  readonly origin: string;
  readonly url: string;
  /** Everything received, one entry a connection. */
  readonly received: string[];
  /** Connections accepted so far. */
  readonly accepted: number;
}

interface Running {
  readonly server: Server;
  readonly sockets: Set<Socket>;
}

const running = new Set<Running>();

/**
 * Starts a raw server. It waits for the end of a request (blank line, then as many bytes as `content-length` says),
 * and plays the script for it; `immediate` plays it as soon as a connection is accepted.
 *
 * @param script the steps, or a function of the number of the request (from 0)
 */
export async function startRawHttp(
  script: readonly RawStep[] | ((request: number) => readonly RawStep[]),
  options: { readonly immediate?: boolean } = {},
): Promise<RawHttpServer> {
  const received: string[] = [];
  const sockets = new Set<Socket>();
  let accepted = 0;
  let requests = 0;
  const next = (): readonly RawStep[] => (typeof script === 'function' ? script(requests++) : script);
  const server = createServer((socket) => {
    const index = accepted++;
    received[index] = '';
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    if (options.immediate === true) void play(socket, next());
    let pending = '';
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1');
      received[index] += text;
      pending += text;
      if (options.immediate === true || !isWhole(pending)) return;
      pending = '';
      void play(socket, next());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  running.add({ server, sockets });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    url: `${origin}/mcp`,
    received,
    get accepted() {
      return accepted;
    },
  };
}

/** After each test: closes the raw servers. Call once in a test file. */
export function checkRawHttp(): void {
  afterEach(async () => {
    for (const { server, sockets } of running) {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    }
    running.clear();
  });
}

/** A port on 127.0.0.1 that nobody listens on. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A response head. */
export function head(status: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status}\r\n${lines.join('')}\r\n`;
}

/** One chunk of a chunked body. */
export function chunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

function isWhole(request: string): boolean {
  const end = request.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const length = /content-length: (\d+)/iu.exec(request)?.[1];
  return request.length >= end + 4 + Number(length ?? 0);
}

async function play(socket: Socket, steps: readonly RawStep[]): Promise<void> {
  for (const step of steps) {
    if (socket.destroyed) return;
    if ('send' in step) {
      const drained = socket.write(step.send);
      if (!drained) await new Promise<void>((resolve) => onceEither(socket, resolve));
    } else if ('wait' in step) await waited(socket, step.wait);
    else if ('end' in step) socket.end();
    else socket.resetAndDestroy();
  }
}

/** A pause that ends with its socket. */
function waited(socket: Socket, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function onceEither(socket: Socket, resolve: () => void): void {
  socket.once('drain', resolve);
  socket.once('close', resolve);
}
