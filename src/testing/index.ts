export { FakeClock } from './fake-clock.ts';
export type { FaultWire } from './faults/check-rule.ts';
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
export { seededRandom } from './seeded-random.ts';
export {
  type FaultServer,
  type FaultServerEntry,
  type FaultServerOptions,
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
