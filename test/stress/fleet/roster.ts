import type { FaultWire } from '../../../src/testing/index.ts';

/** One server of a run. */
export interface Seat {
  readonly name: string;
  readonly wire: FaultWire | 'memory';
  readonly era: 'legacy' | 'modern';
}

const PLACES = [
  { wire: 'memory', era: 'modern' },
  { wire: 'http', era: 'modern' },
  { wire: 'memory', era: 'legacy' },
  { wire: 'http', era: 'legacy' },
  { wire: 'sse', era: 'legacy' },
] as const satisfies readonly Omit<Seat, 'name'>[];

const PROCESSES = [
  { wire: 'stdio', era: 'modern' },
  { wire: 'stdio', era: 'legacy' },
] as const satisfies readonly Omit<Seat, 'name'>[];

/** What servers are compared with each other by: those of other kinds are quicker or slower by nature. */
function kindOf({ wire, era }: Seat): string {
  return `${wire} ${era}`;
}

/** In the order in which the kinds first come. */
export function byKind<Server extends { readonly seat: Seat }>(
  servers: readonly Server[],
): ReadonlyMap<string, readonly Server[]> {
  const kinds = new Map<string, Server[]>();
  for (const server of servers) {
    const kind = kindOf(server.seat);
    kinds.set(kind, [...(kinds.get(kind) ?? []), server]);
  }
  return kinds;
}

/** Servers over all places in turn, and then the processes. */
export function roster({ servers, stdio }: { readonly servers: number; readonly stdio: number }): {
  readonly light: readonly Seat[];
  readonly processes: readonly Seat[];
} {
  const seats = (count: number, places: readonly Omit<Seat, 'name'>[]): Seat[] =>
    Array.from({ length: count }, (_, index) => {
      const place = places[index % places.length]!;
      return { name: `${place.wire}-${place.era}-${String(index + 1).padStart(3, '0')}`, ...place };
    });
  return { light: seats(servers, PLACES), processes: seats(stdio, PROCESSES) };
}
