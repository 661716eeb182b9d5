import type { ServerEntry } from '../../config/entry.ts';
import type { BuilderContext, TransportBuilder } from '../../transports/catalog.ts';
import type { Transport } from '../../transports/transport.ts';
import type { TransportContext } from '../../transports/transport-context.ts';
import { AdoptedTransport } from './adopted-transport.ts';
import type { OfficialTransport } from './official-transport.ts';

/**
 * A transport of the official packages, or of anybody who wrote one for them, as one of ours. It must not have been
 * started, and nobody else may use it.
 *
 * What it does not tell cannot be known here: whether a message has left is taken for granted once it was handed over,
 * and the limits on frames and bodies are its own.
 *
 * @param kind under which the transport is registered, for reports
 * @param context as a builder is given it
 */
export function fromOfficialTransport(
  official: OfficialTransport,
  kind: string,
  context: TransportContext,
): Transport {
  return new AdoptedTransport(official, kind, context);
}

/**
 * Makes a builder for `ClientFactory.registerTransport` of something that makes official transports.
 *
 * @param create makes a new, unstarted one for each connection; must not connect yet
 *
 * @example
 * factory.registerTransport('tunnel', officialTransportBuilder((name, entry) => new TunnelTransport(entry.url)));
 */
export function officialTransportBuilder(
  create: (name: string, entry: ServerEntry, context: BuilderContext) => OfficialTransport,
): TransportBuilder {
  return (name, entry, context) =>
    fromOfficialTransport(create(name, entry, context), entry.type ?? 'official', context);
}
