import { resolveNumbers } from './number-options.ts';

/** How many retries a {@link RetryBudget} affords. */
export interface RetryBudgetOptions {
  /** Tokens of a full budget; retries are allowed while more than half of them are left. Default 10, at most 1 000. */
  readonly maxTokens?: number | undefined;
  /** What a success gives back, to three decimals. Default 0.1: in the long run one retry for ten successes. */
  readonly tokenRatio?: number | undefined;
}

/** Those of gRPC (gRFC A6). Frozen. */
export const RETRY_BUDGET_DEFAULTS: Readonly<Record<keyof RetryBudgetOptions, number>> = Object.freeze({
  maxTokens: 10,
  tokenRatio: 0.1,
});

const RULES = { maxTokens: { above: 0, max: 1000 }, tokenRatio: { min: 0.001, max: 1000 } } as const;

/** Thousandths of a token: whole numbers, so that ten times 0.1 is one. */
const UNITS = 1000;

/**
 * Keeps retries from multiplying the load of a server that is failing already (gRPC A6): a failure costs a token, a
 * success gives a fraction of one back, and retries stop when half of the tokens are gone.
 */
export class RetryBudget {
  readonly #max: number;
  readonly #gain: number;
  #units: number;

  constructor(options: RetryBudgetOptions = {}) {
    const { maxTokens, tokenRatio } = resolveNumbers('RetryBudget', RETRY_BUDGET_DEFAULTS, RULES, options);
    this.#max = Math.round(maxTokens * UNITS);
    this.#gain = Math.round(tokenRatio * UNITS);
    this.#units = this.#max;
  }

  /** Notes an attempt that succeeded, first or repeated. */
  succeeded(): void {
    this.#units = Math.min(this.#max, this.#units + this.#gain);
  }

  /** Notes an attempt that failed in a way that a retry could cure, whether or not it is retried. */
  failed(): void {
    this.#units = Math.max(0, this.#units - UNITS);
  }

  /** Ask after {@link failed}. */
  get canRetry(): boolean {
    return this.#units > this.#max / 2;
  }

  /** Tokens left, 0 to `maxTokens`. */
  get tokens(): number {
    return this.#units / UNITS;
  }

  /** Fills the budget: a new server stands behind the name. */
  reset(): void {
    this.#units = this.#max;
  }
}
