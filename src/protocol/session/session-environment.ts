import type { Clock } from '../../core/clock.ts';
import type { DeadlineWheel } from '../../core/deadline-wheel.ts';
import type { Logger, WireTap } from '../../core/log.ts';
import type { Random } from '../../core/random.ts';

/** What all sessions of a factory share. */
export interface SessionEnvironment {
  readonly clock: Clock;
  readonly wheel: DeadlineWheel;
  readonly random: Random;
  readonly logger: Logger;
  readonly tap?: WireTap | undefined;
}
