/**
 * A server that speaks `connect-rpc` over an event stream. Paths go below the `url` of the entry, with or without a slash
 * before them, so they never lead to another origin; each is of at most 1 024 characters.
 */
export interface ConnectRpcSettings {
  readonly type: 'connect-rpc';
  /** Where a connection is opened (POST). Default `connect`. */
  readonly connect?: string | undefined;
  /** Where the event stream is (GET). Default `events`. */
  readonly events?: string | undefined;
  /** Where messages go (POST). Default `rpc`. */
  readonly rpc?: string | undefined;
  /**
   * Where a connection is closed (POST). Default: where the answer to `connect` says; without that the stream is closed
   * and nothing more. `false`: the same whatever the answer says.
   */
  readonly disconnect?: string | false | undefined;
  /** Parameter of the query in which the session goes along, beside its header. Default `false`: only in the header. */
  readonly sessionParam?: string | false | undefined;
}

/** How a server of type `sse` speaks: `standard` is HTTP+SSE of 2024-11-05. */
export type DialectSettings = 'standard' | 'connect-rpc' | ConnectRpcSettings;

/** The words for {@link DialectSettings}. */
export const DIALECTS: readonly string[] = Object.freeze(['standard', 'connect-rpc']);

/** {@link ConnectRpcSettings} with every default filled in. */
export interface ResolvedConnectRpc {
  readonly type: 'connect-rpc';
  readonly connect: string;
  readonly events: string;
  readonly rpc: string;
  /** Undefined: where the answer to `connect` says. */
  readonly disconnect: string | false | undefined;
  readonly sessionParam: string | false;
}

/** What holds for `"dialect": "connect-rpc"`. Frozen. */
export const CONNECT_RPC_DEFAULTS: ResolvedConnectRpc = Object.freeze({
  type: 'connect-rpc',
  connect: 'connect',
  events: 'events',
  rpc: 'rpc',
  disconnect: undefined,
  sessionParam: false,
});

/** Fills in the defaults; undefined: the standard. Expects checked settings. */
export function resolveDialect(own: DialectSettings | undefined): ResolvedConnectRpc | undefined {
  if (own === undefined || own === 'standard') return undefined;
  if (own === 'connect-rpc') return CONNECT_RPC_DEFAULTS;
  const defaults = CONNECT_RPC_DEFAULTS;
  return Object.freeze({
    type: own.type,
    connect: own.connect ?? defaults.connect,
    events: own.events ?? defaults.events,
    rpc: own.rpc ?? defaults.rpc,
    disconnect: own.disconnect,
    sessionParam: own.sessionParam ?? defaults.sessionParam,
  });
}
