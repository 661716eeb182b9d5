import { nearestKey } from '../config/checks/nearest-key.ts';
import type { LoadedConfig } from '../config/load.ts';
import { SignalboxError } from '../core/errors.ts';
import { sanitizePeerText } from '../core/peer-text.ts';
import { mayBelongTo, NAME_SEPARATOR } from '../registry/catalog/exposed-names.ts';

/** Names that a message lists. */
const MAX_NAMES = 12;

/**
 * Makes sure that a config has a server of this name.
 * @throws SignalboxError UNKNOWN_SERVER, or what is wrong with its entry
 */
export function requireServer(config: LoadedConfig, name: string): void {
  if (config.servers.has(name)) return;
  const failure = config.failed.get(name);
  if (failure !== undefined) throw failure;
  const wanted = sanitizePeerText(name, 64);
  throw new SignalboxError(
    'UNKNOWN_SERVER',
    `there is no server "${wanted}" in ${config.file}; ${cureFor(name, config)}`,
  );
}

/**
 * The servers that can own an exposed name: those that it begins with. All of them for a name without `__`, as the
 * bare name of a tool.
 * @throws SignalboxError UNKNOWN_NAME if none fits, or what is wrong with the entry of the only one that does
 */
export function ownersOf(config: LoadedConfig, name: string): ReadonlySet<string> {
  const fits = (server: string): boolean =>
    mayBelongTo(server, name) || name.startsWith(`${server}${NAME_SEPARATOR}`);
  const sound = [...config.servers.keys()].filter(fits);
  const [failed] = [...config.failed].filter(([server]) => fits(server));
  if (sound.length === 0 && failed !== undefined) throw failed[1];
  if (sound.length > 0) return new Set(sound);
  if (!name.includes(NAME_SEPARATOR)) return new Set(config.servers.keys());
  const server = name.slice(0, name.indexOf(NAME_SEPARATOR));
  const wanted = sanitizePeerText(name, 128);
  throw new SignalboxError(
    'UNKNOWN_NAME',
    `no server in ${config.file} fits "${wanted}"; ${cureFor(server, config)}`,
  );
}

function cureFor(name: string, config: LoadedConfig): string {
  const known = [...config.servers.keys(), ...config.failed.keys()];
  const meant = nearestKey(name, known);
  return meant === undefined ? namesOf(known) : `did you mean "${sanitizePeerText(meant, 64)}"?`;
}

function namesOf(names: readonly string[]): string {
  if (names.length === 0) return 'it has no servers';
  const shown = names.slice(0, MAX_NAMES).map((name) => sanitizePeerText(name, 64));
  return `its servers are ${shown.join(', ')}${names.length > MAX_NAMES ? ', …' : ''}`;
}
