import { type Breach, breachOf, type CheckResult } from '../../runs/check.ts';
import type { FailedCall } from '../load/server-load.ts';

/** What was said on both sides of one server. */
export interface ServerLedger {
  readonly server: string;
  readonly made: number;
  readonly answered: number;
  readonly failed: readonly FailedCall[];
  /** How many calls the server says it has executed. */
  readonly executed: number;
  /** It was reconnected on purpose, which cuts off calls that are in flight. */
  readonly wasReconnected: boolean;
}

/** Holds what callers were told against what the servers say they have done. */
export function checkAnswers(ledgers: readonly ServerLedger[]): CheckResult<'answered'> {
  const breaches: Breach<'answered'>[] = [];
  for (const { server, made, answered, failed, executed, wasReconnected } of ledgers) {
    for (const { key, what, isDefect } of failed)
      if (isDefect || !wasReconnected) breaches.push(breachOf('answered', what, { server, key }));
    if (made === 0) breaches.push(breachOf('answered', 'was never called', { server }));
    const denied = failed.filter(({ isDenied }) => isDenied).length;
    if (executed < answered || executed > made - denied) {
      const said = `${made} calls, ${answered} answered, ${denied} said not to have been executed`;
      breaches.push(breachOf('answered', `${said}; it has executed ${executed}`, { server }));
    }
  }
  const sum = (of: (ledger: ServerLedger) => number): number =>
    ledgers.reduce((total, ledger) => total + of(ledger), 0);
  return {
    check: 'answered',
    figures: `${sum(({ made }) => made)} calls, ${sum(({ answered }) => answered)} answered, ${sum(({ executed }) => executed)} executed`,
    breaches,
  };
}
