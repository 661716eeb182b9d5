/** Whose names these are. */
export type NameOwner =
  | 'McpClient'
  | 'ClientFactory'
  | 'ServerRegistry'
  | 'StateStore'
  | 'ConnectionResult'
  | 'ConnectionMetadata'
  | 'ClientStatsSnapshot'
  | 'transport kinds';

/** One row of what was asked for, under the names that it has here. */
export interface PublicNames {
  readonly asked: string;
  readonly owner: NameOwner;
  readonly names: readonly string[];
  /** Why they are not there yet: then they must not be there. */
  readonly later?: string;
}

/** Where the names of each owner are documented. */
export const DOCUMENTS: Readonly<Record<NameOwner, string>> = {
  McpClient: 'docs/client.md',
  ClientFactory: 'docs/client.md',
  ConnectionResult: 'docs/client.md',
  ConnectionMetadata: 'docs/client.md',
  ClientStatsSnapshot: 'docs/client.md',
  ServerRegistry: 'docs/registry.md',
  StateStore: 'docs/registry.md',
  'transport kinds': 'docs/configuration.md',
};

// The names that the plan of the house has fixed, row by row. The gate beside holds each against the class or type, the
// documentation and the tests.
export const PUBLIC_NAMES: readonly PublicNames[] = [
  {
    asked: 'SSE, stdio and HTTP clients',
    owner: 'transport kinds',
    names: ['stdio', 'http', 'sse'],
  },
  {
    asked: 'HTTP REST with an endpoint map',
    owner: 'transport kinds',
    names: ['rest'],
  },
  {
    asked: 'SSE in the dialect of the drafts: POST connect, GET events, POST rpc',
    owner: 'transport kinds',
    names: ['connect-rpc'],
  },
  {
    asked: 'connect, disconnect, reconnect, is_connected',
    owner: 'McpClient',
    names: ['connect', 'disconnect', 'reconnect', 'isConnected'],
  },
  { asked: 'ConnectionResult', owner: 'ConnectionResult', names: ['success', 'error', 'metadata'] },
  {
    asked: 'initialize and ServerInfo',
    owner: 'McpClient',
    names: ['initialize', 'serverInfo', 'capabilities', 'instructions', 'era', 'protocolVersion'],
  },
  {
    asked: 'initialize and ServerInfo, as metadata',
    owner: 'ConnectionMetadata',
    names: ['serverInfo', 'capabilities', 'instructions', 'era', 'protocolVersion', 'connectMs'],
  },
  {
    asked: 'list_tools, list_resources, call_tool, read_resource',
    owner: 'McpClient',
    names: [
      ...['listTools', 'listResources', 'listResourceTemplates', 'listPrompts'],
      ...['callTool', 'readResource', 'getPrompt', 'complete', 'subscribe'],
    ],
  },
  { asked: 'ping, health_check', owner: 'McpClient', names: ['ping', 'healthCheck'] },
  { asked: 'get_stats, get_metrics', owner: 'McpClient', names: ['stats'] },
  {
    asked: 'what the statistics tell',
    owner: 'ClientStatsSnapshot',
    names: [
      ...['connectedAt', 'lastActivityAt', 'uptimeMs', 'connections', 'requestsSent', 'toolCalls'],
      ...['resourceReads', 'errors', 'latency', 'averageMs', 'p50Ms', 'p90Ms', 'p99Ms'],
    ],
  },
  {
    asked: 'MCPClientFactory',
    owner: 'ClientFactory',
    names: [
      ...['create', 'createAndConnect', 'supportedTransports', 'validateConfig', 'registerTransport'],
      ...['getClient', 'listClients', 'shutdownAll', 'share', 'onCreate', 'testConnection'],
    ],
  },
  {
    asked: 'MCPServerRegistry',
    owner: 'ServerRegistry',
    names: [
      ...['register', 'unregister', 'getServer', 'getAllServers', 'getConnectedServers'],
      ...['markUnavailable', 'updateState', 'connectAll', 'reconnectAll', 'disconnectAll', 'shutdown'],
      ...['on', 'events'],
    ],
  },
  { asked: 'persistence of the registry', owner: 'StateStore', names: ['load', 'save'] },
];
