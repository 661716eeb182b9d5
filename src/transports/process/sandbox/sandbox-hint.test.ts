import { describe, expect, it } from 'vitest';
import { resolveSandbox } from '../../../config/sandbox.ts';
import { sandboxHint } from './sandbox-hint.ts';

const sandbox = resolveSandbox(true, false);

describe('sandboxHint', () => {
  it.each([
    ['Error: EROFS: read-only file system, open', 'sandbox.writable'],
    ['connect ENETUNREACH 192.0.2.1:443', 'sandbox.network'],
    ['RangeError: Array buffer allocation failed', 'sandbox.limits'],
    ["Error: Cannot find module '/home/me/server.js'", 'sandbox.readable'],
    ['bwrap: setting up uid map: Permission denied', 'could not be set up'],
  ])('%s', (said, hint) => {
    expect(sandboxHint(sandbox, ['starting', said])).toContain(hint);
    expect(sandboxHint(undefined, [said])).toBe('');
  });

  it('is silent about what the sandbox does not do', () => {
    expect(sandboxHint(sandbox, ['invalid API key'])).toBe('');
    expect(sandboxHint(resolveSandbox({ network: true }, false), ['getaddrinfo EAI_AGAIN host'])).toBe('');
  });
});
