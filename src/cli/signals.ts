import { writeSync } from 'node:fs';
import { constants } from 'node:os';
import { SignalboxError } from '../core/errors.ts';
import { sanitizePeerText } from '../core/peer-text.ts';
import type { Redactor } from '../core/redact.ts';
import { EXIT } from './exit-codes.ts';
import type { Interruption } from './interruption.ts';

const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Makes signals of the system interrupt the command. Whoever asks a third time gets an end at once; the `exit` hook of
 * the transports then kills every server that is left (F-020).
 */
export function listenForSignals(interruption: Interruption, exit: (code: number) => void): void {
  for (const name of ENDING_SIGNALS) {
    process.on(name, () => {
      if (!interruption.interrupt(name)) exit(128 + (constants.signals[name] ?? 0));
    });
  }
}

/** A reader that went away is no fault; whoever cannot be told anything on stderr is not told. */
export function listenForBrokenPipes(interruption: Interruption): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    interruption.interrupt('EPIPE');
  });
  process.stderr.on('error', () => {
    // Nothing can be said here.
  });
}

/** A defect ends the process with one line, and the `exit` hook of the transports ends its servers (F-020). */
export function listenForDefects(redactor: Redactor, showStack: boolean, exit: (code: number) => void): void {
  // Without a listener of its own, an unhandled rejection arrives here too.
  process.on('uncaughtException', (error: unknown) => {
    tellDefect(error, redactor, showStack);
    exit(EXIT.internal);
  });
}

function tellDefect(error: unknown, redactor: Redactor, showStack: boolean): void {
  const message = error instanceof Error ? error.message : String(error);
  const code = SignalboxError.is(error) ? '' : ' (INTERNAL)';
  let text = `signalbox: defect: ${sanitizePeerText(redactor.text(message), 1000)}${code}\n`;
  if (showStack && error instanceof Error && error.stack !== undefined)
    text += `${redactor.text(error.stack)}\n`;
  try {
    // Synchronous, as the process is about to end.
    writeSync(2, text);
  } catch {
    // stderr is gone too.
  }
}
