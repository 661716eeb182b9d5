export { type MemoryLink, type MemoryPeer, MemoryTransport } from '../transports/memory-transport.ts';
export { CONTRACT_COMMANDS, type ContractCommand, type ContractParams } from './contract/contract-command.ts';
export { type ContractLink, ContractPeer } from './contract/contract-peer.ts';
export type {
  ContractCase,
  ContractMessageParts,
  ContractSubject,
  StartedPeer,
} from './contract/contract-subject.ts';
export { ContractViolation } from './contract/contract-violation.ts';
export { transportContract } from './contract/transport-contract.ts';
export { FakeClock } from './fake-clock.ts';
export { type FaultWire, faultKinds } from './faults/check-rule.ts';
export type {
  DelayMs,
  Fault,
  FaultKind,
  FaultRule,
  FaultRules,
  FaultTarget,
  FaultTerms,
} from './faults/fault.ts';
export type { FaultControl } from './faults/rule-book.ts';
export { type HandlerCall, handlerPeer, type MethodHandler } from './memory/handler-peer.ts';
export { memoryTransportBuilder } from './memory/memory-kind.ts';
export { officialServerPeer, type ServerTransport } from './memory/official-server-peer.ts';
export { seededRandom } from './seeded-random.ts';
export {
  type FaultServer,
  type FaultServerEntry,
  type FaultServerOptions,
  type FaultServerWire,
  startFaultServer,
} from './server/fault-server.ts';
export { type ExecutedCall, Journal, type JournalEntry } from './server/journal.ts';
export type { FaultServerEra } from './server/revisions.ts';
export {
  type FaultServerCommand,
  type FaultServerCommandEntry,
  type FaultServerCommandOptions,
  faultServerCommand,
} from './server/stdio/fault-server-command.ts';
export { type FaultyTransportOptions, faultyTransport } from './transport/faulty-transport.ts';
export { faultyTransportBuilder } from './transport/faulty-transport-builder.ts';
export type {
  FaultDirection,
  TransportFault,
  TransportFaultKind,
  TransportFaultTerms,
} from './transport/transport-fault.ts';
export { TransportFaults } from './transport/transport-faults.ts';
