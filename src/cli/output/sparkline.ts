const BARS = '▁▂▃▄▅▆▇█';

/** Values as bars, the last at the right, the highest as high as a line is; as wide as `length`. */
export function sparkline(values: readonly number[], length: number): string {
  const shown = values.slice(-length);
  const highest = Math.max(0, ...shown);
  const bars = shown.map((value) => {
    if (highest === 0 || value <= 0) return BARS[0]!;
    return BARS[Math.min(BARS.length - 1, Math.ceil((value / highest) * (BARS.length - 1)))]!;
  });
  return bars.join('').padStart(length);
}
