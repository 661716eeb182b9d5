/** One figure of many servers. */
export interface Spread {
  readonly count: number;
  readonly median: number;
  readonly max: number;
  /** The server with the greatest. */
  readonly worst: string;
}

/** @param values by server */
export function spreadOf(values: ReadonlyMap<string, number>): Spread {
  const sorted = [...values].toSorted(([, one], [, other]) => one - other);
  const [worst, max] = sorted.at(-1) ?? ['', 0];
  const median = sorted[Math.floor((sorted.length - 1) / 2)]?.[1] ?? 0;
  return { count: sorted.length, median, max, worst };
}
