import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';

/** What a gateway answered, byte by byte. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; undefined if it is none. */
  readonly json: RawMessage | undefined;
}

/** A JSON-RPC message as far as tests look into it. */
export interface RawMessage {
  readonly jsonrpc: string;
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: { readonly _meta?: Readonly<Record<string, unknown>> };
  readonly result?: {
    readonly resultType?: string;
    readonly tools?: readonly { readonly name: string; readonly inputSchema: unknown }[];
  };
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

export interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body?: unknown;
}

const JSON_HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};

/** Sends one HTTP request on a connection of its own. Nothing is added that the caller did not ask for. */
export function rawRequest(url: string, options: RawRequest = {}): Promise<RawAnswer> {
  const { body } = options;
  const method = options.method ?? (body === undefined ? 'GET' : 'POST');
  const target = new URL(options.path ?? '', url);
  const headers = { ...(method === 'POST' ? JSON_HEADERS : {}), ...options.headers };
  return new Promise((resolve, reject) => {
    const request = httpRequest(target, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode!, headers: response.headers, text, json: parsed(text) });
      });
    });
    request.on('error', reject);
    request.end(typeof body === 'string' || body === undefined ? body : JSON.stringify(body));
  });
}

/** `_meta` of a request of 2026-07-28. */
export const MODERN_META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1.0.0' },
  'io.modelcontextprotocol/clientCapabilities': {},
} as const;

/** A request of 2026-07-28 with the headers that belong to it; `headers` changes them, `''` leaves one out. */
export function modernRequest(
  method: string,
  params: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): RawRequest & { readonly headers: Readonly<Record<string, string>> } {
  const name = params['name'] ?? params['uri'];
  const all: Record<string, string> = {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': method,
    ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
    ...headers,
  };
  for (const [key, value] of Object.entries(all)) if (value === '') delete all[key];
  return {
    method: 'POST',
    headers: all,
    body: { jsonrpc: '2.0', id: 1, method, params: { _meta: MODERN_META, ...params } },
  };
}

/** Opens a legacy session and returns the headers that belong to it. */
export async function openSession(
  url: string,
  protocolVersion: string = '2025-11-25',
): Promise<Record<string, string>> {
  const clientInfo = { name: 'raw', version: '1.0.0' };
  const params = { protocolVersion, capabilities: {}, clientInfo };
  const answer = await rawRequest(url, { body: { jsonrpc: '2.0', id: 0, method: 'initialize', params } });
  const session = answer.headers['mcp-session-id'];
  if (typeof session !== 'string') throw new Error(`no session: ${answer.status} ${answer.text}`);
  const headers = { 'mcp-session-id': session, 'mcp-protocol-version': protocolVersion };
  await rawRequest(url, { headers, body: { jsonrpc: '2.0', method: 'notifications/initialized' } });
  return headers;
}

function parsed(text: string): RawAnswer['json'] {
  try {
    return JSON.parse(text) as RawAnswer['json'];
  } catch {
    return undefined;
  }
}
