import type * as runs from '../../runs/check.ts';

/** The promises, in the order of the report. */
export const CHECKS = {
  settled: 'every call ends, and in its time',
  once: 'no call ran twice unless that was allowed',
  ran: 'every call that was answered ran, at its own server',
  truth: 'what is said not to have been executed was not',
  own: 'every answer is that of its own call',
  codes: 'every error is one of ours or of the server, none is a defect',
  steady: 'no error at servers without faults',
  latency: 'servers without faults stay as fast as they were',
  recovery: 'every server is back after the last fault',
  shutdown: 'everything ends in good order',
  orphans: 'no process is left',
  memory: 'memory stays within bounds',
  quiet: 'no exception or rejection that nobody handles, no leak warning',
  exit: 'the process ends by itself',
} as const;

export type CheckName = keyof typeof CHECKS;

export type Breach = runs.Breach<CheckName>;
export type CheckResult = runs.CheckResult<CheckName>;
