import type { ContractCommand } from './contract-command.ts';
import type { ContractRun } from './contract-run.ts';
import type { ContractSubject } from './contract-subject.ts';

/** A case before it is bound to a subject. */
export interface CaseSpec {
  readonly title: string;
  /** Commands without which it proves nothing. */
  readonly needs: readonly ContractCommand[];
  /** Whether the subject has what it needs beside commands; says what is missing. Default: nothing is needed. */
  readonly lacks?: (subject: ContractSubject) => string | undefined;
  readonly body: (run: ContractRun) => Promise<void>;
}
