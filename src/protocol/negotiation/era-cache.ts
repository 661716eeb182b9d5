import type { Clock } from '../../core/clock.ts';
import type { EraName } from '../eras/era.ts';

/**
 * Remembers which era a server spoke, by the identity of its configuration.
 *
 * A wrong `modern` fails loudly and is corrected at once; a wrong `legacy` would work silently for ever, so it expires.
 */
export interface EraCache {
  get(key: string): EraName | undefined;
  set(key: string, era: EraName): void;
  delete(key: string): void;
}

/** How long a `legacy` verdict is believed, in ms: one hour. */
export const LEGACY_VERDICT_MS: number = 60 * 60 * 1000;

const MAX_ENTRIES = 10_000;

/** An {@link EraCache} in memory, bounded at 10 000 entries: the oldest goes first. */
export class MemoryEraCache implements EraCache {
  readonly #clock: Clock;
  readonly #legacyMs: number;
  readonly #entries: Map<string, { readonly era: EraName; readonly until: number }> = new Map();

  constructor(clock: Clock, legacyMs: number = LEGACY_VERDICT_MS) {
    this.#clock = clock;
    this.#legacyMs = legacyMs;
  }

  get(key: string): EraName | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.until > this.#clock.now()) return entry.era;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: string, era: EraName): void {
    this.#entries.delete(key);
    this.#entries.set(key, { era, until: era === 'legacy' ? this.#clock.now() + this.#legacyMs : Infinity });
    if (this.#entries.size > MAX_ENTRIES) this.#entries.delete(this.#entries.keys().next().value!);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}
