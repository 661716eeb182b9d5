import type { Random } from '../../core/random.ts';
import type { FaultTarget } from './fault.ts';
import type { NumberedRule } from './rule-book.ts';

/** Where the rules stand. */
export interface RuleSource {
  of(target: FaultTarget): readonly NumberedRule[];
}

/** Decides for each request which rule it meets, and counts. */
export class FaultPlan {
  readonly #rules: () => RuleSource;
  readonly #random: Random;
  readonly #used: Map<number, number> = new Map();

  /** @param rules asked once for each request: they may have changed */
  constructor(rules: () => RuleSource, random: Random) {
    this.#rules = rules;
    this.#random = random;
  }

  /** A use of a rule by an earlier process. */
  recall(ruleId: number): void {
    this.#used.set(ruleId, (this.#used.get(ruleId) ?? 0) + 1);
  }

  /** The rule that a request meets, which counts as a use of it; undefined: it is served as it should be. */
  take(method: string, toolName: string | undefined): NumberedRule | undefined {
    const targets = toolName === undefined ? [method, '*'] : [`${method}:${toolName}`, method, '*'];
    const rules = this.#rules();
    for (const target of targets) {
      for (const rule of rules.of(target)) {
        const { id, times = Number.POSITIVE_INFINITY, probability } = rule;
        if ((this.#used.get(id) ?? 0) >= times) continue;
        if (probability !== undefined && this.#random() >= probability) continue;
        this.recall(id);
        return rule;
      }
    }
    return undefined;
  }
}
