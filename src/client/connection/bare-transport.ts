import { readEnvFile } from '../../config/env-file.ts';
import type { ParsedEntry } from '../../config/parse-entry.ts';
import { resolveSettings } from '../../config/settings.ts';
import type { Transport } from '../../transports/transport.ts';
import { clientCredentials } from '../authorization/client-credentials.ts';
import type { ClientEnvironment } from './connector.ts';

/**
 * The transport of an entry without a client around it. It has its place in the connection pools, and the credentials
 * of the entry; nobody is asked for a login.
 * @throws SignalboxError CONFIG_INVALID
 */
export async function bareTransport(parsed: ParsedEntry, environment: ClientEnvironment): Promise<Transport> {
  const { name, entry } = parsed;
  const { catalog, pools, clock, random, logger } = environment;
  const settings = resolveSettings(entry);
  const ending = new AbortController();
  const connection = { session: undefined, ending: ending.signal, denied: () => {}, authorized: () => {} };
  const credentials = clientCredentials({ parsed, settings, environment, connection });
  const env = entry.envFile === undefined ? undefined : await readEnvFile(entry.envFile, name);
  // There is no negotiation here by which HTTP+SSE could be found out.
  const kind = parsed.kind === 'auto' ? 'http' : parsed.kind;
  const transport = catalog.create(
    kind,
    name,
    env === undefined ? entry : { ...entry, env: { ...env, ...entry.env } },
    {
      server: name,
      clock,
      random,
      logger,
      limits: settings.limits,
      settings,
      pools,
      credentials,
    },
  );
  void transport.closed.then(() => ending.abort());
  return transport;
}
