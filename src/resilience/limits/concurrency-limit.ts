import type { Clock } from '../../core/clock.ts';
import { SignalboxError } from '../../core/errors.ts';
import { type ResilienceEnvironment, resolveEnvironment } from '../environment.ts';
import { type NumberRule, resolveNumbers } from '../number-options.ts';
import { Waiter, type WaitOptions } from './waiter.ts';
import { WakeUp } from './wake-up.ts';

/** How many may work and how many may wait. */
export interface ConcurrencyLimitOptions {
  /** Slots. Default 64; Infinity: no limit. */
  readonly maxInFlight?: number | undefined;
  /** How many may wait for a slot, in all. Default 256; 0: nobody waits. */
  readonly maxQueued?: number | undefined;
  /** How many of one key may wait. Default Infinity: as many as `maxQueued` allows. */
  readonly maxQueuedPerKey?: number | undefined;
}

/** Frozen. */
export const CONCURRENCY_LIMIT_DEFAULTS: Readonly<Record<keyof ConcurrencyLimitOptions, number>> =
  Object.freeze({ maxInFlight: 64, maxQueued: 256, maxQueuedPerKey: Number.POSITIVE_INFINITY });

const RULES: Readonly<Record<keyof ConcurrencyLimitOptions, NumberRule>> = {
  maxInFlight: { min: 1, whole: true, orInfinity: true },
  maxQueued: { min: 0, whole: true },
  maxQueuedPerKey: { min: 0, whole: true, orInfinity: true },
};

/** How to wait for a slot. */
export interface AcquireOptions extends WaitOptions {
  /** Whom the slot is for: a tool, a principal. Those who wait are served key by key in turn. Default `''`. */
  readonly key?: string | undefined;
}

/** No slot was given. */
export interface ConcurrencyRefusal {
  /**
   * `queue-full`: too many wait already. `deadline`: it has passed. `aborted`: the signal fired.
   * `cancelled`: by {@link ConcurrencyLimit.cancelAll}.
   */
  readonly reason: 'queue-full' | 'deadline' | 'aborted' | 'cancelled';
  readonly inFlight: number;
  readonly queued: number;
}

/** What {@link ConcurrencyLimit.run} came to. */
export type RunOutcome<T> =
  | { readonly ran: true; readonly value: T }
  | { readonly ran: false; readonly refusal: ConcurrencyRefusal };

/** Plain and serialisable. */
export interface ConcurrencySnapshot {
  readonly inFlight: number;
  readonly queued: number;
  /** Keys of which somebody waits. */
  readonly keys: number;
}

type SlotWaiter = Waiter<string, ConcurrencyRefusal>;

/**
 * Lets a bounded number of calls work at once and a bounded number wait. Those who wait are served first come, first
 * served within a key, and key by key in turn: whoever asks for much does not make others wait for all of it.
 *
 * @example
 * const refusal = limit.tryAcquire() ? undefined : await limit.acquire({ key: 'read_file', signal });
 * if (refusal !== undefined) throw new Error(refusal.reason);
 * try {
 *   return await call();
 * } finally {
 *   limit.release();
 * }
 */
export class ConcurrencyLimit {
  readonly #options: Readonly<Record<keyof ConcurrencyLimitOptions, number>>;
  readonly #clock: Clock;
  /**
   * In the order in which the keys are served; a key that was served goes to the end, one without waiters away. Made when
   * somebody first waits.
   */
  #queues: Map<string, Set<SlotWaiter>> | undefined;
  /** Set to the earliest deadline of those who wait, or earlier. Made when somebody has one. */
  #wakeUp: WakeUp | undefined;
  #inFlight = 0;
  #queued = 0;

  constructor(options: ConcurrencyLimitOptions = {}, environment: ResilienceEnvironment = {}) {
    this.#options = resolveNumbers('ConcurrencyLimit', CONCURRENCY_LIMIT_DEFAULTS, RULES, options);
    this.#clock = resolveEnvironment(environment).clock;
  }

