import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { type ResolvedSandbox, resolveSandbox, type SandboxSettings } from '../../../src/config/sandbox.ts';

/** Why no sandbox can be made on this machine; undefined if one can. */
export const NO_BWRAP: string | undefined = fault();

function fault(): string | undefined {
  if (process.platform !== 'linux') return 'a sandbox needs Linux';
  const { error, status, stderr } = spawnSync(
    'bwrap',
    [
      '--ro-bind',
      '/',
      '/',
      '--dev',
      '/dev',
      '--proc',
      '/proc',
      '--unshare-all',
      '--',
      'prlimit',
      '--version',
    ],
    { encoding: 'utf8' },
  );
  if (error !== undefined) return 'bwrap is missing: apt-get install bubblewrap';
  return status === 0 ? undefined : `bwrap cannot work here: ${stderr.trim()}`;
}

/** For titles: says why the tests below it are skipped. */
export function unlessSkipped(title: string): string {
  return NO_BWRAP === undefined ? title : `${title} (SKIPPED: ${NO_BWRAP})`;
}

/** A sandbox in which this Node.js can run, wherever it is installed. */
export function sandbox(settings: SandboxSettings = {}): ResolvedSandbox {
  const readable = [dirname(dirname(process.execPath)), ...(settings.readable ?? [])];
  return resolveSandbox({ ...settings, readable }, false)!;
}
