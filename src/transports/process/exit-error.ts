import type { SignalboxErrorCode } from '../../core/error-codes.ts';
import { SignalboxError } from '../../core/errors.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';
import type { ExitStatus } from './managed-process.ts';

const LINES_IN_MESSAGE = 3;
/** Each line is cut by itself: the last one says most and must not fall off the end. */
const LINE_LENGTH = 100;

/** In words: `exited with code 1` or `was killed by SIGKILL`. */
function describeExit({ code, signal }: ExitStatus): string {
  return signal === null ? `exited with code ${String(code)}` : `was killed by ${signal}`;
}

/** The end of a server's stderr, each line made safe to print; `details.stderrTail` of an error. */
export function safeTail(lines: readonly string[]): string {
  return lines.map((line) => sanitizePeerText(line)).join('\n');
}

/**
 * The error that tells of an exit: code or signal, and what the server said last (F-003, F-004).
 *
 * @param hint what may have been the cause. Default: none
 */
export function exitError(
  code: SignalboxErrorCode,
  server: string,
  status: ExitStatus,
  stderr: readonly string[],
  hint: string = '',
): SignalboxError {
  const said = stderr
    .slice(-LINES_IN_MESSAGE)
    .map((line) => sanitizePeerText(line, LINE_LENGTH))
    .join(' | ');
  const message = `the process of the server ${describeExit(status)}; ${
    said === '' ? 'it wrote nothing to stderr' : `its last words on stderr: ${said}`
  }${hint === '' ? '' : `; ${hint}`}`;
  return new SignalboxError(code, message, {
    server,
    delivered: 'unknown',
    details: { exitCode: status.code, signal: status.signal, stderrTail: safeTail(stderr) },
  });
}
