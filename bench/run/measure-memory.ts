import type { Contender, Wire } from '../plan/contenders.ts';
import { ContenderProcess } from './contender-process.ts';
import type { EchoServers } from './echo-servers.ts';
import type { IdleCost } from './orders.ts';

/** What an idle client costs where there are `count` of them, after a burst of calls through all. */
export interface MemoryResult {
  readonly wire: Wire;
  readonly count: number;
  readonly samples: ReadonlyMap<string, readonly IdleCost[]>;
}

const BURST_BYTES = 100;

export async function measureMemory(
  wire: Wire,
  count: number,
  contenders: readonly Contender[],
  servers: EchoServers,
  rounds: number,
): Promise<MemoryResult> {
  const taking = contenders.filter((contender) => contender.wires.includes(wire));
  const samples = new Map(taking.map(({ id }) => [id, [] as IdleCost[]]));
  for (let round = 0; round < rounds; round++) {
    for (const contender of taking) {
      const process = new ContenderProcess(contender, wire, servers.target(wire));
      try {
        samples.get(contender.id)!.push(await process.tell({ order: 'idle', count, bytes: BURST_BYTES }));
      } finally {
        await process.end();
      }
    }
  }
  return { wire, count, samples };
}
