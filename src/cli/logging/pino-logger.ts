import { createRequire } from 'node:module';
import type * as pinoModule from 'pino';
import type { LogFields, Logger } from '../../core/log.ts';
import type { Redactor } from '../../core/redact.ts';
import { safeJsonText } from '../output/terminal-text.ts';
import { isLogged, type LogLevel } from './log-level.ts';

/** The logger of the library, and one level more. */
export interface CliLogger extends Logger {
  trace(message: string, fields?: LogFields): void;
}

/** What {@link createPinoLogger} needs. */
export interface PinoLoggerOptions {
  readonly level: LogLevel;
  readonly redactor: Redactor;
  /** Takes one line, safe for a terminal, without line break. */
  readonly write: (line: string) => void;
  /** Makes a line for people out of a line of JSON. Default: JSON is written. */
  readonly format?: ((json: string) => string) | undefined;
}

/** A logger that writes pino's JSON lines, redacted. pino is loaded with the first line, as most runs log nothing. */
export function createPinoLogger(options: PinoLoggerOptions): CliLogger {
  const { level: threshold, redactor, write, format } = options;
  let pino: pinoModule.Logger | undefined;
  const log =
    (level: Exclude<LogLevel, 'silent'>) =>
    (message: string, fields?: LogFields): void => {
      if (!isLogged(level, threshold)) return;
      pino ??= open(threshold, (json) => {
        const line = safeJsonText(json.trimEnd());
        write(format === undefined ? line : format(line));
      });
      pino[level](fields === undefined ? {} : (redactor.value(fields) as object), redactor.text(message));
    };
  return {
    trace: log('trace'),
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
  };
}

function open(level: LogLevel, write: (json: string) => void): pinoModule.Logger {
  // A logger cannot wait for `import()`: what it is told just before an exit would be lost.
  const { pino } = createRequire(import.meta.url)('pino') as typeof pinoModule;
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      // Errors and bodies have been flattened by the redaction already.
      serializers: {},
    },
    { write },
  );
}
