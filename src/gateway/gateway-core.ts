import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { ServerRegistry } from '../registry/server-registry.ts';
import type { GatewayLimits } from './gateway-options.ts';
import { ListChanges } from './methods/list-changes.ts';
import { Lookup } from './methods/lookup.ts';
import { Router } from './methods/router.ts';

/** What every front of a gateway works with. */
export interface GatewayCore {
  readonly registry: ServerRegistry;
  readonly router: Router;
  readonly changes: ListChanges;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: GatewayLimits;
}

export function createCore(options: {
  readonly registry: ServerRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: GatewayLimits;
}): GatewayCore {
  const { registry, clock, logger, limits } = options;
  const lookup = new Lookup({ registry, waitMs: limits.connectWaitMs });
  return {
    registry,
    router: new Router(registry, lookup),
    changes: new ListChanges(registry, clock, logger),
    clock,
    logger,
    limits,
  };
}
