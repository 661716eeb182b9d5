import { SignalboxError } from '../../core/errors.ts';
import { builtInTransports } from '../../transports/built-in.ts';
import type { TransportBuilder } from '../../transports/catalog.ts';
import { faultyTransport } from './faulty-transport.ts';
import type { TransportFaults } from './transport-faults.ts';

/**
 * Makes a transport kind whose connections have faults, for `ClientFactory.registerTransport`. Entries of that kind
 * have the keys of the kind inside. Delays are measured by the clock of the factory.
 *
 * @param inner a built-in kind, or the builder of one of your own
 * @param faults what all its connections share: controls them while they run
 * @throws SignalboxError INVALID_ARGUMENT for an unknown kind
 */
export function faultyTransportBuilder(
  inner: 'stdio' | 'http' | 'sse' | TransportBuilder,
  faults: TransportFaults,
): TransportBuilder {
  const build = typeof inner === 'string' ? builtInTransports.get(inner) : inner;
  if (build === undefined)
    throw new SignalboxError('INVALID_ARGUMENT', `there is no built-in transport kind "${String(inner)}"`);
  return (name, entry, context) =>
    faultyTransport(build(name, entry, context), { faults, clock: context.clock, server: name });
}
