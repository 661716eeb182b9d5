import type { ServerResponse } from 'node:http';
import type { ConnectRpcTransport } from '../../src/transports/sse/connect-rpc/connect-rpc-transport.ts';
import { type ClientOptions, rpcClient, type TestClient } from './http-client.ts';
import {
  type HttpFixture,
  openStream,
  type RecordedRequest,
  type RouteHandler,
  sendJson,
  sseEvent,
  startHttpFixture,
} from './http-fixture.ts';

/** What a server of the dialect does where it does not do what is usual. */
export interface RpcRoutes {
  readonly connect?: RouteHandler;
  readonly events?: RouteHandler;
  readonly rpc?: RouteHandler;
  readonly disconnect?: RouteHandler;
}

/** A server of the dialect whose every step is in the hands of the test. */
export interface RpcServer {
  readonly http: HttpFixture;
  /** Streams that were opened, in order. */
  readonly streams: ServerResponse[];
  /** Writes an event to the newest stream. */
  say(fields: Parameters<typeof sseEvent>[0]): void;
  /** Requests to one of its places. */
  to(place: string): RecordedRequest[];
}

/** By default: a session `s1`, `s2`, … for each connection, streams that stay open, messages that are taken. */
export async function startRpcServer(routes: RpcRoutes = {}): Promise<RpcServer> {
  const streams: ServerResponse[] = [];
  let sessions = 0;
  const usual: Readonly<Record<string, RouteHandler>> = {
    connect: (_request, response) => sendJson(response, { session_id: `s${++sessions}` }),
    events: (_request, response) => openStream(response),
    rpc: (_request, response) => void response.writeHead(200).end(),
    disconnect: (_request, response) => void response.writeHead(204).end(),
  };
  const http = await startHttpFixture((request, response, fixture) => {
    const place = placeOf(request);
    if (place === 'events') streams.push(response);
    const handler = routes[place as keyof RpcRoutes] ?? usual[place];
    if (handler === undefined) response.writeHead(404).end();
    else return handler(request, response, fixture);
    return undefined;
  });
  return {
    http,
    streams,
    say: (fields) => void streams.at(-1)!.write(sseEvent(fields)),
    to: (place) => http.requests.filter((request) => placeOf(request) === place),
  };
}

function placeOf({ path }: RecordedRequest): string {
  return new URL(path, 'http://h').pathname.split('/').at(-1)!;
}

export type RpcClient = TestClient<ConnectRpcTransport> & { readonly server: RpcServer };

/** An open connection to such a server. */
export async function openRpc(
  routes: RpcRoutes = {},
  options: ClientOptions & Parameters<typeof rpcClient>[1] = {},
): Promise<RpcClient> {
  const server = await startRpcServer(routes);
  const client = rpcClient(server.http.url, options);
  await client.transport.open(client.receiver, new AbortController().signal);
  return { ...client, server };
}
