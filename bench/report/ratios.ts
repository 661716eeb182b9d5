import { cellLabel } from '../plan/cells.ts';
import type { CellFigures, Results } from './results.ts';

/** Who everybody is compared with, beside the floor. */
const OFFICIAL = 'v2-legacy';

/** One contender against floor and official client: more calls and less CPU are better. */
export interface Ratios {
  readonly callsToFloor: number | undefined;
  readonly cpuToFloor: number | undefined;
  readonly callsToOfficial: number | undefined;
  readonly cpuToOfficial: number | undefined;
}

export function ratiosOf({ contenders }: CellFigures, contender: string): Ratios | undefined {
  const own = contenders.find((figures) => figures.contender === contender);
  if (own === undefined) return undefined;
  const floor = contenders.find((figures) => figures.contender === 'floor');
  const official = contenders.find((figures) => figures.contender === OFFICIAL);
  const calls = (other = floor): number | undefined =>
    other === undefined ? undefined : own.callsPerSecond.median / other.callsPerSecond.median;
  const cpu = (other = floor): number | undefined =>
    other === undefined ? undefined : own.cpuUs.median / other.cpuUs.median;
  return {
    callsToFloor: calls(),
    cpuToFloor: cpu(),
    callsToOfficial: official === undefined ? undefined : calls(official),
    cpuToOfficial: official === undefined ? undefined : cpu(official),
  };
}

/** One line for machines: by cell, the ratios of all that is ours. */
export function ratiosLine(results: Results): string {
  const cells = results.calls.map((figures) => {
    const ours = figures.contenders.filter(({ contender }) => /^(?:signalbox|registry)/u.test(contender));
    const ratios = ours.map(({ contender }) => [contender, rounded(ratiosOf(figures, contender)!)] as const);
    return [cellLabel(figures.cell), Object.fromEntries(ratios)] as const;
  });
  const { node, cores } = results.machine;
  return JSON.stringify({ node, cores, rounds: results.rounds, ratios: Object.fromEntries(cells) });
}

function rounded(ratios: Ratios): Ratios {
  const round = (value: number | undefined): number | undefined =>
    value === undefined ? undefined : Number(value.toPrecision(3));
  return {
    callsToFloor: round(ratios.callsToFloor),
    cpuToFloor: round(ratios.cpuToFloor),
    callsToOfficial: round(ratios.callsToOfficial),
    cpuToOfficial: round(ratios.cpuToOfficial),
  };
}
