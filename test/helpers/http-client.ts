import { afterEach, expect } from 'vitest';
import type { CredentialSource } from '../../src/auth/credential-source.ts';
import { CONNECT_RPC_DEFAULTS, type ResolvedConnectRpc } from '../../src/config/dialect-settings.ts';
import type { ResolvedHttp } from '../../src/config/http-settings.ts';
import { resolveRest } from '../../src/config/rest-settings.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { HttpTransport } from '../../src/transports/http/http-transport.ts';
import { PoolCache } from '../../src/transports/http/pool-cache.ts';
import { RestTransport } from '../../src/transports/rest/rest-transport.ts';
import { ConnectRpcTransport } from '../../src/transports/sse/connect-rpc/connect-rpc-transport.ts';
import { SseTransport } from '../../src/transports/sse/sse-transport.ts';
import type { Transport } from '../../src/transports/transport.ts';
import { checkHttpFixtures } from './http-fixture.ts';
import { checkRawHttp } from './raw-http.ts';
import { type ProbeOptions, ProbeOutgoing, ProbeReceiver, probeContext } from './transport-probe.ts';

/** How a transport of a test is made. */
export interface ClientOptions extends NonNullable<Parameters<typeof probeContext>[0]> {
  readonly headers?: Readonly<Record<string, string>>;
  readonly http?: Partial<ResolvedHttp>;
  readonly pools?: PoolCache;
  readonly credentials?: CredentialSource;
}

/** A transport with the things around it. */
export interface TestClient<T extends Transport> {
  readonly transport: T;
  readonly receiver: ProbeReceiver;
  readonly pools: PoolCache;
  /** Sends a message. */
  readonly send: (options?: ProbeOptions) => ProbeOutgoing;
}

interface Open {
  readonly transport: Transport;
  readonly pools: PoolCache;
  readonly clock: unknown;
}

const open: Open[] = [];

/**
 * Destroys the transports of a test, and checks that no pool, no timer and no socket is left. Call once in a test
 * file; it brings the checks of the servers with it.
 */
export function checkHttpClients(): void {
  checkHttpFixtures();
  checkRawHttp();
  afterEach(async () => {
    const all = open.splice(0);
    for (const { transport } of all) {
      transport.destroy();
      expect((await transport.closed).kind).toMatch(/^(?:local|lost)$/u);
    }
    for (const { pools, clock } of all) {
      expect(pools.size).toBe(0);
      if (clock instanceof FakeClock) expect(clock.pendingTimers).toBe(0);
    }
  });
}

function client<T extends Transport>(transport: T, pools: PoolCache, clock: unknown): TestClient<T> {
  open.push({ transport, pools, clock });
  return {
    transport,
    receiver: new ProbeReceiver(),
    pools,
    send: (options) => {
      const outgoing = new ProbeOutgoing(options);
      transport.send(outgoing);
      return outgoing;
    },
  };
}

/** An open Streamable HTTP transport. */
export async function httpClient(
  url: string,
  options: ClientOptions = {},
): Promise<TestClient<HttpTransport>> {
  const { headers, http, credentials, pools = new PoolCache() } = options;
  const context = probeContext(options);
  const made = client(
    new HttpTransport({ url, headers, http, credentials }, context, pools),
    pools,
    context.clock,
  );
  await made.transport.open(made.receiver, new AbortController().signal);
  return made;
}

/** The one operation of {@link restClient}, at the url itself; an answer without envelope is its result. */
const ONE_ROUTE = resolveRest({
  operations: { health: false, 'tools/call': { path: '', result: '' } },
  errors: { present: false },
});

/** An open REST transport whose every request is a POST of its url, like those of {@link httpClient}. */
export async function restClient(
  url: string,
  options: ClientOptions = {},
): Promise<TestClient<RestTransport>> {
  const { headers, http, credentials, pools = new PoolCache() } = options;
  const context = probeContext(options);
  const transport = new RestTransport({ url, headers, http, credentials, rest: ONE_ROUTE }, context, pools);
  const made = client(transport, pools, context.clock);
  await transport.open(made.receiver, new AbortController().signal);
  return made;
}

/** The kinds that make one exchange of each request: whatever goes wrong with it is the same for both. */
export const EXCHANGES = [
  ['http', httpClient],
  ['rest', restClient],
] as const;

/** An HTTP+SSE transport that is not open yet. */
export function sseClient(url: string, options: ClientOptions = {}): TestClient<SseTransport> {
  const { headers, http, credentials, pools = new PoolCache() } = options;
  const context = probeContext(options);
  return client(new SseTransport({ url, headers, http, credentials }, context, pools), pools, context.clock);
}

/** A transport of the dialect connect-rpc that is not open yet. */
export function rpcClient(
  url: string,
  options: ClientOptions & { readonly dialect?: Partial<ResolvedConnectRpc> } = {},
): TestClient<ConnectRpcTransport> {
  const { headers, http, credentials, pools = new PoolCache() } = options;
  const context = probeContext(options);
  const dialect = { ...CONNECT_RPC_DEFAULTS, ...options.dialect };
  const own = { url, headers, http, credentials, dialect, client: { name: 'probe', version: '1.2.3' } };
  return client(new ConnectRpcTransport(own, context, pools), pools, context.clock);
}

/** A result for the request in `body`. */
export function resultFor(
  body: string,
  result: unknown = {},
): { jsonrpc: '2.0'; id: number; result: unknown } {
  return { jsonrpc: '2.0', id: (JSON.parse(body) as { id: number }).id, result };
}
