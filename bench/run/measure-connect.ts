import type { Contender, Wire } from '../plan/contenders.ts';
import { ContenderProcess } from './contender-process.ts';
import type { EchoServers } from './echo-servers.ts';

/** Connecting in ms: `cold` is the first time in a process, packages not counted; `warm` with a first call. */
export interface ConnectResult {
  readonly wire: Wire;
  readonly samples: ReadonlyMap<
    string,
    { readonly cold: readonly number[]; readonly warm: readonly number[] }
  >;
}

/** How often each process connects again, in one round. */
const WARM_CONNECTS = 3;

/** Over stdio the server knows only the older revisions: who asks for the era has to find out. */
export async function measureConnect(
  wire: Wire,
  contenders: readonly Contender[],
  servers: EchoServers,
  rounds: number,
): Promise<ConnectResult> {
  const taking = contenders.filter(
    ({ id, wires }) => wires.includes(wire) && !(wire === 'stdio' && id.endsWith('-modern')),
  );
  const samples = new Map(taking.map(({ id }) => [id, { cold: [] as number[], warm: [] as number[] }]));
  const target = servers.target(wire, { knowsModern: false });
  for (let round = 0; round < rounds; round++) {
    for (const contender of taking) {
      const process = new ContenderProcess(contender, wire, target);
      try {
        const { cold, warm } = samples.get(contender.id)!;
        cold.push((await process.tell({ order: 'open' })).connectMs);
        for (let again = 0; again < WARM_CONNECTS; again++)
          warm.push((await process.tell({ order: 'reconnect' })).connectMs);
      } finally {
        await process.end();
      }
    }
  }
  return { wire, samples };
}
