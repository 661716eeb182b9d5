import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { abortError, onAbort, throwIfAborted } from './abort.ts';
import { systemClock } from './clock.ts';
import { ERROR_CODES } from './error-codes.ts';
import { messageOf, RemoteError, SignalboxError } from './errors.ts';
import { guardLogger } from './log.ts';
import { sleep } from './sleep.ts';

describe('SignalboxError', () => {
  it('tells code, server and what happened; the code decides about retrying', () => {
    const cause = new Error('inner');
    const error = new SignalboxError('CONNECTION_LOST', 'it broke', { server: 'files', cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'SignalboxError',
      message: '[CONNECTION_LOST] files: it broke',
      retryable: ERROR_CODES.CONNECTION_LOST.retryable,
      delivered: 'no',
      cause,
      details: {},
    });
    expect(new SignalboxError('INTERNAL', 'x', { retryable: true }).retryable).toBe(true);
    expect('cause' in new SignalboxError('INTERNAL', 'x')).toBe(false);
  });

  it('is recognised across copies of the package, and nothing else is', () => {
    const foreign = { [Symbol.for('signalbox.error')]: true };
    expect(SignalboxError.is(foreign)).toBe(true);
    for (const other of [new Error('x'), null, undefined, 'x', {}])
      expect(SignalboxError.is(other)).toBe(false);
  });

  it('has a plain form without stack and cause', () => {
    const error = new SignalboxError('BAD_FRAME', 'what', {
      server: 's',
      details: { lines: 3 },
      cause: 'secret',
    });
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      code: 'BAD_FRAME',
      message: '[BAD_FRAME] s: what',
      server: 's',
      retryable: true,
      delivered: 'no',
      details: { lines: 3 },
    });
  });
});

describe('RemoteError', () => {
  it('keeps what the peer said, and prints only what is safe', () => {
    const error = new RemoteError({
      code: -32000,
      message: `bad\u001b[2J\n${'x'.repeat(3000)}`,
      server: 's',
    });
    expect(error.remoteMessage).toHaveLength(3008);
    expect(error.message).toMatch(/^s: bad x+… \(-32000\)$/u);
    expect(error.message.length).toBeLessThan(330);
    expect(SignalboxError.is(error)).toBe(false);
    expect(RemoteError.is(error)).toBe(true);
  });

  it('is recognised across copies of the package, and nothing else is', () => {
    expect(RemoteError.is({ [Symbol.for('signalbox.remote-error')]: true })).toBe(true);
    for (const other of [new Error('x'), new SignalboxError('INTERNAL', 'x'), null, undefined, 'x', {}])
      expect(RemoteError.is(other)).toBe(false);
  });

  it('messageOf takes anything', () => {
    expect(messageOf(new SignalboxError('INTERNAL', 'x'))).toBe('[INTERNAL] x');
    expect(messageOf(new Error('a\nb'))).toBe('a b');
    expect([messageOf('text'), messageOf(undefined), messageOf(null)]).toEqual(['text', 'undefined', 'null']);
  });
});

describe('abort and sleep', () => {
  it('F-137 an abort is typed, keeps the reason, and a typed reason as it is', () => {
    const reason = new Error('user left');
    expect(abortError(AbortSignal.abort(reason), 's')).toMatchObject({
      code: 'REQUEST_ABORTED',
      server: 's',
      cause: reason,
    });
    const typed = new SignalboxError('CONNECT_TIMEOUT', 'late');
    expect(abortError(AbortSignal.abort(typed))).toBe(typed);
    expect(() => throwIfAborted(AbortSignal.abort(typed))).toThrow(typed);
    expect(() => throwIfAborted(undefined)).not.toThrow();
  });

  it('F-137 no listener stays behind', async () => {
    const controller = new AbortController();
    let calls = 0;
    onAbort(controller.signal, () => void calls++)();
    controller.abort();
    expect(calls).toBe(0);
    expect(() => onAbort(undefined, () => {})()).not.toThrow();
    const clock = new FakeClock();
    const { signal } = new AbortController();
    const sleeping = sleep(clock, 50, signal);
    await clock.advance(50);
    await sleeping;
    expect(clock.pendingTimers).toBe(0);
  });

  it('F-137 sleep ends as soon as the signal fires, and takes its timer along', async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const sleeping = sleep(clock, 50, controller.signal);
    controller.abort();
    await expect(sleeping).rejects.toMatchObject({ code: 'REQUEST_ABORTED' });
    expect(clock.pendingTimers).toBe(0);
    await expect(sleep(clock, 50, controller.signal)).rejects.toMatchObject({ code: 'REQUEST_ABORTED' });
  });

  it('the clock of the machine takes too long a time for never', () => {
    let fired = false;
    const timer = systemClock.setTimeout(() => {
      fired = true;
    }, 2 ** 31);
    timer.unref();
    timer.cancel();
    expect(fired).toBe(false);
    expect(systemClock.wallNow()).toBeGreaterThan(Date.UTC(2020, 0));
  });

  it('F-138 a logger that throws is contained', () => {
    const boom = (): never => {
      throw new Error('disk full');
    };
    const logger = guardLogger({ debug: boom, info: boom, warn: boom, error: boom });
    expect(() => {
      logger.debug('a');
      logger.info('a');
      logger.warn('a');
      logger.error('a', { b: 1 });
    }).not.toThrow();
  });
});
