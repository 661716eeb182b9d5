/** A promise that was broken, spelled out. */
export interface Breach {
  readonly check: CheckName;
  readonly server: string | undefined;
  /** The call that it is about. */
  readonly key: string | undefined;
  readonly what: string;
}

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

/** What came out of one check: figures for the table, and what broke. */
export interface CheckResult {
  readonly check: CheckName;
  readonly figures: string;
  readonly breaches: readonly Breach[];
}

/** Makes the breaches of one check. */
export function breachOf(
  check: CheckName,
  what: string,
  { server, key }: { readonly server?: string; readonly key?: string } = {},
): Breach {
  return { check, server, key, what };
}
