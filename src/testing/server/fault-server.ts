import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Clock, systemClock } from '../../core/clock.ts';
import { type Deferred, deferred } from '../../core/deferred.ts';
import { SignalboxError } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import type { FaultWire } from '../faults/check-rule.ts';
import type { FaultRules } from '../faults/fault.ts';
import { FaultPlan } from '../faults/fault-plan.ts';
import { type FaultControl, RuleBook } from '../faults/rule-book.ts';
import { seededRandom } from '../seeded-random.ts';
import { Answers } from './answers.ts';
import { FaultService } from './fault-service.ts';
import { ConnectRpcFront } from './http/connect-rpc-front.ts';
import { readBody } from './http/http-body.ts';
import type { HttpFront } from './http/http-front.ts';
import { RestFront } from './http/rest-front.ts';
import { SseFront } from './http/sse-front.ts';
import { StreamableFront } from './http/streamable-front.ts';
import { Journal, type JournalEntry } from './journal.ts';
import type { FaultServerEra } from './revisions.ts';

/** What {@link startFaultServer} starts. Everything is optional: without options it has no faults. */
export interface FaultServerOptions {
  /** `http`: Streamable HTTP (the default). `sse`: HTTP+SSE of 2024-11-05. `connect-rpc`: its dialect of that name. `rest`: plain REST. */
  readonly wire?: FaultServerWire;
  /** Default `both`; on other wires than `http` there is only `legacy`. */
  readonly era?: FaultServerEra;
  /** Faults to begin with. Default: none. */
  readonly faults?: FaultRules;
  /** What delays are measured by. Default: the clock of the machine. */
  readonly clock?: Clock;
  /** What probabilities and random delays are drawn from. Default: `seededRandom(1)`, the same in every run. */
  readonly random?: Random;
}

/** What carries the messages of a {@link FaultServer}. */
export type FaultServerWire = Exclude<FaultWire, 'stdio'>;

/**
 * The entry of a fault server, for `.mcp.json` or `ClientFactory.create`. Settings of your own go into its `x-signalbox`,
 * beside the dialect of the wire `connect-rpc`.
 */
export type FaultServerEntry = {
  readonly type: 'http' | 'sse' | 'rest';
  readonly url: string;
  readonly 'x-signalbox'?: { readonly dialect: 'connect-rpc' };
};

/** A real MCP server in this process that misbehaves as told. */
export interface FaultServer extends AsyncDisposable {
  /** Where it listens: 127.0.0.1 and a free port. It stays the same through {@link stop} and {@link start}. */
  readonly url: string;
  readonly entry: FaultServerEntry;
  /** Sets and clears faults while it runs. */
  readonly faults: FaultControl;
  /** What it has executed, in memory, every call of it. Sessions and restarts do not touch it. */
  readonly journal: Journal;
  /** Open sockets. */
  readonly connections: number;
  /** Open sessions: of the legacy era over HTTP, streams over HTTP+SSE, connections of the dialect. */
  readonly sessions: number;
  /** Forgets all sessions, as a restart does; returns how many. What they had in flight gets no answer. */
  loseSessions(): number;
  /** Breaks all connections by RST; returns how many. What is in flight goes on being executed. */
  dropConnections(): number;
  /** From now on it takes requests and does nothing about them. */
  pause(): void;
  /** Serves what has waited, and goes on. */
  resume(): void;
  /** Nobody listens any more: connections break, new ones are refused. Sessions are kept; see {@link loseSessions}. */
  stop(): Promise<void>;
  /** Listens again after {@link stop}, on the same port. @throws SignalboxError LISTEN_FAILED if that is taken now */
  start(): Promise<void>;
  /** Ends it for good: nothing is left behind. */
  close(): Promise<void>;
}

/**
 * Starts an MCP server that misbehaves as told.
 * @throws SignalboxError INVALID_ARGUMENT for a fault that cannot work, LISTEN_FAILED
 */
export async function startFaultServer(options: FaultServerOptions = {}): Promise<FaultServer> {
  const server = new HttpFaultServer(options);
  await server.start();
  return server;
}

class HttpFaultServer implements FaultServer {
  readonly faults: FaultControl;
  readonly journal: Journal;
  readonly #wire: FaultServerWire;
  readonly #front: HttpFront;
  readonly #sockets: Set<Socket> = new Set();
  #server: Server | undefined;
  #port = 0;
  #paused: Deferred<void> | undefined;

  constructor(options: FaultServerOptions) {
    const { wire = 'http', era = wire === 'http' ? 'both' : 'legacy', clock = systemClock } = options;
    const { random = seededRandom(1), faults } = options;
    if (wire !== 'http' && era !== 'legacy')
      throw new SignalboxError('INVALID_ARGUMENT', `the wire ${wire} has only the legacy era`);
    this.#wire = wire;
    const entries: JournalEntry[] = [];
    const journal = { append: (entry: JournalEntry) => void entries.push(entry) };
    const rules = new RuleBook(wire, faults);
    const plan = new FaultPlan(() => rules, random);
    const answers = new Answers({ era, clock, journal, past: [] });
    const service = new FaultService({ answers, plan, journal, clock, random });
    this.faults = rules;
    this.journal = new Journal(() => entries);
    if (wire === 'http') this.#front = new StreamableFront(era, answers, service);
    else if (wire === 'rest') this.#front = new RestFront(service);
    else this.#front = wire === 'sse' ? new SseFront(service) : new ConnectRpcFront(service);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/${this.#wire === 'sse' ? 'sse' : 'mcp'}`;
  }

  get entry(): FaultServerEntry {
    const { url } = this;
    if (this.#wire !== 'connect-rpc') return { type: this.#wire, url };
    return { type: 'sse', url, 'x-signalbox': { dialect: 'connect-rpc' } };
  }

  get connections(): number {
    return this.#sockets.size;
  }

  get sessions(): number {
    return this.#front.sessions;
  }

  loseSessions(): number {
    return this.#front.loseSessions();
  }

  dropConnections(): number {
    const { size } = this.#sockets;
    for (const socket of this.#sockets) socket.resetAndDestroy();
    return size;
  }

  pause(): void {
    this.#paused ??= deferred();
  }

  resume(): void {
    this.#paused?.resolve();
    this.#paused = undefined;
  }

  async start(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer((request, response) => void this.#serve(request, response));
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server = server;
    server.listen(this.#port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch (cause) {
      this.#server = undefined;
      throw new SignalboxError('LISTEN_FAILED', `cannot listen on port ${this.#port}`, { cause });
    }
    this.#port = (server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise((resolve) => server.close(resolve));
    this.dropConnections();
    await closed;
  }

  async close(): Promise<void> {
    this.#front.abort();
    this.#front.loseSessions();
    await this.stop();
    this.resume();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A write to a connection that has just broken is no news here.
    response.on('error', () => {});
    const body = await readBody(request);
    await this.#paused?.promise;
    if (body === undefined || response.destroyed) return;
    if (isForeign(request.headers.origin)) {
      response.writeHead(403).end();
      return;
    }
    await this.#front.serve(request, response, body);
  }
}

/** A page in a browser must not reach a server of this machine (DNS rebinding). */
function isForeign(origin: string | undefined): boolean {
  if (origin === undefined) return false;
  const host = URL.canParse(origin) ? new URL(origin).hostname : '';
  return host !== 'localhost' && host !== '127.0.0.1';
}
