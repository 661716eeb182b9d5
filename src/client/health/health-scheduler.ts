import type { AwakeClock } from '../../core/awake-clock.ts';
import type { Timer } from '../../core/clock.ts';
import type { Logger } from '../../core/log.ts';
import type { Random } from '../../core/random.ts';
import { suspectsUs } from './panic-rule.ts';

/** After a sleep all servers are checked once, spread over this time, in ms. */
const WAKE_SPREAD_MS = 2000;
/** Pause between two checks while we suspect ourselves, in ms. */
const PANIC_PAUSE_MS = 1000;

/** A server whose health is checked. */
export interface CheckedServer {
  readonly name: string;
  /** It is due. It is checked again when it is scheduled again. */
  check(): void;
  /** The machine has slept: what was heard before is no evidence of now. */
  woke(): void;
}

export interface HealthSchedulerOptions {
  readonly clock: AwakeClock;
  readonly random: Random;
  readonly logger: Logger;
}

interface Entry {
  /** On `now()` of the clock; Infinity while it is not scheduled. */
  dueAt: number;
  /** Since when it is unhealthy, silent, refused by its breaker, or lost. */
  troubledSince: number | undefined;
}

/**
 * When which server is checked: one timer for all clients of a factory, which keeps no process alive. It also sees what
 * no single client can: that the machine has slept, and that most servers are in trouble at once.
 */
export class HealthScheduler {
  readonly #clock: AwakeClock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #entries: Map<CheckedServer, Entry> = new Map();
  #timer: Timer | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #lastCheckAt = Number.NEGATIVE_INFINITY;
  #isPanic = false;

  constructor({ clock, random, logger }: HealthSchedulerOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#logger = logger;
    clock.onWake(() => this.#wake());
  }

  /**
   * True while most servers are in trouble at once. Checks are held to one a second in all then, and missed ones are
   * no reason to make a connection anew.
   */
  get isPanic(): boolean {
    this.#assess();
    return this.#isPanic;
  }

  /** Servers that take part. */
  get size(): number {
    return this.#entries.size;
  }

  /** Checks `server` after `delayMs`, whatever was said before. */
  schedule(server: CheckedServer, delayMs: number): void {
    this.#entryOf(server).dueAt = this.#clock.now() + delayMs;
    this.#arm();
  }

  /** Does not check `server` until it is scheduled again. It still counts as one of all. */
  unschedule(server: CheckedServer): void {
    const entry = this.#entries.get(server);
    if (entry === undefined) return;
    entry.dueAt = Number.POSITIVE_INFINITY;
    this.#arm();
  }

  /** Says whether `server` is in trouble: unhealthy, silent, refused by its breaker, or lost. */
  setTrouble(server: CheckedServer, isTroubled: boolean): void {
    const entry = this.#entryOf(server);
    if (isTroubled === (entry.troubledSince !== undefined)) return;
    entry.troubledSince = isTroubled ? this.#clock.now() : undefined;
    this.#assess();
    this.#arm();
  }

  /** Forgets `server`. */
  leave(server: CheckedServer): void {
    if (!this.#entries.delete(server)) return;
    this.#assess();
    this.#arm();
  }

  /** How long until `server` is checked, in ms; undefined while it is not scheduled. */
  dueIn(server: CheckedServer): number | undefined {
    const dueAt = this.#entries.get(server)?.dueAt ?? Number.POSITIVE_INFINITY;
    return dueAt === Number.POSITIVE_INFINITY ? undefined : Math.max(0, dueAt - this.#clock.now());
  }

  #entryOf(server: CheckedServer): Entry {
    let entry = this.#entries.get(server);
    if (entry === undefined) {
      entry = { dueAt: Number.POSITIVE_INFINITY, troubledSince: undefined };
      this.#entries.set(server, entry);
    }
    return entry;
  }

  /** Tells when the suspicion begins and when it is over, once each. */
  #assess(): void {
    const entries = [...this.#entries];
    const troubles = entries.map(([, entry]) => entry.troubledSince);
    const isPanic = suspectsUs(troubles, this.#clock.now());
    if (isPanic === this.#isPanic) return;
    this.#isPanic = isPanic;
    const servers = entries.flatMap(([{ name }, { troubledSince }]) =>
      troubledSince === undefined ? [] : [name],
    );
    if (isPanic) {
      const what = `${servers.length} of ${entries.length} servers are in trouble at once`;
      const then = 'until that is over they are asked less, and no connection is made anew for missed checks';
      this.#logger.warn(`${what}: this machine or its network is suspected; ${then}`, {
        event: 'health.panic',
        servers,
      });
    } else {
      this.#logger.info('most servers are well again', { event: 'health.panic_over', servers });
    }
  }

  #arm(): void {
    const at = this.#nextAt();
    if (at === this.#timerAt) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAt = at;
    if (at === Number.POSITIVE_INFINITY) return;
    this.#timer = this.#clock.setTimeout(() => this.#onTimer(), Math.max(0, at - this.#clock.now()));
    // To be connected is no reason for a process to live on.
    this.#timer.unref();
  }

  #nextAt(): number {
    let at = Number.POSITIVE_INFINITY;
    for (const { dueAt } of this.#entries.values()) at = Math.min(at, dueAt);
    return this.#isPanic ? Math.max(at, this.#lastCheckAt + PANIC_PAUSE_MS) : at;
  }

  #onTimer(): void {
    this.#timer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
    this.#checkDue(this.#clock.now());
    this.#arm();
  }

  /** F-135: nobody knows who is still there. Each server is asked soon, none together with all others. */
  #wake(): void {
    const now = this.#clock.now();
    for (const [server, entry] of this.#entries) {
      if (entry.dueAt === Number.POSITIVE_INFINITY) continue;
      entry.dueAt = now + this.#random() * WAKE_SPREAD_MS;
      server.woke();
    }
    this.#arm();
  }

  #checkDue(now: number): void {
    this.#assess();
    const due = [...this.#entries].filter(([, { dueAt }]) => dueAt <= now);
    due.sort(([, one], [, other]) => one.dueAt - other.dueAt);
    for (const [server, entry] of due) {
      // A check before it may have ended this one, or begun the panic.
      if (!(entry.dueAt <= now) || this.#entries.get(server) !== entry) continue;
      if (this.#isPanic && now - this.#lastCheckAt < PANIC_PAUSE_MS) break;
      entry.dueAt = Number.POSITIVE_INFINITY;
      this.#lastCheckAt = now;
      server.check();
    }
  }
}
