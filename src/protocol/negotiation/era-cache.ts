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
  /** What is known, to be kept for the next run. A cache without it is not kept. */
  verdict?(key: string): EraVerdict | undefined;
  /** Takes over what was known in an earlier run, unless something newer is known or its time is over. */
  restore?(key: string, verdict: EraVerdict): void;
}

/** Which era a server spoke. Plain and serialisable. */
export interface EraVerdict {
  readonly era: EraName;
  /** Wall clock time until when it is believed, in ms since the epoch; undefined: until it proves wrong. */
  readonly until: number | undefined;
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
    this.#add(key, era, era === 'legacy' ? this.#clock.now() + this.#legacyMs : Infinity);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  verdict(key: string): EraVerdict | undefined {
    const era = this.get(key);
    if (era === undefined) return undefined;
    const leftMs = this.#entries.get(key)!.until - this.#clock.now();
    return { era, until: leftMs === Infinity ? undefined : this.#clock.wallNow() + leftMs };
  }

  restore(key: string, { era, until }: EraVerdict): void {
    if (this.get(key) !== undefined) return;
    // Whatever the wall clock did meanwhile, a `legacy` is never believed for longer than a new one.
    const leftMs =
      era === 'legacy' ? Math.min(this.#legacyMs, (until ?? 0) - this.#clock.wallNow()) : Infinity;
    if (leftMs > 0) this.#add(key, era, this.#clock.now() + leftMs);
  }

  #add(key: string, era: EraName, until: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, { era, until });
    if (this.#entries.size > MAX_ENTRIES) this.#entries.delete(this.#entries.keys().next().value!);
  }
}

/** Reads a verdict from a file that anybody may have written to; undefined if it is not sound. */
export function readEraVerdict(saved: unknown): EraVerdict | undefined {
  const { era, until } = (saved ?? {}) as Partial<Record<keyof EraVerdict, unknown>>;
  if (era !== 'modern' && era !== 'legacy') return undefined;
  return { era, until: typeof until === 'number' && Number.isFinite(until) ? until : undefined };
}
