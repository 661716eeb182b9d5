import type { WorkMeter } from './work-meter.ts';

/**
 * Which properties or items of one value the keywords beside `unevaluatedProperties` and `unevaluatedItems` have
 * looked at: surely, or perhaps where that depends on a pattern.
 */
export class EvaluatedMarks {
  readonly #meter: WorkMeter;
  readonly #sure = new Set<string | number>();
  readonly #perhaps = new Set<string | number>();
  #allSure = false;
  #allPerhaps = false;

  constructor(meter: WorkMeter) {
    this.#meter = meter;
  }

  add(key: string | number, isSure = true): void {
    this.#meter.spend(1);
    (isSure ? this.#sure : this.#perhaps).add(key);
  }

  addAll(isSure = true): void {
    if (isSure) this.#allSure = true;
    else this.#allPerhaps = true;
  }

  merge(other: EvaluatedMarks, isSure: boolean): void {
    this.#meter.spend(other.#sure.size + other.#perhaps.size);
    for (const key of other.#sure) (isSure ? this.#sure : this.#perhaps).add(key);
    for (const key of other.#perhaps) this.#perhaps.add(key);
    if (other.#allSure) this.addAll(isSure);
    if (other.#allPerhaps) this.addAll(false);
  }

  has(key: string | number): 'surely' | 'perhaps' | 'no' {
    if (this.#allSure || this.#sure.has(key)) return 'surely';
    return this.#allPerhaps || this.#perhaps.has(key) ? 'perhaps' : 'no';
  }
}
