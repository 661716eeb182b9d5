import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT, exitCodeOf, exitCodeOfInterruption, hasExitCode } from '../../src/cli/exit-codes.ts';
import { Interruption } from '../../src/cli/interruption.ts';
import { ERROR_CODES } from '../../src/core/error-codes.ts';
import { RemoteError, SignalboxError } from '../../src/core/errors.ts';

describe('exit codes', () => {
  it('every error code has one', () => {
    expect(Object.keys(ERROR_CODES).filter((code) => !hasExitCode(code))).toEqual([]);
  });

  it('say what kind of trouble it was', () => {
    const of = (code: keyof typeof ERROR_CODES): number => exitCodeOf(new SignalboxError(code, 'x'));
    expect(of('CONFIG_INVALID')).toBe(1);
    expect(of('UNKNOWN_NAME')).toBe(2);
    expect(of('AUTH_REQUIRED')).toBe(3);
    expect(of('CONNECT_FAILED')).toBe(4);
    expect(of('INVALID_RESULT')).toBe(5);
    expect(of('RATE_LIMITED')).toBe(6);
    expect(of('INTERNAL')).toBe(70);
    expect(of('REQUEST_ABORTED')).toBe(130);
    expect(exitCodeOf(new RemoteError({ code: -32_602, message: 'no' }))).toBe(5);
    expect(exitCodeOf(new TypeError('defect'))).toBe(70);
    expect(exitCodeOf('thrown text')).toBe(70);
  });

  it('say before all else that a request may have been executed', () => {
    for (const code of ['CONNECTION_LOST', 'REQUEST_TIMEOUT', 'HTTP_ERROR'] as const) {
      expect(exitCodeOf(new SignalboxError(code, 'x', { delivered: 'unknown' }))).toBe(EXIT.outcomeUnknown);
      expect(exitCodeOf(new SignalboxError(code, 'x', { delivered: 'no' }))).not.toBe(EXIT.outcomeUnknown);
    }
    expect(exitCodeOf(new SignalboxError('REQUEST_ABORTED', 'x', { delivered: 'unknown' }))).toBe(130);
  });

  it('of signals are 128 and their number; a reader that went away is no fault', () => {
    expect((['SIGINT', 'SIGTERM', 'SIGHUP', 'EPIPE'] as const).map(exitCodeOfInterruption)).toEqual([
      130, 143, 129, 0,
    ]);
  });

  it('stand in the documentation, each once', () => {
    const text = readFileSync(join(import.meta.dirname, '../../docs/cli.md'), 'utf8');
    const documented = [...text.matchAll(/^\| `(\d+)` \|/gmu)].map(([, code]) => Number(code));
    const expected = [...new Set([...Object.values(EXIT), 129, 143])].toSorted((a, b) => a - b);
    expect(documented.toSorted((a, b) => a - b)).toEqual(expected);
  });
});

describe('interruptions', () => {
  it('the first asks for an end in good order, the second for one at once, a third finds nothing left', () => {
    const interruption = new Interruption();
    expect(interruption.cause).toBeUndefined();
    expect(interruption.interrupt('SIGINT')).toBe(true);
    expect([interruption.signal.aborted, interruption.hurry.aborted]).toEqual([true, false]);
    expect(interruption.interrupt('SIGTERM')).toBe(true);
    expect([interruption.cause, interruption.hurry.aborted]).toEqual(['SIGINT', true]);
    expect(interruption.interrupt('SIGINT')).toBe(false);
  });
});
