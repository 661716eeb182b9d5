import type { Logger } from '../../core/log.ts';
import { commandHash } from './leftovers/note.ts';
import { OwnerNotes } from './leftovers/owner-notes.ts';
import type { ProcessCommand } from './process-command.ts';
import type { ProcessGroup } from './process-group.ts';
import { SignalHooks } from './signal-hooks.ts';
import type { StopOutcome } from './staged-stop.ts';

/** What runs, each with the place where it is noted for our successor. */
const live = new Map<ProcessGroup, OwnerNotes | undefined>();
const hooks = new SignalHooks(killAll);

/** F-020: whatever ends this process, short of SIGKILL, no server outlives it. */
function killAll(): void {
  for (const group of live.keys()) group.killSync();
  OwnerNotes.forgetAll();
}

/** Has the group killed should this process end. One set of hooks serves all groups. */
export function trackGroup(group: ProcessGroup, { command, args }: ProcessCommand, logger: Logger): void {
  if (live.size === 0) {
    process.on('exit', killAll);
    hooks.install();
  }
  const { pid, startedAt } = group.leader;
  // F-021: after SIGKILL, only the next process can end what this one has started.
  const notes = startedAt === undefined ? undefined : OwnerNotes.current(logger);
  live.set(group, notes);
  if (startedAt !== undefined) notes?.add({ pid, startedAt, command: commandHash(command, args) });
}

/** The group is gone or was given up. The hooks go with the last one. */
export function untrackGroup(group: ProcessGroup, outcome: StopOutcome): void {
  if (outcome === 'gone') live.get(group)?.remove(group.leader.pid);
  if (!live.delete(group) || live.size > 0) return;
  process.off('exit', killAll);
  hooks.remove();
}
