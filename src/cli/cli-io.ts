import type { Readable, Writable } from 'node:stream';
import type { Redactor } from '../core/redact.ts';
import type { Interruption } from './interruption.ts';

/** A stream that may end at a terminal. */
export type TerminalStream = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

/** All that the command line touches of the process around it, so that tests can stand in its place. */
export interface CliIo {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the search for a config file begins. */
  readonly cwd: string;
  /** Takes secrets out of all that is printed about servers; a loaded config feeds it. */
  readonly redactor: Redactor;
  readonly interruption: Interruption;
}
