import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach } from 'vitest';
import type { ServerEntry, SignalboxSettings } from '../../src/config/entry.ts';
import { QUICK } from './clients.ts';
import {
  checkHttpFixtures,
  type HttpFixture,
  openStream,
  type RecordedRequest,
  sendJson,
  sseEvent,
  startHttpFixture,
} from './http-fixture.ts';
import { until } from './until.ts';

/** What carries the messages. `sse` is HTTP+SSE of 2024-11-05, `connect-rpc` its dialect. */
export type Wire = 'stdio' | 'http' | 'sse' | 'connect-rpc';

/** Every era over every transport that carries it. */
export const EVERYWHERE = [
  { era: 'modern', wire: 'stdio' },
  { era: 'modern', wire: 'http' },
  { era: 'legacy', wire: 'stdio' },
  { era: 'legacy', wire: 'http' },
  { era: 'legacy', wire: 'sse' },
  { era: 'legacy', wire: 'connect-rpc' },
] as const;
/** The transports of the legacy era. */
export const LEGACY_WIRES = ['stdio', 'http', 'sse', 'connect-rpc'] as const;

/** Any JSON-RPC message, as it stood on the wire. */
export interface WireMessage {
  readonly jsonrpc?: string;
  readonly id?: string | number | null;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

export interface PeerOptions {
  readonly wire: Wire;
  /** Default `modern`; `legacy` on HTTP+SSE and its dialect. */
  readonly era?: 'modern' | 'legacy';
  /** What a legacy server settles on; default 2025-11-25, on HTTP+SSE 2024-11-05. */
  readonly version?: string;
  readonly capabilities?: Readonly<Record<string, unknown>>;
  /** Answers HTTP requests with event streams even where a plain body would do. */
  readonly streams?: boolean;
  /** False: GET is answered with 405. Default: a stream, for a legacy server. */
  readonly listens?: boolean;
  /** What to do about a message in place of the right thing, by method; `response` for answers of the client. */
  readonly on?: Readonly<Record<string, (exchange: Exchange) => void | Promise<void>>>;
}

/** One message of the client, and the way back. */
export interface Exchange {
  readonly message: WireMessage;
  readonly params: Record<string, unknown>;
  /** Empty where there are none. */
  readonly headers: IncomingHttpHeaders;
  /** True once the client has closed the stream of this request. */
  readonly isGone: boolean;
  /** Does what the peer does by itself. */
  proceed(): void;
  /** The result; what every result of the era must have is added. */
  reply(result?: Record<string, unknown>): void;
  error(code: number, message?: string, data?: unknown, status?: number): void;
  /** A message on the stream of this request, before the answer. */
  send(message: WireMessage | readonly WireMessage[]): void;
  /** Ends the stream of this request without an answer; nothing where it has no stream of its own. */
  end(): void;
  /** Asks the client on the stream of this request; resolves with its response. */
  ask(method: string, params?: Record<string, unknown>): Promise<WireMessage>;
}

const MODERN = '2026-07-28';
const META = 'io.modelcontextprotocol/';
const SERVER_INFO = { name: 'protocol-peer', version: '1.0.0' };

/** Passes bytes between its standard streams and a port: what makes a test the other end of a real process. */
const RELAY = `
  const socket = require('node:net').connect(Number(process.argv[1]), '127.0.0.1');
  process.stdin.pipe(socket);
  socket.pipe(process.stdout);
  socket.on('error', () => process.exit(1));
  socket.on('close', () => process.exit(0));
`;

const CACHEABLE = new Set([
  'server/discover',
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
]);

const EVERYTHING = {
  tools: { listChanged: true },
  resources: { listChanged: true, subscribe: true },
  prompts: { listChanged: true },
  completions: {},
  logging: {},
};

/** A real MCP server of one era whose every answer is in the hands of the test, behind any transport. */
export class ProtocolPeer {
  readonly wire: Wire;
  /** May be changed while it runs: the server was replaced by another one. */
  era: 'modern' | 'legacy';
  version: string;
  readonly capabilities: Readonly<Record<string, unknown>>;
  /** Every message that arrived, in order. */
  readonly received: Exchange[] = [];
  /** May be changed while it runs. */
  readonly on: Map<string, (exchange: Exchange) => void | Promise<void>>;
  tools: Record<string, unknown>[] = [{ name: 'echo', inputSchema: { type: 'object' } }];
  resources: Record<string, unknown>[] = [{ uri: 'test://a', name: 'a' }];
  resourceTemplates: Record<string, unknown>[] = [{ uriTemplate: 'test://{x}', name: 'x' }];
  prompts: Record<string, unknown>[] = [{ name: 'greet', arguments: [{ name: 'who' }] }];
  /** Added to results that may be kept. */
  ttlMs = 0;
  /** How often a client connected: processes, sessions or streams. */
  connections = 0;
  http: HttpFixture | undefined;
  readonly #options: PeerOptions;
  readonly #sockets: Set<Socket> = new Set();
  readonly #streams: Set<ServerResponse> = new Set();
  readonly #asked: Map<string, (response: WireMessage) => void> = new Map();
  #port = 0;
  #asks = 0;
  #server: Server | undefined;
  #session: string | undefined;

