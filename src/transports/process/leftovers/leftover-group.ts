import type { Clock } from '../../../core/clock.ts';
import type { StopTimes } from '../../transport-context.ts';
import { hasRunningMember } from '../group-members.ts';
import { StagedStop, type StopOutcome } from '../staged-stop.ts';
import { ProcessTree, running } from '../tree/process-tree.ts';
import type { GroupNote } from './note.ts';

/** A group that another process started and left. Nobody tells us when it ends, so it is looked at. */
export class LeftoverGroup {
  readonly #note: GroupNote;
  readonly #tree: ProcessTree;

  constructor(note: GroupNote) {
    this.#note = note;
    this.#tree = new ProcessTree(note);
  }

  /** True while the leader runs and is the process that was noted: only then the group is what it was. */
  get hasLeader(): boolean {
    const { pid, startedAt } = this.#note;
    // A leader: of a group that is not its own it was never noted, and must not be signalled as one.
    return running(pid, startedAt)?.group === pid;
  }

  get hasMembers(): boolean {
    return hasRunningMember(this.#note.pid);
  }

  /** SIGTERM, then SIGKILL. Expects that {@link hasLeader} was just true. */
  end(stop: StopTimes, clock: Clock): Promise<StopOutcome> {
    const staged = new StagedStop(
      {
        endInput: () => {},
        signal: (signal) => this.#signal(signal),
        // As long as members are left since the look at the leader, the system gives its id to nobody else.
        isGone: () => !this.hasMembers && !this.#tree.hasSurvivors,
      },
      stop,
      clock,
    );
    staged.leaderExited();
    return staged.done;
  }

  #signal(signal: NodeJS.Signals): void {
    this.#tree.note();
    for (const one of signal === 'SIGTERM' ? ([signal, 'SIGCONT'] as const) : [signal]) {
      try {
        process.kill(-this.#note.pid, one);
      } catch {
        // No member is left, or none that is ours to signal.
      }
      this.#tree.signal(one, { exceptGroup: this.#note.pid });
    }
  }
}
