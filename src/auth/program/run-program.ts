import { spawn } from 'node:child_process';
import type { Clock } from '../../core/clock.ts';
import { SignalboxError } from '../../core/errors.ts';

/** A program that prints a secret, or does something for us without a word. */
export interface ProgramRun {
  /** Program and arguments; no shell is in between. */
  readonly command: readonly string[];
  /** How long it may run, in ms. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** What it is for, in a message: `the command of "x-signalbox.auth"`. */
  readonly purpose: string;
  readonly server: string;
}

/** More than this is no secret, in bytes. */
const MAX_OUTPUT = 64 * 1024;

/**
 * Runs a program and resolves with what it printed on stdout. Neither its output nor its arguments appear in an error: both
 * may be secret.
 * @throws SignalboxError CONFIG_INVALID
 */
export function runProgram(run: ProgramRun): Promise<string> {
  const { command, timeoutMs, clock, purpose, server } = run;
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      shell: false,
      windowsHide: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    let fault: string | undefined;
    const stop = (why: string): void => {
      fault ??= why;
      child.kill('SIGKILL');
      // What it started itself may hold the pipe open for longer than it lives.
      child.stdout.destroy();
    };
    const timer = clock.setTimeout(() => stop(`did not end within ${timeoutMs} ms`), timeoutMs);
    const fail = (why: string, cause?: unknown): void => {
      timer.cancel();
      reject(new SignalboxError('CONFIG_INVALID', `${purpose} ${why}`, { server, cause }));
    };
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_OUTPUT) stop(`printed more than ${MAX_OUTPUT} bytes`);
      else chunks.push(chunk);
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      fail(`could not be started (${error.code ?? 'unknown'}); is the program installed?`, error);
    });
    child.on('close', (code, signal) => {
      timer.cancel();
      if (fault !== undefined) fail(fault);
      else if (code !== 0) fail(`ended with ${code === null ? String(signal) : `code ${code}`}`);
      else resolve(Buffer.concat(chunks).toString('utf8'));
    });
  });
}
