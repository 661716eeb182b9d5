import { checkRule, type FaultWire } from './check-rule.ts';
import type { FaultRule, FaultRules, FaultTarget } from './fault.ts';

/** A rule with the number under which its uses are counted. */
export type NumberedRule = FaultRule & { readonly id: number };

/** Sets, changes and clears the faults of a server while it runs. What is set holds for the next request. */
export interface FaultControl {
  /**
   * Puts these rules in place of those for `target`. Of several rules the first that applies happens: one that is
   * used up, or not drawn, leaves the request to the next. `'tools/call:NAME'` comes before `'tools/call'`, and that
   * before `'*'`.
   * @throws SignalboxError INVALID_ARGUMENT for a rule that cannot work
   */
  set(target: FaultTarget, rules: FaultRule | readonly FaultRule[]): void;
  /** Adds rules behind those for `target`. @throws SignalboxError INVALID_ARGUMENT */
  add(target: FaultTarget, rules: FaultRule | readonly FaultRule[]): void;
  /** Takes the rules for `target` away; without one, all. */
  clear(target?: FaultTarget): void;
}

/** The rules as they stand now. Whoever counts their uses does so by their ids, which are never given twice. */
export class RuleBook implements FaultControl {
  readonly #wire: FaultWire;
  readonly #changed: () => void;
  readonly #rules: Map<FaultTarget, readonly NumberedRule[]> = new Map();
  #lastId = 0;

  /** @param changed called after each change */
  constructor(wire: FaultWire, rules: FaultRules = {}, changed: () => void = () => {}) {
    this.#wire = wire;
    this.#changed = () => {};
    for (const [target, own] of Object.entries(rules)) this.set(target, own);
    this.#changed = changed;
  }

  set(target: FaultTarget, rules: FaultRule | readonly FaultRule[]): void {
    this.#rules.set(target, this.#numbered(target, rules));
    this.#changed();
  }

  add(target: FaultTarget, rules: FaultRule | readonly FaultRule[]): void {
    this.#rules.set(target, [...this.of(target), ...this.#numbered(target, rules)]);
    this.#changed();
  }

  clear(target?: FaultTarget): void {
    if (target === undefined) this.#rules.clear();
    else this.#rules.delete(target);
    this.#changed();
  }

  of(target: FaultTarget): readonly NumberedRule[] {
    return this.#rules.get(target) ?? [];
  }

  /** A plain, serialisable copy. */
  snapshot(): Record<FaultTarget, readonly NumberedRule[]> {
    return Object.fromEntries(this.#rules);
  }

  #numbered(target: FaultTarget, rules: FaultRule | readonly FaultRule[]): readonly NumberedRule[] {
    const list = Array.isArray(rules) ? (rules as readonly FaultRule[]) : [rules as FaultRule];
    for (const rule of list) checkRule(target, rule, this.#wire);
    return list.map((rule) => ({ ...rule, id: ++this.#lastId }));
  }
}
