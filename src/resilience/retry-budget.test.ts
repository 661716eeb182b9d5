import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RetryBudget } from './retry-budget.ts';

describe('RetryBudget', () => {
  it('allows retries while more than half of the tokens are left', () => {
    const budget = new RetryBudget();
    const allowed = Array.from({ length: 7 }, () => {
      budget.failed();
      return budget.canRetry;
    });
    expect(allowed).toEqual([true, true, true, true, false, false, false]);
  });

  it('earns a retry with ten successes', () => {
    const budget = new RetryBudget();
    for (let n = 0; n < 5; n++) budget.failed();
    expect([budget.tokens, budget.canRetry]).toEqual([5, false]);
    budget.succeeded();
    expect([budget.tokens, budget.canRetry]).toEqual([5.1, true]);
    for (let n = 0; n < 9; n++) budget.succeeded();
    expect(budget.tokens).toBe(6);
  });

  it('can be filled', () => {
    const budget = new RetryBudget({ maxTokens: 4 });
    for (let n = 0; n < 100; n++) budget.failed();
    expect(budget.tokens).toBe(0);
    budget.reset();
    expect(budget.tokens).toBe(4);
  });

  it.each([{ maxTokens: 0 }, { maxTokens: 1001 }, { tokenRatio: 0 }, { tokenRatio: Number.NaN }])(
    'refuses %o',
    (options) => {
      expect(() => new RetryBudget(options)).toThrow('INVALID_ARGUMENT');
    },
  );

  it('keeps its tokens within bounds', () => {
    const ratio = fc.double({ min: 0.001, max: 20, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.boolean()),
        fc.integer({ min: 1, max: 20 }),
        ratio,
        (calls, max, tokenRatio) => {
          const budget = new RetryBudget({ maxTokens: max, tokenRatio });
          for (const isGood of calls) {
            if (isGood) budget.succeeded();
            else budget.failed();
            expect(budget.tokens).toBeGreaterThanOrEqual(0);
            expect(budget.tokens).toBeLessThanOrEqual(max);
            expect(budget.canRetry).toBe(budget.tokens > max / 2);
          }
        },
      ),
    );
  });
});
