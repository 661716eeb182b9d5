import { describe, expect, it } from 'vitest';
import { ERROR_CODES, type SignalboxErrorCode } from '../../../core/error-codes.ts';
import { RemoteError, SignalboxError } from '../../../core/errors.ts';
import { verdictOf } from './verdict.ts';

const codesWith = (verdict: string): string[] =>
  (Object.keys(ERROR_CODES) as SignalboxErrorCode[])
    .filter((code) => code !== 'HTTP_ERROR' && verdictOf(new SignalboxError(code, 'x')) === verdict)
    .toSorted();

describe('what the end of a request says of its server', () => {
  it('is good for every answer: a result, a JSON-RPC error, a refusal', () => {
    expect(verdictOf(undefined)).toBe('succeeded');
    expect(verdictOf(new RemoteError({ code: -32603, message: 'internal error' }))).toBe('succeeded');
    expect(codesWith('succeeded')).toEqual(
      [
        'AUTH_REQUIRED',
        'BAD_MESSAGE',
        'FORBIDDEN',
        'INVALID_RESULT',
        'RATE_LIMITED',
        'SESSION_LOST',
      ].toSorted(),
    );
  });

  it('is bad for no connection, no answer in time and no usable answer, and for nothing else', () => {
    expect(codesWith('failed')).toEqual(
      [
        'BACKPRESSURE',
        'BAD_FRAME',
        'BAD_RESPONSE',
        'CONNECTION_LOST',
        'CONNECT_FAILED',
        'CONNECT_TIMEOUT',
        'REQUEST_TIMEOUT',
        'TLS_ERROR',
      ].toSorted(),
    );
  });

  it.each([
    [404, 'succeeded'],
    [499, 'succeeded'],
    [500, 'failed'],
    [503, 'failed'],
    [undefined, 'failed'],
  ])('counts HTTP %s as %s', (status, verdict) => {
    expect(verdictOf(new SignalboxError('HTTP_ERROR', 'x', { details: { status } }))).toBe(verdict);
  });

  it('says nothing where our own side ended it, or a foreign error did', () => {
    for (const code of ['REQUEST_ABORTED', 'CONNECTION_CLOSED', 'INVALID_ARGUMENT'] as const) {
      expect(verdictOf(new SignalboxError(code, 'x'))).toBe('abandoned');
    }
    expect(verdictOf(new TypeError('a defect of ours'))).toBe('abandoned');
  });
});
