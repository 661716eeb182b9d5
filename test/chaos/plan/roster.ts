import type { FaultWire } from '../../../src/testing/index.ts';

/** One server of a run. */
export interface Seat {
  readonly name: string;
  readonly wire: FaultWire;
  readonly era: 'legacy' | 'modern';
  /** It never gets a fault: what the others suffer must not be felt there. */
  readonly isSteady: boolean;
}

const PLACES = [
  { wire: 'stdio', era: 'modern' },
  { wire: 'http', era: 'modern' },
  { wire: 'sse', era: 'legacy' },
  { wire: 'stdio', era: 'legacy' },
  { wire: 'http', era: 'legacy' },
] as const satisfies readonly Pick<Seat, 'wire' | 'era'>[];

/** Servers over all places in turn; about a quarter of them is steady, at least two. */
export function roster(servers: number): readonly Seat[] {
  const steady = Math.max(2, Math.round(servers / 4));
  return Array.from({ length: servers }, (_, index) => {
    const isSteady = index < steady;
    const place = PLACES[(isSteady ? index : index - steady) % PLACES.length]!;
    const number = String(index + 1).padStart(2, '0');
    return { name: `${isSteady ? 'steady' : 'faulty'}-${number}`, ...place, isSteady };
  });
}
