import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { type HttpFixture, type RecordedRequest, sendJson, startHttpFixture } from './http-fixture.ts';

/** A REST service with the default routes. */
export interface RestService extends HttpFixture {
  /** Sessions that are known; clear it and the service has "restarted". */
  readonly sessions: Set<string>;
  /** What happens to the next requests of a route (`POST /tools/echo/call`), one each, before they are looked at. */
  readonly faults: Map<string, ((response: ServerResponse) => void)[]>;
  /** Bodies of the tool calls that were executed. */
  readonly calls: { readonly name: string; readonly arguments: unknown }[];
  /** `GET /health`, `POST /tools/echo/call`, …: what was asked, in order, without queries. */
  routes(): string[];
}

export interface RestServiceOptions {
  /** Whether it opens sessions. Default `true`. */
  readonly sessions?: boolean;
  /** What it says of itself beside its session. Default: revision, name and capabilities. */
  readonly initialized?: object;
  /** Answers what else the test wants. Return false to leave it to the service. */
  readonly also?: (request: RecordedRequest, response: ServerResponse) => boolean;
}

const TOOLS = [
  { name: 'echo', description: 'Says it again', inputSchema: { type: 'object' } },
  {
    name: 'add',
    inputSchema: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } } },
  },
  { name: 'picture', inputSchema: { type: 'object' } },
  { name: 'report', inputSchema: { type: 'object' } },
  { name: 'nothing', inputSchema: { type: 'object' } },
];
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUg==', 'base64');

/** Starts one at `/api`, on a free port. */
export async function startRestService(options: RestServiceOptions = {}): Promise<RestService> {
  const { sessions: hasSessions = true, also } = options;
  const sessions = new Set<string>();
  const fixture = await startHttpFixture((request, response) => {
    const url = new URL(request.path, 'http://127.0.0.1');
    const route = `${request.method} ${url.pathname.replace(/^\/api/u, '')}`;
    const fault = service.faults.get(route)?.shift();
    if (fault !== undefined) return fault(response);
    if (also?.(request, response) === true) return;
    const body = (request.body === '' ? {} : JSON.parse(request.body)) as Record<string, unknown>;
    if (route === 'GET /health') return sendJson(response, { status: 'up' });
    if (route === 'POST /initialize') return initialize(response, body);
    const session = request.method === 'GET' ? url.searchParams.get('sessionId') : body['sessionId'];
    if (hasSessions && !sessions.has(String(session))) {
      return sendJson(response, { error: { code: 'NO_SESSION', message: 'Unknown session' } }, 404);
    }
    serve(route, url.searchParams, body, response);
  });
  const service: RestService = Object.assign(fixture, {
    url: `${fixture.origin}/api`,
    sessions,
    faults: new Map<string, ((response: ServerResponse) => void)[]>(),
    calls: [] as { name: string; arguments: unknown }[],
    routes: () =>
      fixture.requests.map(
        ({ method, path }) => `${method} ${path.replace(/^\/api/u, '').replace(/\?.*/u, '')}`,
      ),
  });
  return service;

  function initialize(response: ServerResponse, body: Record<string, unknown>): void {
    const about = options.initialized ?? {
      protocolVersion: body['protocolVersion'],
      serverInfo: { name: 'rest-service', version: '1.2.3' },
      capabilities: {
        tools: { listChanged: true },
        resources: { subscribe: true },
        prompts: {},
        logging: {},
      },
      instructions: 'Be kind.',
    };
    if (!hasSessions) return sendJson(response, about);
    const sessionId = randomUUID();
    sessions.add(sessionId);
    sendJson(response, { ...about, sessionId });
  }

  function serve(
    route: string,
    query: URLSearchParams,
    body: Record<string, unknown>,
    response: ServerResponse,
  ): void {
    const [, name] = /^POST \/tools\/([^/]+)\/call$/u.exec(route) ?? [];
    const [, prompt] = /^POST \/prompts\/([^/]+)\/get$/u.exec(route) ?? [];
    if (name !== undefined) return call(decodeURIComponent(name), body['arguments'], response);
    if (prompt === 'hello') {
      return sendJson(response, {
        result: { messages: [{ role: 'user', content: { type: 'text', text: 'Hello' } }] },
      });
    }
    const cursor = query.get('cursor');
    switch (route) {
      case 'GET /tools/list':
        // Two pages.
        if (cursor === null)
          return sendJson(response, { tools: TOOLS.slice(0, 2), nextCursor: 'more & more' });
        if (cursor === 'more & more') return sendJson(response, { tools: TOOLS.slice(2) });
        break;
      case 'GET /resources/list':
        return sendJson(response, { resources: [{ uri: 'file:///a b?c=d#e', name: 'a' }] });
      case 'GET /resources/read':
        if (query.get('uri') === 'file:///a b?c=d#e') return sendJson(response, { content: 'the text of a' });
        return sendJson(response, { error: { message: 'No such file' } }, 404);
      case 'GET /prompts/list':
        return sendJson(response, { prompts: [{ name: 'hello' }] });
    }
    sendJson(response, { error: { code: 'NOT_FOUND', message: 'There is nothing here' } }, 404);
  }

  function call(name: string, args: unknown, response: ServerResponse): void {
    if (!TOOLS.some((tool) => tool.name === name) && !name.startsWith('odd')) {
      return sendJson(response, { error: { code: 'NO_TOOL', message: `No tool ${name}` } }, 404);
    }
    service.calls.push({ name, arguments: args });
    switch (name) {
      case 'picture':
        response.writeHead(200, { 'content-type': 'image/png' }).end(PNG);
        return;
      case 'report':
        response.writeHead(200, { 'content-type': 'text/markdown; charset=utf-8' }).end('# Grüße');
        return;
      case 'nothing':
        response.writeHead(204).end();
        return;
      case 'add': {
        const { a, b } = args as { a?: unknown; b?: unknown };
        if (typeof a !== 'number' || typeof b !== 'number') {
          const details = [{ path: '/a', problem: 'is no number' }];
          return sendJson(response, { error: { code: 'BAD', message: 'Wrong arguments', details } }, 422);
        }
        return sendJson(response, { result: { sum: a + b } });
      }
      default:
        sendJson(response, {
          result: { content: [{ type: 'text', text: JSON.stringify(args) }], isError: false },
        });
    }
  }
}
