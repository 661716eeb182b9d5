import { type EraVerdict, readEraVerdict } from '../protocol/negotiation/era-cache.ts';
import type { Connector } from './connection/connector.ts';
import type { ClientStats } from './stats/client-stats.ts';
import { type ClientTotals, readTotals } from './stats/client-totals.ts';

/** What a client knows that is worth keeping. Plain and serialisable. */
export interface Remembered {
  /** Which era its server spoke, and until when that is believed. */
  readonly era: EraVerdict | undefined;
  readonly totals: ClientTotals;
}

/** What one client keeps from one run of the program to the next. */
export class ClientMemory {
  readonly #connector: Connector;
  readonly #stats: ClientStats;

  /** @internal */
  constructor(connector: Connector, stats: ClientStats) {
    this.#connector = connector;
    this.#stats = stats;
  }

  save(): Remembered {
    return { era: this.#connector.verdict, totals: this.#stats.totals() };
  }

  /**
   * Takes what {@link save} gave, once: the totals are added to those of this run. It may come from a file that anybody
   * may have written to; what is not sound is left out.
   */
  restore(saved: unknown): void {
    const { era, totals } = (saved ?? {}) as Partial<Record<keyof Remembered, unknown>>;
    const [verdict, counted] = [readEraVerdict(era), readTotals(totals)];
    if (verdict !== undefined) this.#connector.recall(verdict);
    if (counted !== undefined) this.#stats.addTotals(counted);
  }
}
