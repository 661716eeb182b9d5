import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import {
  type HttpFixture,
  openStream,
  type RecordedRequest,
  sendJson,
  sseEvent,
  startHttpFixture,
} from './http-fixture.ts';

/** What the server is like. */
export interface McpHttpOptions {
  /** Default `legacy`. A function is asked at every request. */
  readonly era?: 'legacy' | 'modern' | (() => 'legacy' | 'modern');
  /** How `server/discover` is answered by a legacy server: default 400 with a JSON-RPC error. */
  readonly onProbe?: (request: RecordedRequest, response: ServerResponse) => void;
  /** Version that `initialize` settles on. Default 2025-11-25. */
  readonly version?: string;
  /** Answers one tool call; default: echoes its arguments. */
  readonly onCall?: (params: Record<string, unknown>, response: ServerResponse, id: number) => void;
}

/** A small MCP server over Streamable HTTP that can forget its sessions. */
export interface McpHttp extends HttpFixture {
  /** Sessions that are known; clear it and the server has "restarted". */
  readonly sessions: Set<string>;
  /** Names of the methods received, in order. */
  methods(): string[];
  /** How often a tool was executed. */
  calls: number;
  /** What it lists. */
  readonly tools: object[];
  /** What happens to the next requests, one each, before they are looked at; nothing is executed. */
  readonly faults: ((request: number, response: ServerResponse) => void)[];
}

interface Message {
  readonly id?: number;
  readonly method: string;
  readonly params?: Record<string, unknown>;
}

const TOOLS = [{ name: 'echo', inputSchema: { type: 'object' } }];

export async function startMcpHttp(options: McpHttpOptions = {}): Promise<McpHttp> {
  const { era = 'legacy' } = options;
  const isModern = (): boolean => (typeof era === 'function' ? era() : era) === 'modern';
  const sessions = new Set<string>();
  const fixture = await startHttpFixture((request, response) => {
    if (request.method === 'DELETE') {
      sessions.delete(String(request.headers['mcp-session-id']));
      response.writeHead(200).end();
      return;
    }
    if (request.method === 'GET') {
      response.writeHead(405).end();
      return;
    }
    const message = JSON.parse(request.body) as Message;
    const fault = server.faults.shift();
    if (fault !== undefined) {
      fault(0, response);
      return;
    }
    if (isModern()) modern(message, response);
    else legacy(message, request, response);
  });
  const server: McpHttp = Object.assign(fixture, {
    sessions,
    calls: 0,
    tools: [...TOOLS],
    faults: [],
    methods: () => fixture.of('POST').map(({ body }) => (JSON.parse(body) as Message).method),
  });

  function modern(message: Message, response: ServerResponse): void {
    const { id, method, params } = message;
    if (method === 'server/discover') {
      const discovery = {
        supportedVersions: ['2026-07-28'],
        capabilities: { tools: {} },
        _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'mcp-http', version: '1' } },
      };
      sendJson(response, {
        jsonrpc: '2.0',
        id,
        result: { resultType: 'complete', ttlMs: 0, cacheScope: 'private', ...discovery },
      });
    } else if (method === 'initialize') {
      const data = { supported: ['2026-07-28'], requested: params?.['protocolVersion'] };
      sendJson(response, { jsonrpc: '2.0', id, error: { code: -32022, message: 'modern only', data } }, 400);
    } else answer(message, response);
  }

  function legacy(message: Message, request: RecordedRequest, response: ServerResponse): void {
    const { id, method } = message;
    if (method === 'server/discover') {
      if (options.onProbe !== undefined) options.onProbe(request, response);
      else
        sendJson(
          response,
          { jsonrpc: '2.0', id: null, error: { code: -32000, message: 'Bad Request' } },
          400,
        );
      return;
    }
    if (method === 'initialize') {
      const session = randomUUID();
      sessions.add(session);
      const result = {
        protocolVersion: options.version ?? '2025-11-25',
        capabilities: { tools: {} },
        serverInfo: { name: 'mcp-http', version: '1' },
        instructions: 'Be kind.',
      };
      sendJson(response, { jsonrpc: '2.0', id, result }, 200, { 'mcp-session-id': session });
      return;
    }
    if (!sessions.has(String(request.headers['mcp-session-id']))) {
      sendJson(
        response,
        { jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Session not found' } },
        404,
      );
    } else answer(message, response);
  }

  function answer({ id, method, params }: Message, response: ServerResponse): void {
    if (id === undefined) response.writeHead(202).end();
    else if (method === 'tools/list')
      sendJson(response, { jsonrpc: '2.0', id, result: { tools: server.tools } });
    else if (method === 'ping') sendJson(response, { jsonrpc: '2.0', id, result: {} });
    else if (method === 'tools/call') {
      server.calls++;
      if (options.onCall !== undefined) options.onCall(params ?? {}, response, id);
      else {
        const text = JSON.stringify(params?.['arguments']);
        sendJson(response, { jsonrpc: '2.0', id, result: { content: [{ type: 'text', text }] } });
      }
    } else
      sendJson(
        response,
        { jsonrpc: '2.0', id, error: { code: -32601, message: 'unknown method' } },
        isModern() ? 404 : 200,
      );
  }

  return server;
}

/** A small server of the old HTTP+SSE kind: the stream at /mcp, messages at /messages. */
export function startOldSse(): Promise<HttpFixture> {
  let stream: ServerResponse | undefined;
  return startHttpFixture((request, response) => {
    if (request.method === 'GET') {
      openStream(response);
      stream = response;
      response.write(sseEvent({ event: 'endpoint', data: '/messages?session=1' }));
      return;
    }
    if (request.path === '/mcp') {
      response.writeHead(405).end();
      return;
    }
    response.writeHead(202).end();
    const { id, method } = JSON.parse(request.body) as Message;
    if (id === undefined) return;
    const result =
      method === 'initialize'
        ? {
            protocolVersion: '2024-11-05',
            capabilities: { tools: {} },
            serverInfo: { name: 'old', version: '1' },
          }
        : { tools: TOOLS };
    stream?.write(sseEvent({ event: 'message', data: { jsonrpc: '2.0', id, result } }));
  });
}
