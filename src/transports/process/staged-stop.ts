import type { Clock, Timer } from '../../core/clock.ts';
import { deferred } from '../../core/deferred.ts';
import type { StopTimes } from '../transport-context.ts';
import type { StopSignal } from './process-group.ts';

/** What is stopped: a process and its group. */
export interface StopTarget {
  endInput(): void;
  signal(signal: StopSignal): void;
  /** True once the process and all members of its group are gone. */
  isGone(): boolean;
}

/** `given-up`: something survived SIGKILL for `killMs`, which only the kernel can cause. */
export type StopOutcome = 'gone' | 'given-up';

const STAGES = ['running', 'input-ended', 'terminating', 'killing', 'done'] as const;
type Stage = (typeof STAGES)[number];

const FIRST_POLL_MS = 5;
const MAX_POLL_MS = 100;

/**
 * The stop of a process group, in stages: end of stdin → `eofMs` → SIGTERM → `termMs` → SIGKILL → `killMs` → given up
 * (F-010). With an `eofMs` of 0 SIGTERM comes with the end of stdin. When the leader exits, whatever is left of its group has nobody to tell it to end: it gets SIGTERM at
 * once, then the rest of the schedule (F-009).
 */
export class StagedStop {
  readonly #target: StopTarget;
  readonly #times: StopTimes;
  readonly #clock: Clock;
  readonly #done = deferred<StopOutcome>();
  #stage: Stage = 'running';
  #stageTimer: Timer | undefined;
  #pollTimer: Timer | undefined;
  #pollMs = FIRST_POLL_MS;

  constructor(target: StopTarget, times: StopTimes, clock: Clock) {
    this.#target = target;
    this.#times = times;
    this.#clock = clock;
  }

  /** Resolves when the group is gone or was given up, whoever began the stop. */
  get done(): Promise<StopOutcome> {
    return this.#done.promise;
  }

  /** Begins the stop; each further call goes on to the next stage at once (F-011). */
  stop(): Promise<StopOutcome> {
    this.#advance();
    return this.done;
  }

  /** Goes to SIGKILL at once. */
  kill(): Promise<StopOutcome> {
    if (this.#stage !== 'killing' && this.#stage !== 'done') this.#enter('killing');
    return this.done;
  }

  /** To be called once when the leader of the group has exited, asked or not. */
  leaderExited(): void {
    if (this.#finishIfGone()) return;
    if (this.#stage === 'running' || this.#stage === 'input-ended') this.#enter('terminating');
    this.#poll();
  }

  #advance(): void {
    switch (this.#stage) {
      case 'running':
        this.#enter('input-ended');
        break;
      case 'input-ended':
        this.#enter('terminating');
        break;
      case 'terminating':
        this.#enter('killing');
        break;
      case 'killing':
      case 'done':
        break;
    }
  }

  #enter(stage: 'input-ended' | 'terminating' | 'killing'): void {
    this.#stage = stage;
    this.#stageTimer?.cancel();
    if (this.#finishIfGone()) return;
    if (stage === 'input-ended') {
      this.#target.endInput();
      // No stage of its own, which a second stop could take for the step that it hurries on to.
      if (this.#times.eofMs === 0) return this.#enter('terminating');
      this.#stageTimer = this.#clock.setTimeout(() => this.#enter('terminating'), this.#times.eofMs);
    } else if (stage === 'terminating') {
      this.#target.signal('SIGTERM');
      this.#stageTimer = this.#clock.setTimeout(() => this.#enter('killing'), this.#times.termMs);
    } else {
      this.#target.signal('SIGKILL');
      this.#stageTimer = this.#clock.setTimeout(() => this.#finish('given-up'), this.#times.killMs);
    }
  }

  /** Grandchildren are not ours to wait for: the kernel tells us nothing, so we look, less and less often. */
  #poll(): void {
    this.#pollTimer = this.#clock.setTimeout(() => {
      if (!this.#finishIfGone()) this.#poll();
    }, this.#pollMs);
    this.#pollMs = Math.min(this.#pollMs * 2, MAX_POLL_MS);
  }

  #finishIfGone(): boolean {
    if (this.#stage !== 'done' && this.#target.isGone()) this.#finish('gone');
    return this.#stage === 'done';
  }

  #finish(outcome: StopOutcome): void {
    this.#stage = 'done';
    this.#stageTimer?.cancel();
    this.#pollTimer?.cancel();
    this.#done.resolve(outcome);
  }
}
