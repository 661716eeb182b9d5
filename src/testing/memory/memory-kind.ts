import { SignalboxError } from '../../core/errors.ts';
import type { TransportBuilder } from '../../transports/catalog.ts';
import { type MemoryPeer, MemoryTransport } from '../../transports/memory-transport.ts';

/**
 * Makes a kind of transport whose servers are in this process, for `ClientFactory.registerTransport`. An entry chooses
 * its server by `url`.
 *
 * @param servers by what stands in `url`; may change later
 *
 * @example
 * factory.registerTransport('memory', memoryTransportBuilder({ notes: peer }));
 * factory.create('notes', { type: 'memory', url: 'notes' });
 */
export function memoryTransportBuilder(servers: Readonly<Record<string, MemoryPeer>>): TransportBuilder {
  return (name, { url = '' }) => {
    const peer = Object.hasOwn(servers, url) ? servers[url] : undefined;
    if (peer !== undefined) return new MemoryTransport(peer, name);
    const known = Object.keys(servers).join(', ');
    throw new SignalboxError('CONFIG_INVALID', `there is no server "${url}" in memory; known are ${known}`, {
      server: name,
    });
  };
}
