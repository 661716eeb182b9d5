import { type Clock, systemClock } from '../core/clock.ts';
import { type Logger, silentLogger } from '../core/log.ts';
import { type Random, systemRandom } from '../core/random.ts';

/** What a piece of resilience takes from outside. Default: the machine's clock and chance, and silence. */
export interface ResilienceEnvironment {
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  /** Hears of event listeners that throw. */
  readonly logger?: Logger | undefined;
}

/** {@link ResilienceEnvironment} with every default filled in. */
export interface ResolvedEnvironment {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** What is given, if nothing is missing: many pieces share one environment. */
export function resolveEnvironment(given: ResilienceEnvironment): ResolvedEnvironment {
  const { clock, random, logger } = given;
  if (clock !== undefined && random !== undefined && logger !== undefined)
    return given as ResolvedEnvironment;
  return {
    clock: clock ?? systemClock,
    random: random ?? systemRandom,
    logger: logger ?? silentLogger,
  };
}
