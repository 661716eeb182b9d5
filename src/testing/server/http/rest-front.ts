import type { IncomingMessage, ServerResponse } from 'node:http';
import { isObject } from '../../../wire/json-rpc.ts';
import type { FaultService } from '../fault-service.ts';
import { InFlight } from '../in-flight.ts';
import { sendJson } from './http-body.ts';
import { RestWay } from './rest-way.ts';
import { SessionFront } from './session-front.ts';

/** What a route asks of the service, in the words of MCP. */
interface RestCall {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly wrap: (result: unknown) => unknown;
}

const asItIs = (result: unknown): unknown => result;

/** The default routes of plain REST, below `/mcp`, with a session in bodies and queries. */
export class RestFront extends SessionFront<{ readonly inFlight: InFlight }> {
  readonly #service: FaultService;
  /** Requests that belong to no session. */
  readonly #stateless = new InFlight();
  #lastKey = 0;

  constructor(service: FaultService) {
    super();
    this.#service = service;
  }

  override loseSessions(): number {
    this.#stateless.cancelAll();
    return super.loseSessions();
  }

  override abort(): void {
    this.#stateless.cancelAll();
    super.abort();
  }

  async serve(request: IncomingMessage, response: ServerResponse, body: string): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const given = bodyOf(body);
    if (given === undefined) {
      sendJson(response, 400, JSON.stringify({ error: { message: 'the body is no JSON object' } }));
      return;
    }
    const route = `${request.method} ${url.pathname.replace(/^\/mcp(?=\/)/u, '')}`;
    if (route === 'GET /health') {
      await this.#run({ method: 'ping', params: {}, wrap: asItIs }, response, undefined);
    } else if (route === 'POST /initialize') {
      await this.#initialize(given, response);
    } else {
      const call = callOf(route, given, url.searchParams);
      const session = url.searchParams.get('sessionId') ?? given['sessionId'];
      if (call === undefined || typeof session !== 'string' || this.table.get(session) === undefined) {
        const message = call === undefined ? 'there is nothing here' : 'Session not found';
        sendJson(response, 404, JSON.stringify({ error: { message } }));
      } else await this.#run(call, response, session);
    }
  }

  async #initialize(given: Readonly<Record<string, unknown>>, response: ServerResponse): Promise<void> {
    const sessionId = this.table.add({ inFlight: new InFlight() });
    const wrap = (result: unknown): unknown => (isObject(result) ? { ...result, sessionId } : result);
    const params = { capabilities: {}, ...given };
    await this.#run({ method: 'initialize', params, wrap }, response, sessionId);
  }

  async #run(call: RestCall, response: ServerResponse, sessionId: string | undefined): Promise<void> {
    const { method, params, wrap } = call;
    const { inFlight } = this.table.get(sessionId) ?? { inFlight: this.#stateless };
    const way = new RestWay(response, {
      wrap,
      loseSession: () => {
        if (sessionId !== undefined) this.table.end(sessionId);
      },
    });
    const id = ++this.#lastKey;
    // Breaking the exchange off is how a client cancels.
    response.once('close', () => {
      if (!response.writableFinished) inFlight.cancel(id);
    });
    await inFlight.run(id, (signal) =>
      this.#service.serve({ jsonrpc: '2.0', id, method, params }, way, signal),
    );
  }
}

function callOf(
  route: string,
  given: Readonly<Record<string, unknown>>,
  query: URLSearchParams,
): RestCall | undefined {
  if (route === 'GET /tools/list') {
    const cursor = query.get('cursor');
    return { method: 'tools/list', params: cursor === null ? {} : { cursor }, wrap: asItIs };
  }
  const [, name] = /^POST \/tools\/([^/]+)\/call$/u.exec(route) ?? [];
  if (name === undefined) return undefined;
  const params = { name: decodeURIComponent(name), arguments: given['arguments'] ?? {} };
  return { method: 'tools/call', params, wrap: (result) => ({ result }) };
}

function bodyOf(text: string): Readonly<Record<string, unknown>> | undefined {
  if (text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
