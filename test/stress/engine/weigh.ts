import { byKind } from '../fleet/roster.ts';
import type { StressFleet } from '../fleet/stress-fleet.ts';
import type { StressServer } from '../fleet/stress-server.ts';
import { library } from '../library.ts';
import { settledMemory } from './phases.ts';

/** Servers of one kind that are weighed together. */
const BATCH = 40;

/**
 * What one idle client of each kind holds: each kind is connected by itself, and let go. What code keeps for itself was
 * made by a first round, which is not counted.
 */
export async function weighKinds(fleet: StressFleet): Promise<ReadonlyMap<string, number>> {
  const weights = new Map<string, number>();
  for (const isFirstRound of [true, false]) {
    for (const [kind, servers] of byKind([...fleet.light, ...fleet.spare])) {
      const batch = servers.slice(0, BATCH);
      const bytes = await weigh(fleet, batch);
      if (!isFirstRound) weights.set(kind, bytes / batch.length);
    }
  }
  return weights;
}

async function weigh(fleet: StressFleet, servers: readonly StressServer[]): Promise<number> {
  const before = await settledMemory();
  const factory = new library.ClientFactory();
  fleet.serve(factory);
  const registry = new library.ServerRegistry({ factory });
  for (const { seat, entry } of servers) registry.register(seat.name, entry);
  await registry.connectAll();
  const after = await settledMemory();
  await registry.shutdown({ drainMs: 0 });
  return after.heapBytes - before.heapBytes;
}