  /** Takes a slot if one is free and nobody waits for it. */
  tryAcquire(): boolean {
    if (this.#inFlight >= this.#options.maxInFlight || this.#queued > 0) return false;
    this.#inFlight++;
    return true;
  }

  /**
   * Takes a slot, or waits for one. Undefined: the slot is yours until {@link release}. Never rejects. Whoever would
   * exceed the queue is refused at once, and whoever's deadline has passed is never given a slot.
   */
  acquire(options: AcquireOptions = {}): Promise<ConcurrencyRefusal | undefined> {
    const { key = '', signal, deadlineAt = Number.POSITIVE_INFINITY } = options;
    if (signal?.aborted === true) return Promise.resolve(this.#refusal('aborted'));
    if (deadlineAt <= this.#clock.now()) return Promise.resolve(this.#refusal('deadline'));
    if (this.tryAcquire()) return GRANTED;
    const { maxQueued, maxQueuedPerKey } = this.#options;
    const ahead = this.#queues?.get(key)?.size ?? 0;
    if (this.#queued >= maxQueued || ahead >= maxQueuedPerKey) {
      return Promise.resolve(this.#refusal('queue-full'));
    }
    const waiter: SlotWaiter = new Waiter(key, options, (aborted) => this.#refuse(aborted, 'aborted'));
    this.#enqueue(waiter);
    return waiter.settled;
  }

  /** Gives a slot back, to the next one that waits. Call it once for each slot taken. */
  release(): void {
    if (this.#inFlight === 0) {
      throw new SignalboxError('ILLEGAL_TRANSITION', 'a slot was released more often than acquired');
    }
    this.#inFlight--;
    if (this.#queued === 0) return;
    const now = this.#clock.now();
    while (this.#queued > 0 && this.#inFlight < this.#options.maxInFlight) this.#serveNext(now);
  }

  /** Does `work` in a slot, which it gives back exactly once. Rejects with what `work` throws. */
  async run<T>(work: () => T | PromiseLike<T>, options: AcquireOptions = {}): Promise<RunOutcome<T>> {
    const refusal = await this.acquire(options);
    if (refusal !== undefined) return { ran: false, refusal };
    try {
      return { ran: true, value: await work() };
    } finally {
      this.release();
    }
  }

  /** Refuses all that wait. Slots that were given stay with their owners. */
  cancelAll(): void {
    for (const waiter of this.#waiters()) this.#refuse(waiter, 'cancelled');
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get queued(): number {
    return this.#queued;
  }

  snapshot(): ConcurrencySnapshot {
    return { inFlight: this.#inFlight, queued: this.#queued, keys: this.#queues?.size ?? 0 };
  }

  /** All that wait, in a list of its own: they may leave meanwhile. */
  #waiters(): SlotWaiter[] {
    return [...(this.#queues?.values() ?? [])].flatMap((queue) => [...queue]);
  }

  #enqueue(waiter: SlotWaiter): void {
    this.#queues ??= new Map();
    const queue = this.#queues.get(waiter.wish);
    if (queue === undefined) this.#queues.set(waiter.wish, new Set([waiter]));
    else queue.add(waiter);
    this.#queued++;
    if (waiter.deadlineAt === Number.POSITIVE_INFINITY) return;
    this.#wakeUp ??= new WakeUp(this.#clock, () => this.#shed());
    if (waiter.deadlineAt < this.#wakeUp.at) this.#wakeUp.set(waiter.deadlineAt);
  }

  #serveNext(now: number): void {
    const queues = this.#queues!;
    const [key, queue] = first(queues);
    const waiter = first(queue);
    if (waiter.deadlineAt <= now) {
      this.#refuse(waiter, 'deadline');
      return;
    }
    // The key had its turn: others come before its next waiter.
    queues.delete(key);
    queues.set(key, queue);
    this.#remove(waiter);
    this.#inFlight++;
    waiter.settle(undefined);
  }

  /** Refuses those whose deadline has passed while no slot came free. */
  #shed(): void {
    const now = this.#clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const waiter of this.#waiters()) {
      if (waiter.deadlineAt <= now) this.#refuse(waiter, 'deadline');
      else next = Math.min(next, waiter.deadlineAt);
    }
    this.#wakeUp?.set(next);
  }

  #refuse(waiter: SlotWaiter, reason: ConcurrencyRefusal['reason']): void {
    this.#remove(waiter);
    waiter.settle(this.#refusal(reason));
  }

  #remove(waiter: SlotWaiter): void {
    const queue = this.#queues?.get(waiter.wish);
    queue?.delete(waiter);
    if (queue?.size === 0) this.#queues?.delete(waiter.wish);
    this.#queued--;
    if (this.#queued === 0) this.#wakeUp?.set(Number.POSITIVE_INFINITY);
  }

  #refusal(reason: ConcurrencyRefusal['reason']): ConcurrencyRefusal {
    return { reason, inFlight: this.#inFlight, queued: this.#queued };
  }
}

const GRANTED: Promise<undefined> = Promise.resolve(undefined);

/** The first element of what is known not to be empty. */
function first<T>(elements: Iterable<T>): T {
  for (const element of elements) return element;
  throw new SignalboxError('INTERNAL', 'a queue without waiters was kept');
}
