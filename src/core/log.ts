/** Structured facts of a log line. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where log lines go. `console` fits; the default is silence. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Says nothing. */
export const silentLogger: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/**
 * Sees each protocol message as it crosses the wire: for tracing. Absent, it costs nothing.
 * The text is what the peer sent or will get, unredacted: whoever prints it redacts it.
 */
export interface WireTap {
  sent(server: string, text: string): void;
  received(server: string, text: string): void;
}

/** Keeps a faulty logger from breaking what it watches (F-138). */
export function guardLogger(logger: Logger): Logger {
  const guard =
    (level: keyof Logger) =>
    (message: string, fields?: LogFields): void => {
      try {
        logger[level](message, fields);
      } catch {
        // A logger that throws has nowhere to be reported to.
      }
    };
  return { debug: guard('debug'), info: guard('info'), warn: guard('warn'), error: guard('error') };
}
