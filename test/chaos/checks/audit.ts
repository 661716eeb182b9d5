import { breachOf } from '../../runs/check.ts';
import type { CallEnd, Outcome } from '../load/outcome.ts';
import type { Breach, CheckName, CheckResult } from './check.ts';

/** What was said on both sides: by the client of each call, by each server of what it has executed. */
export interface Statements {
  readonly outcomes: readonly Outcome[];
  /** The keys that each server has executed, in order, with repetitions. */
  readonly journals: ReadonlyMap<string, readonly string[]>;
  /** Calls that never ended. */
  readonly unsettled: readonly { readonly key: string; readonly server: string; readonly sinceMs: number }[];
  /** By how much a call may outlive its time, in ms. */
  readonly slackMs: number;
  /** Servers that had no faults. */
  readonly steady: ReadonlySet<string>;
}

/** Codes that stand for a defect of ours. */
const DEFECTS: ReadonlySet<string> = new Set(['INTERNAL', 'ILLEGAL_TRANSITION', 'INVALID_ARGUMENT']);

/** Holds what the client says against what the servers say. */
export function audit(statements: Statements): readonly CheckResult[] {
  const ledger = new Ledger(statements);
  return [
    ledger.settled(),
    ledger.once(),
    ledger.ran(),
    ledger.truth(),
    ledger.own(),
    ledger.codes(),
    ledger.steady(),
  ];
}

class Ledger {
  readonly #statements: Statements;
  /** How often each key ran, by server. */
  readonly #runs: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly #calls: readonly Outcome[];

  constructor(statements: Statements) {
    this.#statements = statements;
    this.#runs = countRuns(statements.journals);
    this.#calls = statements.outcomes.filter(({ tool }) => tool !== undefined);
  }

  settled(): CheckResult {
    const { outcomes, unsettled, slackMs } = this.#statements;
    const late = outcomes.filter(({ elapsedMs, limitMs }) => elapsedMs > limitMs + slackMs);
    return result(
      'settled',
      `${outcomes.length} ended, latest ${ms(latest(outcomes))} after its time, ${ms(slackMs)} allowed`,
      [
        ...unsettled.map(({ key, server, sinceMs }) =>
          breachOf('settled', `has not ended after ${ms(sinceMs)}`, { key, server }),
        ),
        ...late.map((outcome) =>
          about('settled', outcome, `took ${ms(outcome.elapsedMs)}, its time was ${ms(outcome.limitMs)}`),
        ),
      ],
    );
  }

  once(): CheckResult {
    const safe = new Set(this.#calls.filter(({ isSafe }) => isSafe).map(({ key }) => key));
    const ends = new Map(
      this.#calls.map(({ key, end, sent }) => [key, `${endText(end)}, sent ${sent} times`]),
    );
    const breaches: Breach[] = [];
    let runs = 0;
    let again = 0;
    for (const [server, counts] of this.#runs) {
      for (const [key, count] of counts) {
        runs += count;
        if (count === 1) continue;
        if (safe.has(key)) again++;
        else
          breaches.push(
            breachOf('once', `ran ${count} times; ${ends.get(key) ?? 'not ended'}`, { server, key }),
          );
      }
    }
    return result(
      'once',
      `${runs} runs; ${again} of ${safe.size} calls with retry "safe" ran again`,
      breaches,
    );
  }

  ran(): CheckResult {
    const answered = this.#calls.filter(({ end }) => end.kind === 'answer');
    const lost = answered.filter((outcome) => this.#timesRun(outcome) === 0);
    const known = new Set([
      ...this.#calls.map(({ server, key }) => `${server} ${key}`),
      ...this.#statements.unsettled.map(({ server, key }) => `${server} ${key}`),
    ]);
    const strange = [...this.#runs].flatMap(([server, counts]) =>
      [...counts.keys()].filter((key) => !known.has(`${server} ${key}`)).map((key) => ({ server, key })),
    );
    return result('ran', `${answered.length} answered`, [
      ...lost.map((outcome) => about('ran', outcome, 'was answered, and stands in no journal of its server')),
      ...strange.map((where) => breachOf('ran', 'was executed, and nobody called it there', where)),
    ]);
  }

  truth(): CheckResult {
    const denied = this.#calls.filter(({ end }) => end.kind === 'error' && end.delivered === 'no');
    const lies = denied.filter((outcome) => this.#timesRun(outcome) > 0);
    return result(
      'truth',
      `${denied.length} calls failed with delivered "no"`,
      lies.map((outcome) =>
        about('truth', outcome, `ran ${this.#timesRun(outcome)} times, sent ${outcome.sent} times`),
      ),
    );
  }

  own(): CheckResult {
    const crossed = this.#calls.flatMap((outcome) =>
      outcome.end.kind === 'foreign' ? [about('own', outcome, `got "${outcome.end.text}"`)] : [],
    );
    return result('own', `${this.#calls.length - crossed.length} calls`, crossed);
  }

  codes(): CheckResult {
    const errors = this.#statements.outcomes.filter(
      ({ end }) => end.kind === 'error' || end.kind === 'unknown',
    );
    const bad = errors.filter(
      ({ end }) => end.kind === 'unknown' || (end.kind === 'error' && DEFECTS.has(end.code)),
    );
    return result(
      'codes',
      `${errors.length} errors`,
      bad.map((outcome) => about('codes', outcome, 'is a defect')),
    );
  }

  steady(): CheckResult {
    const calls = this.#statements.outcomes.filter(({ server }) => this.#statements.steady.has(server));
    // Whoever aborts a call gets that for an answer.
    const failed = calls.filter(
      ({ end }) => end.kind !== 'answer' && !(end.kind === 'error' && end.code === 'REQUEST_ABORTED'),
    );
    return result(
      'steady',
      `${calls.length} calls`,
      failed.map((outcome) => about('steady', outcome, 'failed')),
    );
  }

  #timesRun({ server, key }: Outcome): number {
    return this.#runs.get(server)?.get(key) ?? 0;
  }
}

function countRuns(journals: Statements['journals']): Map<string, Map<string, number>> {
  const runs = new Map<string, Map<string, number>>();
  for (const [server, keys] of journals) {
    const counts = new Map<string, number>();
    for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
    runs.set(server, counts);
  }
  return runs;
}

/** How long after its time the latest call ended, in ms. */
function latest(outcomes: readonly Outcome[]): number {
  let worst = 0;
  for (const { elapsedMs, limitMs } of outcomes) worst = Math.max(worst, elapsedMs - limitMs);
  return worst;
}

function result(check: CheckName, figures: string, breaches: readonly Breach[]): CheckResult {
  return { check, figures, breaches };
}

function about(check: CheckName, { server, key, end, atMs }: Outcome, what: string): Breach {
  return breachOf(check, `${what} (made at ${ms(atMs)}: ${endText(end)})`, { server, key });
}

function endText(end: CallEnd): string {
  switch (end.kind) {
    case 'answer':
      return 'answered';
    case 'foreign':
      return 'answered wrongly';
    case 'remote':
      return `JSON-RPC error ${end.code}`;
    case 'error':
      return `delivered "${end.delivered}", ${end.message}`;
    case 'unknown':
      return end.message;
  }
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}
