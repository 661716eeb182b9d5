import type { CaseSpec } from './case-spec.ts';
import { ENDING_CASES } from './cases/ending-cases.ts';
import { LIMIT_CASES } from './cases/limit-cases.ts';
import { MESSAGE_CASES } from './cases/message-cases.ts';
import { OPENING_CASES } from './cases/opening-cases.ts';
import { TRAIT_CASES } from './cases/trait-cases.ts';
import { ContractRun } from './contract-run.ts';
import type { ContractCase, ContractSubject } from './contract-subject.ts';

const CASES: readonly CaseSpec[] = [
  ...OPENING_CASES,
  ...MESSAGE_CASES,
  ...ENDING_CASES,
  ...LIMIT_CASES,
  ...TRAIT_CASES,
];

/**
 * Everything that a transport promises, as cases for any test runner. Each starts a peer of its own, and ends with a
 * look at what is left in this process: sockets, servers, processes, timers, listeners. So no two may run at once.
 *
 * @example
 * for (const { title, skip, run } of transportContract(subject)) test(title, { skip }, run); // node:test
 * @example
 * for (const { title, skip, run } of transportContract(subject)) it.skipIf(skip)(title, run); // Vitest
 */
export function transportContract(subject: ContractSubject): readonly ContractCase[] {
  return CASES.map((spec) => ({
    title: spec.title,
    skip: reasonToSkip(spec, subject),
    run: () => new ContractRun(subject).run(spec.body),
  }));
}

function reasonToSkip({ needs, lacks }: CaseSpec, subject: ContractSubject): string | undefined {
  const missing = needs.filter((command) => subject.lacks?.includes(command) === true);
  if (missing.length > 0) return `the peer cannot: ${missing.join(', ')}`;
  return lacks?.(subject);
}
