import type { ProcessGroup } from './process-group.ts';

const live = new Set<ProcessGroup>();

/** F-020: whatever ends this process, short of SIGKILL, no server outlives it. */
function killAll(): void {
  for (const group of live) group.killSync();
}

/** Has the group killed should this process exit. One hook serves all groups. */
export function trackGroup(group: ProcessGroup): void {
  if (live.size === 0) process.on('exit', killAll);
  live.add(group);
}

/** The group is gone or was given up. The hook goes with the last one. */
export function untrackGroup(group: ProcessGroup): void {
  if (live.delete(group) && live.size === 0) process.off('exit', killAll);
}
