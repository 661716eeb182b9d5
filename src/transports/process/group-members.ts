import { readdirSync } from 'node:fs';
import { processRow } from './tree/process-table.ts';

/**
 * Whether a process group has a member that still runs. Unlike `kill(-id, 0)` it does not count zombies: in a
 * container whose first process reaps late or never, they would make a stopped server look alive for ever.
 */
export function hasRunningMember(groupId: number, platform: NodeJS.Platform = process.platform): boolean {
  try {
    process.kill(-groupId, 0);
  } catch {
    // ESRCH: no member. EPERM: none that we could ever signal (macOS says so of zombies).
    return false;
  }
  if (platform !== 'linux') return true;
  try {
    return readdirSync('/proc').some((entry) => /^\d+$/u.test(entry) && runsInGroup(Number(entry), groupId));
  } catch {
    // No /proc: believe the signal.
    return true;
  }
}

function runsInGroup(pid: number, groupId: number): boolean {
  const row = processRow(pid);
  return row?.runs === true && row.group === groupId;
}
