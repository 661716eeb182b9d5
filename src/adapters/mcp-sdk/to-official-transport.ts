import { ClientFactory } from '../../client/client-factory.ts';
import type { ServerEntry } from '../../config/entry.ts';
import { parseEntry } from '../../config/parse-entry.ts';
import { resolveSettings } from '../../config/settings.ts';
import type { Clock } from '../../core/clock.ts';
import type { Transport } from '../../transports/transport.ts';
import { SignalboxTransport } from './signalbox-transport.ts';

/** Options of {@link toOfficialTransport}. */
export interface ToOfficialOptions {
  /** Whose transport kinds, connection pools and credentials are used. Default: a factory of its own. */
  readonly factory?: ClientFactory | undefined;
}

/** Options of {@link toOfficialTransport} for a transport that is there already. */
export interface WrapOptions {
  /** Name of the server, for errors. Default: the kind of the transport. */
  readonly server?: string | undefined;
  /** How long setting up the connection may take, in ms. Default 30 000. */
  readonly openTimeoutMs?: number | undefined;
  /** Default: the clock of the machine. */
  readonly clock?: Clock | undefined;
}

/**
 * A transport of Signalbox for the official client, 2.x and 1.x: its process handling, its bounds, its connection
 * pools and credentials, under the protocol of the official client. Good for one connection. Of the settings of the
 * entry those of the transport count (`limits`, `stop`, `http`, `launch`, `sandbox`, `auth`, `timeouts.connect`);
 * calls, retries and reconnections are the official client's.
 *
 * A request that fails rejects with a SignalboxError, which says whether it can have had an effect.
 *
 * @param name of the server, for errors and logs
 * @param entry as in `.mcp.json`; without `type` a `url` means Streamable HTTP, without a fall back
 * @throws SignalboxError CONFIG_INVALID
 *
 * @example await client.connect(toOfficialTransport('files', { command: 'node', args: ['server.js'] }));
 */
export function toOfficialTransport(
  name: string,
  entry: ServerEntry,
  options?: ToOfficialOptions,
): SignalboxTransport;
/** The same for a transport that is there already and was not opened yet. */
export function toOfficialTransport(transport: Transport, options?: WrapOptions): SignalboxTransport;
export function toOfficialTransport(
  source: string | Transport,
  second: ServerEntry | WrapOptions = {},
  { factory = new ClientFactory() }: ToOfficialOptions = {},
): SignalboxTransport {
  if (typeof source === 'string') {
    const kinds = factory.registeredTransports();
    const { kind, entry } = parseEntry(source, second, { kinds });
    return new SignalboxTransport({
      server: source,
      kind,
      make: () => factory.createTransport(source, entry),
      openTimeoutMs: resolveSettings(entry).timeouts.connect,
    });
  }
  const { server = source.kind, openTimeoutMs, clock } = second as WrapOptions;
  return new SignalboxTransport({
    server,
    kind: source.kind,
    make: () => Promise.resolve(source),
    openTimeoutMs,
    clock,
  });
}
