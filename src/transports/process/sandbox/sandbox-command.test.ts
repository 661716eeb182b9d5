import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { resolveSandbox, type SandboxSettings } from '../../../config/sandbox.ts';
import type { SignalboxError } from '../../../core/errors.ts';
import { type SandboxMachine, sandboxCommand } from './sandbox-command.ts';

const tools = mkdtempSync(join(tmpdir(), 'signalbox-test-'));
symlinkSync(process.execPath, join(tools, 'bwrap'));
afterAll(() => rmSync(tools, { recursive: true }));

const COMMAND = { command: process.execPath, args: ['-v'], env: {}, cwd: '/' };
const OPEN: SandboxSettings = { home: 'read-only', tmp: 'shared' };

function made(settings: SandboxSettings, machine: Partial<SandboxMachine> = {}): readonly string[] {
  const sandbox = resolveSandbox({ ...OPEN, ...settings }, false)!;
  const { command, args } = sandboxCommand('files', COMMAND, sandbox, {
    platform: 'linux',
    toolPath: tools,
    ...machine,
  });
  return [command, ...args];
}

function refusal(settings: SandboxSettings, machine?: Partial<SandboxMachine>): SignalboxError {
  try {
    made(settings, machine);
  } catch (error) {
    return error as SignalboxError;
  }
  throw new Error('it was not refused');
}

describe('sandboxCommand', () => {
  it('starts bwrap, and behind -- the program by its full path', () => {
    const argv = made({});
    expect(argv[0]).toBe(join(tools, 'bwrap'));
    expect(argv.slice(argv.indexOf('--'))).toEqual(['--', process.execPath, '-v']);
    expect(argv).toContain('--unshare-all');
    expect(argv).not.toContain('--share-net');
    expect(made({ network: true })).toContain('--share-net');
  });

  it.each<[string, SandboxSettings, Partial<SandboxMachine>, string]>([
    ['bwrap', {}, { toolPath: '/nowhere' }, '"bwrap"; install the package "bubblewrap"'],
    ['prlimit', { limits: { openFiles: 64 } }, {}, '"prlimit"; install the package "util-linux"'],
    ['Linux', {}, { platform: 'darwin' }, 'needs Linux'],
  ])('without %s it starts nothing, and says what is missing', (_what, settings, machine, message) => {
    const error = refusal(settings, machine);
    expect(error).toMatchObject({ code: 'SPAWN_FAILED', retryable: false, server: 'files' });
    expect(error.message).toContain(message);
  });
});