  constructor(options: PeerOptions) {
    this.#options = options;
    this.wire = options.wire;
    const isOverStream = options.wire === 'sse' || options.wire === 'connect-rpc';
    this.era = options.era ?? (isOverStream ? 'legacy' : 'modern');
    const legacyVersion = options.wire === 'sse' ? '2024-11-05' : '2025-11-25';
    this.version = options.version ?? (this.era === 'modern' ? MODERN : legacyVersion);
    this.capabilities = options.capabilities ?? EVERYTHING;
    this.on = new Map(Object.entries(options.on ?? {}));
  }

  async start(): Promise<this> {
    if (this.wire === 'stdio') await this.#startStdio();
    else this.http = await startHttpFixture((request, response) => this.#onHttp(request, response));
    return this;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const server = this.#server;
    if (server !== undefined) await new Promise((resolve) => server.close(resolve));
  }

  /** How a client finds it. */
  entry(settings: SignalboxSettings = {}): ServerEntry {
    const own = { ...QUICK, ...settings, timeouts: { ...QUICK.timeouts, ...settings.timeouts } };
    if (this.wire === 'stdio') {
      const args = ['-e', RELAY, String(this.#port)];
      return { type: 'stdio', command: process.execPath, args, 'x-signalbox': own };
    }
    const { url } = this.http!;
    if (this.wire === 'connect-rpc')
      return { type: 'sse', url, 'x-signalbox': { ...own, dialect: 'connect-rpc' } };
    return { type: this.wire, url, 'x-signalbox': own };
  }

  methods(): string[] {
    return this.received.map(({ message }) => message.method ?? 'response');
  }

  /** What arrived of one method. */
  of(method: string): Exchange[] {
    return this.received.filter(({ message }) => message.method === method);
  }

  /** Waits for the n-th message of a method. */
  async nth(method: string, n: number = 1): Promise<Exchange> {
    await until(`${method} has arrived ${n} times`, () => this.of(method).length >= n);
    return this.of(method)[n - 1]!;
  }

  /** Sends something unasked, where the transport has a way; waits until there is one. */
  async push(message: WireMessage | readonly WireMessage[]): Promise<void> {
    await until('there is a stream to the client', () => this.#sockets.size + this.#streams.size > 0);
    const text = JSON.stringify(message);
    if (this.wire === 'stdio') [...this.#sockets].at(-1)!.write(`${text}\n`);
    else [...this.#streams].at(-1)!.write(sseEvent({ event: 'message', data: text }));
  }

  notify(method: string, params?: Record<string, unknown>): Promise<void> {
    return this.push({ jsonrpc: '2.0', method, ...(params === undefined ? {} : { params }) });
  }

  /** Asks the client; resolves with its response. */
  async ask(method: string, params?: Record<string, unknown>): Promise<WireMessage> {
    const { request, response } = this.#question(method, params);
    await this.push(request);
    return await response;
  }

  /** All connections are gone at once; the peer itself goes on. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.http?.resetAll();
    this.#session = undefined;
  }

  #question(
    method: string,
    params?: Record<string, unknown>,
  ): { request: WireMessage; response: Promise<WireMessage> } {
    const id = `srv-${++this.#asks}`;
    const response = new Promise<WireMessage>((resolve) => this.#asked.set(id, resolve));
    return { request: { jsonrpc: '2.0', id, method, ...(params === undefined ? {} : { params }) }, response };
  }

  // --- what arrives -----------------------------------------------------------------------------------------------

  #receive(text: string, headers: IncomingHttpHeaders, way: Way): void {
    const message = JSON.parse(text) as WireMessage;
    const exchange = this.#exchange(message, headers, way);
    this.received.push(exchange);
    const { method, id } = message;
    if (method === undefined) {
      this.#asked.get(String(id))?.(message);
      this.#asked.delete(String(id));
    }
    const own = this.on.get(method ?? 'response');
    if (own === undefined) exchange.proceed();
    else void own(exchange);
    if (id === undefined || method === undefined) way.accepted();
  }

  #exchange(message: WireMessage, headers: IncomingHttpHeaders, way: Way): Exchange {
    const { id, method = '', params = {} } = message;
    const reply = (result: Record<string, unknown> = {}): void =>
      way.answer({ jsonrpc: '2.0', id: id!, result: this.#dressed(method, result) }, 200);
    const error: Exchange['error'] = (code, text = 'as told', data?: unknown, status = 200) =>
      way.answer({ jsonrpc: '2.0', id: id!, error: { code, message: text, data } }, status);
    const exchange: Exchange = {
      message,
      params,
      headers,
      get isGone() {
        return way.isGone();
      },
      reply,
      error,
      send: (more) => way.send(more),
      end: () => way.end(),
      ask: async (asked, askedParams) => {
        const { request, response } = this.#question(asked, askedParams);
        way.send(request);
        return await response;
      },
      proceed: () => {
        if (message.id === undefined || message.method === undefined) return;
        this.#proceed(exchange);
      },
    };
    return exchange;
  }

  #dressed(method: string, result: Record<string, unknown>): Record<string, unknown> {
    if (this.era === 'legacy') return result;
    const kept = CACHEABLE.has(method) ? { ttlMs: this.ttlMs, cacheScope: 'private' } : {};
    return { resultType: 'complete', ...kept, _meta: { [`${META}serverInfo`]: SERVER_INFO }, ...result };
  }

  #proceed(exchange: Exchange): void {
    const { message, params } = exchange;
    const { capabilities, version } = this;
    const isModern = this.era === 'modern';
    switch (message.method) {
      case 'server/discover':
        if (isModern) exchange.reply({ supportedVersions: [version], capabilities });
        else exchange.error(-32601, 'unknown method', undefined, 400);
        return;
      case 'initialize':
        if (isModern) exchange.error(-32022, 'modern only', { supported: [version] }, 400);
        else exchange.reply({ protocolVersion: version, capabilities, serverInfo: SERVER_INFO });
        return;
      case 'ping':
      case 'logging/setLevel':
      case 'resources/subscribe':
      case 'resources/unsubscribe':
        if (isModern) exchange.error(-32601, 'unknown method', undefined, 404);
        else exchange.reply();
        return;
      case 'tools/list':
        exchange.reply({ tools: this.tools });
        return;
      case 'resources/list':
        exchange.reply({ resources: this.resources });
        return;
      case 'resources/templates/list':
        exchange.reply({ resourceTemplates: this.resourceTemplates });
        return;
      case 'prompts/list':
        exchange.reply({ prompts: this.prompts });
        return;
      case 'tools/call':
        exchange.reply({ content: [{ type: 'text', text: JSON.stringify(params['arguments'] ?? null) }] });
        return;
      case 'resources/read':
        exchange.reply({ contents: [{ uri: params['uri'], text: 'x' }] });
        return;
      case 'prompts/get':
        exchange.reply({ messages: [{ role: 'user', content: { type: 'text', text: 'hello' } }] });
        return;
      case 'completion/complete':
        exchange.reply({ completion: { values: ['one'] } });
        return;
      case 'subscriptions/listen':
        if (isModern) exchange.send(acknowledgement(exchange, params['notifications']));
        else exchange.error(-32601);
        return;
      default:
        exchange.error(-32601, 'unknown method', undefined, isModern ? 404 : 200);
    }
  }

  // --- stdio ------------------------------------------------------------------------------------------------------

  async #startStdio(): Promise<void> {
    const server = createServer((socket) => {
      this.connections++;
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => {});
      let rest = '';
      socket.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop()!;
        for (const line of lines) this.#receive(line, {}, lineWay(socket));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  // --- HTTP -------------------------------------------------------------------------------------------------------

  #onHttp(request: RecordedRequest, response: ServerResponse): void {
    if (this.wire === 'connect-rpc') this.#onDialect(request, response);
    else if (request.method === 'GET') this.#onGet(response);
    else if (request.method !== 'POST') response.writeHead(this.era === 'modern' ? 405 : 200).end();
    else if (this.wire === 'sse') this.#onSsePost(request, response);
    else this.#onPost(request, response);
  }

  #onGet(response: ServerResponse): void {
    if (this.era === 'modern' || this.#options.listens === false) {
      response.writeHead(405).end();
      return;
    }
    openStream(response);
    this.#streams.add(response);
    response.on('close', () => this.#streams.delete(response));
    if (this.wire !== 'sse') return;
    this.connections++;
    response.write(sseEvent({ event: 'endpoint', data: '/messages?session=1' }));
  }

  #onSsePost(request: RecordedRequest, response: ServerResponse): void {
    if (!request.path.startsWith('/messages')) {
      response.writeHead(405).end();
      return;
    }
    response.writeHead(202).end();
    const stream = [...this.#streams].at(-1)!;
    this.#receive(request.body, request.headers, sseWay(stream));
  }

  /** POST connect, GET events, POST rpc. */
  #onDialect(request: RecordedRequest, response: ServerResponse): void {
    const what = request.path.slice(request.path.lastIndexOf('/') + 1);
    if (what === 'connect') {
      this.connections++;
      this.#session = `session-${this.connections}`;
      sendJson(response, { session_id: this.#session });
    } else if (request.headers['mcp-session-id'] !== this.#session) {
      response.writeHead(404).end('Session not found');
    } else if (what === 'events') {
      this.#onGet(response);
    } else {
      response.writeHead(200).end();
      this.#receive(request.body, request.headers, dialectWay([...this.#streams].at(-1)!));
    }
  }

  #onPost(request: RecordedRequest, response: ServerResponse): void {
    const { method } = JSON.parse(request.body) as WireMessage;
    const headers: Record<string, string> = {};
    if (this.era === 'legacy' && method === 'initialize') {
      this.connections++;
      this.#session = `session-${this.connections}`;
      headers['mcp-session-id'] = this.#session;
    } else if (this.era === 'legacy' && method !== 'server/discover') {
      if (request.headers['mcp-session-id'] !== this.#session) {
        const error = { code: -32001, message: 'Session not found' };
        sendJson(response, { jsonrpc: '2.0', id: null, error }, 404);
        return;
      }
    }
    this.#receive(request.body, request.headers, postWay(response, headers, this.#options.streams === true));
  }
}

/** The acknowledgement of a subscription, with the filter that is honoured. */
export function acknowledgement({ message }: Pick<Exchange, 'message'>, notifications: unknown): WireMessage {
  return tagged(message.id, 'notifications/subscriptions/acknowledged', { notifications });
}

/** A notification that belongs to a subscription. */
export function tagged(
  id: WireMessage['id'],
  method: string,
  params: Record<string, unknown> = {},
): WireMessage {
  return { jsonrpc: '2.0', method, params: { ...params, _meta: { [`${META}subscriptionId`]: id } } };
}

/** How the answer to one message travels. */
interface Way {
  answer(message: WireMessage, status: number): void;
  send(message: WireMessage | readonly WireMessage[]): void;
  end(): void;
  /** A notification or response was taken. */
  accepted(): void;
  isGone(): boolean;
}

function lineWay(socket: Socket): Way {
  const write = (message: unknown): void => void socket.write(`${JSON.stringify(message)}\n`);
  return { answer: write, send: write, end: () => {}, accepted: () => {}, isGone: () => socket.destroyed };
}

function sseWay(stream: ServerResponse): Way {
  const write = (message: unknown): void => void stream.write(sseEvent({ event: 'message', data: message }));
  return { answer: write, send: write, end: () => {}, accepted: () => {}, isGone: () => stream.destroyed };
}

/** Answers in the words of the dialect; what is none is sent as it is. */
function dialectWay(stream: ServerResponse): Way {
  const write = (message: unknown): void => void stream.write(sseEvent({ data: message }));
  return {
    ...sseWay(stream),
    answer: ({ id, result, error }) =>
      write({ request_id: id, ...(error === undefined ? { result } : { error }) }),
    send: write,
  };
}

function postWay(response: ServerResponse, headers: Record<string, string>, streams: boolean): Way {
  const send = (message: unknown): void => {
    if (!response.headersSent) openStream(response, headers);
    response.write(sseEvent({ event: 'message', data: message }));
  };
  return {
    send,
    answer: (message, status) => {
      if (response.headersSent || (streams && status === 200)) {
        send(message);
        response.end();
      } else sendJson(response, message, status, headers);
    },
    end: () => {
      if (!response.headersSent) openStream(response, headers);
      response.end();
    },
    accepted: () => {
      if (!response.headersSent) response.writeHead(202, headers).end();
    },
    isGone: () => response.destroyed,
  };
}

/** Starts peers that are stopped after each test. Call it before `testFactories`: hooks run in reverse order. */
export function testPeers(): (options: PeerOptions) => Promise<ProtocolPeer> {
  const started: ProtocolPeer[] = [];
  checkHttpFixtures();
  afterEach(async () => {
    await Promise.all(started.splice(0).map((peer) => peer.stop()));
  });
  return async (options) => {
    const peer = await new ProtocolPeer(options).start();
    started.push(peer);
    return peer;
  };
}
