import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toolShares } from './tool-shares.ts';

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

describe('toolShares', () => {
  it.each([
    [[], 10, []],
    [[3, 7], 10, [3, 7]],
    [[100], 10, [10]],
    [[100, 2, 100], 10, [4, 2, 4]],
    [[10_000, 5, 10_000, 0], 100, [47, 5, 47, 0]],
    [[5, 5, 5], 2, [0, 0, 0]],
  ])('of %j up to %i are %j', (counts, max, shares) => {
    expect(toolShares(counts, max)).toEqual(shares);
  });

  it('never exceed the bound, leave little of it, and cut only the largest', () => {
    const counts = fc.array(fc.nat(50), { maxLength: 12 });
    fc.assert(
      fc.property(counts, fc.nat(200), (given, max) => {
        const shares = toolShares(given, max);
        expect(sum(shares)).toBeLessThanOrEqual(max);
        if (sum(given) > max) expect(sum(shares)).toBeGreaterThan(max - given.length - 1);
        else expect(shares).toEqual(given);
        const largest = Math.max(0, ...shares);
        for (const [index, share] of shares.entries()) {
          if (share < given[index]!) expect(share).toBe(largest);
        }
      }),
    );
  });
});
