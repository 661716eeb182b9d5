/**
 * How many of its tools each server may bring, so that all together bring at most `max`: those with few bring all of
 * them, the rest share what is left alike. One server with ten thousand tools crowds nobody out (F-123).
 *
 * @param counts tools of each server
 */
export function toolShares(counts: readonly number[], max: number): number[] {
  let left = max;
  let cap = Number.POSITIVE_INFINITY;
  const ascending = counts.toSorted((one, other) => one - other);
  for (const [index, count] of ascending.entries()) {
    const share = Math.floor(left / (ascending.length - index));
    if (count > share) {
      cap = share;
      break;
    }
    left -= count;
  }
  return counts.map((count) => Math.min(count, cap));
}
