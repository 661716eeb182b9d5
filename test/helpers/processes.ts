import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { hasRunningMember } from '../../src/transports/process/group-members.ts';

/** An empty directory that is removed after the tests of the file. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'signalbox-test-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** True while the process runs; a zombie does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !/^[ZX]/u.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return process.platform !== 'linux';
  }
}

/** True while any process of the group runs. */
export function isGroupRunning(groupId: number): boolean {
  return process.platform === 'win32' ? isRunning(groupId) : hasRunningMember(groupId);
}
