import type { FaultKind } from '../faults/fault.ts';

/** One execution of a tool. */
export interface ExecutedCall {
  /** Running number, from 1; it goes on across restarts of a process. */
  readonly n: number;
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** What a fault server notes of itself. */
export type JournalEntry =
  /** A process has started. `at`: when it was made, in ms since the epoch. */
  | { readonly event: 'start'; readonly pid: number; readonly at: number }
  /** A tool begins to run. */
  | ({ readonly event: 'call' } & ExecutedCall)
  /** The run with this number was cancelled by the client. */
  | { readonly event: 'cancelled'; readonly n: number }
  /** A request meets a fault; noted before it happens. `at`: in ms since the epoch. */
  | {
      readonly event: 'fault';
      readonly kind: FaultKind;
      readonly method: string;
      readonly rule: number;
      readonly at: number;
    }
  /** A process ends by itself. */
  | { readonly event: 'end'; readonly pid: number };

/** Where a server notes what it does. */
export interface JournalSink {
  append(entry: JournalEntry): void;
}

/** What was executed, told by the server itself: what a test holds against what its client believes. */
export class Journal {
  readonly #read: () => readonly JournalEntry[];

  constructor(read: () => readonly JournalEntry[]) {
    this.#read = read;
  }

  /** Everything so far, oldest first. */
  entries(): readonly JournalEntry[] {
    return [...this.#read()];
  }

  /** The executions of one tool, or of all. */
  calls(tool?: string): readonly ExecutedCall[] {
    const calls = this.#read().filter((entry) => entry.event === 'call');
    return calls
      .filter((call) => tool === undefined || call.tool === tool)
      .map((call) => ({ n: call.n, tool: call.tool, arguments: call.arguments }));
  }

  /** How often a call with this `key` argument was executed, whatever the tool. */
  timesRun(key: string): number {
    return this.calls().filter((call) => call.arguments['key'] === key).length;
  }

  /** The `key` arguments that were executed more than once, in order of their first execution. */
  repeatedKeys(): readonly string[] {
    const seen = new Map<string, number>();
    for (const { arguments: args } of this.calls()) {
      const key = args['key'];
      if (typeof key === 'string') seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    return [...seen].filter(([, times]) => times > 1).map(([key]) => key);
  }

  /** The faults that have happened, oldest first. */
  faults(): readonly FaultKind[] {
    return this.#read().flatMap((entry) => (entry.event === 'fault' ? [entry.kind] : []));
  }
}
