import { type CliIo } from './cli-io.ts';
import type { LogLevel } from './logging/log-level.ts';
import { type CliLogger, createPinoLogger } from './logging/pino-logger.ts';
import { readableLine } from './logging/readable-line.ts';
import { jsonLine } from './output/json.ts';
import { Terminal } from './output/terminal.ts';

/** The options that every command has. */
export interface GlobalOptions {
  readonly config?: string | undefined;
  /** File of variables for the config. */
  readonly envFile?: string | undefined;
  readonly json?: boolean | undefined;
  readonly logLevel: LogLevel;
  readonly color: boolean;
}

/** What every command works with. */
export interface CommandContext {
  readonly io: CliIo;
  readonly options: GlobalOptions;
  /** Whether results and messages are JSON. */
  readonly json: boolean;
  readonly terminal: Terminal;
  readonly logger: CliLogger;
  /** The file of `--env-file`, and the variables that come from it. */
  readonly envFile?: { readonly file: string; readonly names: ReadonlySet<string> };
}

export function createContext(io: CliIo, options: GlobalOptions): CommandContext {
  const terminal = new Terminal(io, options.color);
  const logger = createPinoLogger({
    level: options.logLevel,
    redactor: io.redactor,
    write: (line) => terminal.note(line),
    format: terminal.isLive ? (json) => readableLine(json, terminal.err) : undefined,
  });
  return { io, options, json: options.json === true, terminal, logger };
}

/** Tells on stderr what happens: a sentence for people, or the facts as a line of JSON. Both must be safe. */
export function tell(
  context: CommandContext,
  sentence: string,
  facts: Readonly<Record<string, unknown>>,
): void {
  context.terminal.note(context.json ? jsonLine(facts) : sentence);
}
