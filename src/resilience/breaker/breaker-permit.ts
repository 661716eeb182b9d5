/** Leave to make a call. Say once what the call came to. */
export interface BreakerPermit {
  readonly permitted: true;
  /** True for the single call that finds out whether a server is back. */
  readonly isProbe: boolean;
  /**
   * The server did its part: also an answer that says "no" is one. `durationMs` is needed for `slowRatio` only, `now` is
   * `now()` of the clock, where the caller has just read it.
   */
  succeeded(durationMs?: number, now?: number): void;
  /** The server did not do its part: no connection, no answer in time. */
  failed(durationMs?: number): void;
  /** It says nothing about the server: the call was aborted or never sent. Its place goes to another. */
  abandoned(): void;
}

/** A call is not to be made. */
export interface BreakerRefusal {
  readonly permitted: false;
  /** `probing`: another call is just finding out whether the server is back. */
  readonly reason: 'open' | 'probing' | 'isolated';
  /** When to ask again, in ms from now. Infinity while isolated: somebody has to reset the circuit. */
  readonly retryAfterMs: number;
}

/** What a call came to. */
export type CallVerdict = 'succeeded' | 'failed' | 'abandoned';

/** Takes down what the calls of a breaker came to. */
export type Judge<Breaker> = (
  breaker: Breaker,
  epoch: number,
  verdict: CallVerdict,
  durationMs: number,
  now: number | undefined,
) => void;

/** The permit of all calls of a closed circuit: one object for one epoch, so that entering allocates nothing. */
export class SharedPermit<Breaker> implements BreakerPermit {
  readonly permitted = true as const;
  readonly isProbe: boolean;
  readonly #breaker: Breaker;
  readonly #judge: Judge<Breaker>;
  readonly #epoch: number;

  /** @param judge one function for all breakers: a closure would be one for each */
  constructor(breaker: Breaker, judge: Judge<Breaker>, epoch: number, isProbe: boolean = false) {
    this.#breaker = breaker;
    this.#judge = judge;
    this.#epoch = epoch;
    this.isProbe = isProbe;
  }

  succeeded(durationMs: number = 0, now?: number): void {
    this.report('succeeded', durationMs, now);
  }

  failed(durationMs: number = 0): void {
    this.report('failed', durationMs);
  }

  abandoned(): void {
    this.report('abandoned', 0);
  }

  /** @internal */
  report(verdict: CallVerdict, durationMs: number, now?: number): void {
    this.#judge(this.#breaker, this.#epoch, verdict, durationMs, now);
  }
}

/** The permit of one call of a half-open circuit: a second verdict would free a place that is not its own. */
export class SinglePermit<Breaker> extends SharedPermit<Breaker> {
  #isUsed = false;

  override report(verdict: CallVerdict, durationMs: number, now?: number): void {
    if (this.#isUsed) return;
    this.#isUsed = true;
    super.report(verdict, durationMs, now);
  }
}
