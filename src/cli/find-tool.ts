import { nearestKey } from '../config/checks/nearest-key.ts';
import { SignalboxError } from '../core/errors.ts';
import { sanitizePeerText } from '../core/peer-text.ts';
import type { CatalogTool } from '../registry/catalog/catalog.ts';
import { toolBlocked } from '../registry/catalog/drift/definition-change.ts';
import { mayBelongTo, NAME_SEPARATOR } from '../registry/catalog/exposed-names.ts';
import type { FleetResult } from '../registry/fleet/fleet-result.ts';
import type { OpenServers } from './open-servers.ts';

/** Names in a message. */
const MAX_NAMES = 8;

/**
 * The tool that a name of the command line means: an exposed name, or the bare name of a tool that only one server has.
 * @throws SignalboxError why its server is not there, or UNKNOWN_NAME with the nearest name
 */
export async function findTool(
  servers: OpenServers,
  results: ReadonlyMap<string, FleetResult>,
  name: string,
): Promise<CatalogTool> {
  const { registry } = servers;
  const exact = registry.findTool(name);
  if (exact !== undefined) return exact;
  const blocked = registry.blockedTools().find((tool) => tool.name === name);
  if (blocked !== undefined) throw toolBlocked(blocked.server, blocked.blocked);
  const tools = (await registry.listTools()).items;
  const alike = tools.filter(({ tool }) => tool.name === name);
  const [only] = alike;
  if (only !== undefined && alike.length === 1) return only;
  if (alike.length > 1) {
    const names = alike.slice(0, MAX_NAMES).map((tool) => tool.name);
    throw new SignalboxError(
      'UNKNOWN_NAME',
      `several servers have a tool "${shown(name)}"; say which: ${names.join(', ')}`,
    );
  }
  throwIfMissing(servers, results, name);
  const meant = nearestTool(tools, name);
  const cure = meant === undefined ? '' : `; did you mean "${shown(meant)}"?`;
  throw new SignalboxError('UNKNOWN_NAME', `no server offers a tool "${shown(name)}"${cure}`);
}

/** Compares own names within a server, as its prefix would make any two of its tools look alike. */
function nearestTool(tools: readonly CatalogTool[], name: string): string | undefined {
  const candidates = tools.filter(({ server }) => mayBelongTo(server, name));
  const own = name.slice(name.indexOf(NAME_SEPARATOR) + NAME_SEPARATOR.length);
  const isBare = candidates.length === 0;
  const pool = isBare ? tools : candidates;
  const meant = nearestKey(
    isBare ? name : own,
    pool.map(({ tool }) => tool.name),
  );
  return pool.find(({ tool }) => tool.name === meant)?.name;
}

/** A server that is not there may well be the one that has it. */
function throwIfMissing(servers: OpenServers, results: ReadonlyMap<string, FleetResult>, name: string): void {
  const failed = [...results].flatMap(([server, { error }]) =>
    error === undefined ? [] : [{ server, error }],
  );
  const owner = failed.find(({ server }) => mayBelongTo(server, name)) ?? failed[0];
  const out = servers.registry.getAllServers().find((instance) => instance.isOutOfService);
  if (failed.length === 1 && owner !== undefined) throw owner.error;
  if (owner !== undefined) {
    const missing = failed.slice(0, MAX_NAMES).map(({ server }) => shown(server));
    throw new SignalboxError(
      'CONNECT_FAILED',
      `no connected server offers a tool "${shown(name)}", and these are not connected: ${missing.join(', ')}`,
      { cause: owner.error },
    );
  }
  if (out !== undefined && results.size === 0) {
    throw new SignalboxError('SERVER_UNAVAILABLE', `the server is ${out.state}: ${out.reason}`, {
      server: out.name,
    });
  }
}

function shown(name: string): string {
  return sanitizePeerText(name, 128);
}
