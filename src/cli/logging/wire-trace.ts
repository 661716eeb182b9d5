import type { WireTap } from '../../core/log.ts';
import type { Redactor } from '../../core/redact.ts';
import type { CliLogger } from './pino-logger.ts';

/** Longer messages are logged by their beginning, in characters. */
const MAX_TRACED = 64 * 1024;
const MAX_SHOWN = 2048;

/** Logs every protocol message on the level `trace`, redacted, with its direction and server. */
export function createWireTrace(logger: CliLogger, redactor: Redactor): WireTap {
  const trace = (direction: 'sent' | 'received', server: string, text: string): void => {
    logger.trace(direction, { server, length: text.length, message: redacted(text, redactor) });
  };
  return {
    sent: (server, text) => trace('sent', server, text),
    received: (server, text) => trace('received', server, text),
  };
}

/** The message as a value, so that what stands under a telling name goes too; else its beginning as text. */
function redacted(text: string, redactor: Redactor): unknown {
  if (text.length <= MAX_TRACED) {
    try {
      return redactor.value(JSON.parse(text));
    } catch {
      // Not JSON: shown as text.
    }
  }
  return `${redactor.text(text.slice(0, MAX_TRACED)).slice(0, MAX_SHOWN)}…`;
}
