import { createHash, randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { AuthorizationHandler } from '../../src/auth/authorization-handler.ts';
import { type HttpFixture, type RecordedRequest, sendJson, startHttpFixture } from './http-fixture.ts';

/** Marks every secret that the servers of a test hand out: it must stand nowhere but in the store. */
export const CANARY = 'canary';

/** How a protected server and its authorization server, on one origin, behave. */
export interface AuthServerOptions {
  /** Seconds that an access token lives. Default: 3 600. */
  readonly expiresIn?: number | undefined;
  /** Whether refresh tokens are handed out; each is good once, and a second use ends the whole family. Default: true. */
  readonly refreshTokens?: boolean;
  /** Laid over the metadata of the authorization server. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Laid over the metadata of the resource; `false`: there are none. */
  readonly resource?: Readonly<Record<string, unknown>> | false;
  /** Changes what the browser is sent back with. */
  readonly answer?: (params: URLSearchParams) => void;
  /** Scopes that a tool needs, by its name. */
  readonly scopes?: Readonly<Record<string, string>>;
  /** What a 401 says. Default: where the metadata are. */
  readonly challenge?: (origin: string) => string;
  /** Answers first; true if it did. */
  readonly intercept?: (request: RecordedRequest, response: ServerResponse, server: AuthServer) => boolean;
}

interface Grant {
  readonly family: string;
  readonly scope: string;
  readonly clientId: string;
}

/** A real MCP server that wants tokens, and the authorization server that gives them. */
export interface AuthServer {
  readonly fixture: HttpFixture;
  readonly url: string;
  readonly origin: string;
  /** Access tokens that are good. */
  readonly tokens: Map<string, Grant>;
  readonly refreshTokens: Map<string, Grant>;
  /** Families that were ended because a refresh token was used twice. */
  readonly stolen: Set<string>;
  /** Requests to the token endpoint, by grant type. */
  readonly granted: Record<string, number>;
  /** Scopes of the authorization requests, in order. */
  readonly asked: (string | null)[];
  /** Ends all access tokens, as time would. */
  expire(): void;
}

const secret = (kind: string): string => `${CANARY}-${kind}-${randomBytes(12).toString('hex')}`;

export async function startAuthServer(options: AuthServerOptions = {}): Promise<AuthServer> {
  const codes = new Map<string, Grant & { challenge: string; redirectUri: string }>();
  const server: Omit<AuthServer, 'fixture' | 'url' | 'origin'> & { fixture?: HttpFixture } = {
    tokens: new Map(),
    refreshTokens: new Map(),
    stolen: new Set(),
    granted: {},
    asked: [],
    expire: () => server.tokens.clear(),
  };
  const give = (response: ServerResponse, grant: Grant): void => {
    const access = secret('access');
    server.tokens.set(access, grant);
    const refresh = secret('refresh');
    if (options.refreshTokens !== false) server.refreshTokens.set(refresh, grant);
    sendJson(response, {
      access_token: access,
      token_type: 'Bearer',
      expires_in: options.expiresIn ?? 3600,
      scope: grant.scope,
      ...(options.refreshTokens === false ? {} : { refresh_token: refresh }),
    });
  };
  const refuse = (response: ServerResponse, error: string): void =>
    sendJson(response, { error, error_description: `refused: ${error}` }, 400);

  const token = (request: RecordedRequest, response: ServerResponse): void => {
    const params = new URLSearchParams(request.body);
    const type = params.get('grant_type') ?? '';
    server.granted[type] = (server.granted[type] ?? 0) + 1;
    if (type === 'client_credentials') {
      give(response, { family: secret('family'), scope: params.get('scope') ?? '', clientId: 'machine' });
      return;
    }
    if (type === 'authorization_code') {
      const code = params.get('code') ?? '';
      const grant = codes.get(code);
      codes.delete(code);
      const hash = createHash('sha256')
        .update(params.get('code_verifier') ?? '')
        .digest('base64url');
      if (
        grant === undefined ||
        grant.challenge !== hash ||
        grant.redirectUri !== params.get('redirect_uri')
      ) {
        refuse(response, 'invalid_grant');
      } else give(response, grant);
      return;
    }
    const used = params.get('refresh_token') ?? '';
    const grant = server.refreshTokens.get(used);
    if (grant === undefined || server.stolen.has(grant.family)) {
      refuse(response, 'invalid_grant');
      return;
    }
    if (spent.has(used)) {
      server.stolen.add(grant.family);
      refuse(response, 'invalid_grant');
      return;
    }
    spent.add(used);
    give(response, grant);
  };
  const spent = new Set<string>();

  const fixture = await startHttpFixture((request, response, self) => {
    const whole = server as AuthServer;
    if (options.intercept?.(request, response, whole) === true) return;
    const { origin } = self;
    const url = new URL(request.path, origin);
    switch (url.pathname) {
      case '/.well-known/oauth-protected-resource/mcp':
        if (options.resource === false) response.writeHead(404).end();
        else
          sendJson(response, {
            resource: `${origin}/mcp`,
            authorization_servers: [origin],
            ...options.resource,
          });
        return;
      case '/.well-known/oauth-authorization-server':
        sendJson(response, {
          issuer: origin,
          authorization_endpoint: `${origin}/authorize`,
          token_endpoint: `${origin}/token`,
          registration_endpoint: `${origin}/register`,
          revocation_endpoint: `${origin}/revoke`,
          response_types_supported: ['code'],
          code_challenge_methods_supported: ['S256'],
          token_endpoint_auth_methods_supported: ['none', 'client_secret_basic'],
          ...options.metadata,
        });
        return;
      case '/register': {
        const asked = JSON.parse(request.body) as Record<string, unknown>;
        sendJson(response, { ...asked, client_id: `client-${randomBytes(4).toString('hex')}` }, 201);
        return;
      }
      case '/authorize': {
        const code = secret('code');
        const redirectUri = url.searchParams.get('redirect_uri')!;
        server.asked.push(url.searchParams.get('scope'));
        codes.set(code, {
          family: secret('family'),
          scope: url.searchParams.get('scope') ?? '',
          clientId: url.searchParams.get('client_id')!,
          challenge: url.searchParams.get('code_challenge')!,
          redirectUri,
        });
        const target = new URL(redirectUri);
        target.searchParams.set('code', code);
        target.searchParams.set('state', url.searchParams.get('state') ?? '');
        options.answer?.(target.searchParams);
        response.writeHead(302, { location: target.href }).end();
        return;
      }
      case '/token':
        token(request, response);
        return;
      case '/revoke': {
        const gone = new URLSearchParams(request.body).get('token') ?? '';
        server.tokens.delete(gone);
        server.refreshTokens.delete(gone);
        response.writeHead(200).end();
        return;
      }
      case '/mcp':
        serve(request, response, whole, options);
        return;
      default:
        response.writeHead(404).end();
    }
  });
  server.fixture = fixture;
  return Object.assign(server, { fixture, url: fixture.url, origin: fixture.origin });
}

function serve(
  request: RecordedRequest,
  response: ServerResponse,
  { tokens, origin }: AuthServer,
  options: AuthServerOptions,
): void {
  if (request.method !== 'POST') {
    response.writeHead(405).end();
    return;
  }
  const grant = tokens.get(request.headers.authorization?.replace('Bearer ', '') ?? '');
  if (grant === undefined) {
    const usual = `Bearer resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp", scope="basic"`;
    response.writeHead(401, { 'www-authenticate': options.challenge?.(origin) ?? usual });
    // A server that repeats what it got: none of that may show up anywhere.
    response.end(`no good: ${String(request.headers.authorization)}`);
    return;
  }
  const message = JSON.parse(request.body) as { id?: number; method: string; params?: { name?: string } };
  if (message.id === undefined) {
    response.writeHead(202).end();
    return;
  }
  const needed = options.scopes?.[message.params?.name ?? ''];
  if (needed !== undefined && !grant.scope.split(' ').includes(needed)) {
    response
      .writeHead(403, { 'www-authenticate': `Bearer error="insufficient_scope", scope="${needed}"` })
      .end();
    return;
  }
  const results: Readonly<Record<string, unknown>> = {
    initialize: {
      protocolVersion: '2025-11-25',
      capabilities: { tools: {} },
      serverInfo: { name: 'protected', version: '1' },
    },
    'tools/list': { tools: [{ name: 'who', inputSchema: { type: 'object' } }] },
    'tools/call': { content: [{ type: 'text', text: grant.clientId }] },
  };
  const result = results[message.method];
  if (result === undefined)
    sendJson(response, { jsonrpc: '2.0', id: message.id, error: { code: -32601, message: 'no' } });
  else sendJson(response, { jsonrpc: '2.0', id: message.id, result });
}

/** A browser without a person: opens the page and follows to our callback. `seen` keeps the addresses. */
export function headlessBrowser(seen: URL[] = []): AuthorizationHandler {
  return {
    async authorize({ url, redirectUri }) {
      seen.push(url);
      let next = url;
      for (let hop = 0; hop < 8; hop++) {
        const response = await fetch(next, { redirect: 'manual', headers: { connection: 'close' } });
        await response.arrayBuffer();
        const location = response.headers.get('location');
        if (location === null) return;
        next = new URL(location, next);
        if (next.href.startsWith(redirectUri)) {
          await (await fetch(next, { headers: { connection: 'close' } })).text();
          return;
        }
      }
    },
  };
}
