import { describe, expect, it } from 'vitest';
import { SignalboxError } from '../../core/errors.ts';
import { spawnError } from './spawn-error.ts';

const failed = { server: 's', command: '/opt/tool' };
const errno = (code: string): Error => Object.assign(new Error(`spawn ${code}`), { code });

describe('spawnError', () => {
  it.each([
    ['ENOENT', false, 'check the path'],
    ['EACCES', false, 'permissions'],
    ['EPERM', false, 'permissions'],
    ['ENOTDIR', false, 'not a directory'],
    ['E2BIG', false, 'too long'],
    ['EMFILE', true, 'file descriptors'],
    ['ENFILE', true, 'file descriptors'],
    ['EAGAIN', true, 'try again later'],
    ['ENOMEM', true, 'try again later'],
    ['EIO', false, 'could not be started: spawn EIO'],
  ])('F-024 %s: retryable %s, says "%s"', (code, retryable, advice) => {
    const cause = errno(code);
    const error = spawnError(cause, failed);
    expect(error).toMatchObject({ code: 'SPAWN_FAILED', retryable, delivered: 'no', server: 's', cause });
    expect(error.message).toContain(advice);
    expect(error.details['errno']).toBe(code);
  });

  it('a typed error stays as it is', () => {
    const typed = new SignalboxError('INVALID_ARGUMENT', 'x');
    expect(spawnError(typed, failed)).toBe(typed);
  });

  it('a hostile name of a command is harmless in the message', () => {
    const { message } = spawnError(errno('ENOENT'), { server: 's', command: `\u001b[2J${'x'.repeat(5000)}` });
    expect(message.length).toBeLessThan(500);
    expect(message).not.toContain('\u001b');
  });
});
