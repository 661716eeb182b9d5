import { readdirSync, readFileSync } from 'node:fs';

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
    return readdirSync('/proc').some((entry) => /^\d+$/u.test(entry) && runsInGroup(entry, groupId));
  } catch {
    // No /proc: believe the signal.
    return true;
  }
}

function runsInGroup(pid: string, groupId: number): boolean {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return false; // it ended meanwhile
  }
  // `pid (name) state ppid pgrp …`: the name may itself hold spaces and brackets.
  const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ', 3);
  return Number(group) === groupId && state !== 'Z' && state !== 'X';
}
