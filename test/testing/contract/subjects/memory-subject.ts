import { ContractPeer, type ContractSubject, faultyTransport } from '../../../../src/testing/index.ts';
import { type MemoryPeer, MemoryTransport } from '../../../../src/transports/memory-transport.ts';

/** The peer of the contract in this process. */
export function memoryContractPeer(): MemoryPeer {
  const peer = new ContractPeer();
  return (link) => ({
    receive: (text) =>
      peer.receive(text, {
        send: (message) => link.send(message),
        die: () => link.close(),
        end: () => link.close(),
      }),
  });
}

/** Messages do not become bytes: nothing is framed, bounded or queued. */
export const MEMORY_LACKS = ['noise', 'huge', 'stall'] as const;

export const memorySubject: ContractSubject = {
  lacks: MEMORY_LACKS,
  start: () => {
    const peer = memoryContractPeer();
    return { transport: ({ server }) => new MemoryTransport(peer, server), stop: () => {} };
  },
};

/** The transport that puts faults around another one, without any. */
export const faultySubject: ContractSubject = {
  lacks: MEMORY_LACKS,
  start: () => {
    const peer = memoryContractPeer();
    return {
      transport: ({ server, clock }) => faultyTransport(new MemoryTransport(peer, server), { clock, server }),
      stop: () => {},
    };
  },
};
