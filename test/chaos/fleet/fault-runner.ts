import { setTimeout as pause } from 'node:timers/promises';
import type { OperatorDeed } from '../plan/fault-menu.ts';
import type { PlannedDeed } from '../plan/fault-plan.ts';
import type { ChaosServer } from './chaos-server.ts';
import { isForOperator } from './operator.ts';

/** Faults that have begun, by server. */
export type FaultCounts = ReadonlyMap<string, number>;

/** Does what is planned when it is due. The deeds of one server keep their order. */
export async function runFaults(
  plan: readonly PlannedDeed[],
  servers: readonly ChaosServer[],
  operate: (server: string, deed: OperatorDeed) => void,
): Promise<FaultCounts> {
  const byName = new Map(servers.map((server) => [server.seat.name, server]));
  const counts = new Map<string, number>();
  const startedAt = performance.now();
  const done = new Map<string, Promise<void>>();
  for (const { atMs, server: name, deed, begins } of plan) {
    const waitMs = startedAt + atMs - performance.now();
    if (waitMs > 0) await pause(waitMs);
    if (begins !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
    if (isForOperator(deed)) {
      operate(name, deed);
      continue;
    }
    const server = byName.get(name)!;
    const turn = (done.get(name) ?? Promise.resolve()).then(() => server.apply(deed));
    // It is awaited below, perhaps much later.
    turn.catch(() => {});
    done.set(name, turn);
  }
  await Promise.all(done.values());
  return counts;
}
