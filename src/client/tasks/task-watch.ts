import { abortError, onAbort, throwIfAborted } from '../../core/abort.ts';
import type { Clock } from '../../core/clock.ts';
import { SignalboxError } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import { fullJitter } from '../../resilience/backoff.ts';
import type { LiveTask } from './live-task.ts';
import type { TaskOutcome } from './task-outcome.ts';
import { pollDelay } from './task-pace.ts';
import type { TaskPush } from './task-push.ts';
import type { TaskRecord } from './task-record.ts';

/** Delays after a question that failed in passing, in ms. */
const BACKOFF = { baseMs: 1000, maxMs: 30_000 };
const LEAST_DELAY_MS = 250;
/** A task that may be asked after only this rarely is subscribed to before it is asked after at all, in ms. */
const RARELY_MS = 2000;

/** What a {@link TaskWatch} works with. */
export interface TaskWatchOptions {
  readonly task: LiveTask;
  /** Undefined where it cannot be asked for. */
  readonly push: TaskPush | undefined;
  readonly clock: Clock;
  readonly random: Random;
  /** Whether a failed question is worth another one. */
  readonly isPassing: (error: unknown) => boolean;
}

/**
 * Follows one task until it ends: asks at the pace that the server wants, sooner when the server tells of a change,
 * gives what the task asks for, and outlasts what passes. It holds a timer and a subscription only while it runs.
 */
export class TaskWatch {
  readonly #options: TaskWatchOptions;
  readonly #record: TaskRecord;
  readonly #over = new AbortController();
  #wake: (() => void) | undefined;
  #isHurried = false;
  /** News came unasked: the record needs no question to be up to date. */
  #isUpToDate = false;
  #earlyOutcome: TaskOutcome | undefined;
  #inputTrouble: Error | undefined;

  constructor(options: TaskWatchOptions) {
    this.#options = options;
    this.#record = options.task.record;
  }

  /**
   * Runs once.
   * @throws SignalboxError, RemoteError: what is no outcome of the task, but ends the watch
   */
  async run(): Promise<TaskOutcome> {
    const { random, push, isPassing } = this.#options;
    const record = this.#record;
    const { signal } = this.#over;
    let failures = 0;
    const pace = (): number => pollDelay(record.snapshot.pollIntervalMs, push?.isOn === true, random);
    // Where the server has just answered, nothing new is to be expected at once.
    let delayMs = record.snapshot.status === 'working' ? pace() - record.silenceMs : 0;
    if (delayMs >= RARELY_MS) push?.start();
    try {
      for (;;) {
        if (delayMs > 0) await this.#pause(Math.min(delayMs, Math.max(0, record.remainingMs)));
        let cause: unknown;
        try {
          const outcome = await this.#look(signal);
          if (outcome !== undefined) return outcome;
          failures = 0;
          push?.start();
          delayMs = pace();
        } catch (error) {
          throwIfAborted(signal, record.identity.server);
          if (!isPassing(error)) throw error;
          cause = error;
          delayMs = LEAST_DELAY_MS + fullJitter(failures++, BACKOFF, random);
        }
        if (record.remainingMs <= 0) throw this.#expired(cause);
      }
    } finally {
      // Whoever is still being asked for input is asked in vain.
      this.stop(this.#ended());
      push?.stop();
    }
  }

  /** Ends it; {@link run} rejects with the reason. */
  stop(reason: SignalboxError): void {
    this.#over.abort(reason);
  }

  /** Looks now: something may have changed. */
  hurry(): void {
    this.#isHurried = true;
    this.#wake?.();
  }

  /** The server told of the task unasked: the parameters of a notification. */
  hear(params: unknown): void {
    if (!this.#options.task.hear(params)) return;
    this.#isUpToDate = true;
    this.hurry();
  }

  /** The subscriptions of the client are gone; they are made anew at the next look. */
  unsubscribed(): void {
    this.#options.push?.stop();
  }

  async #look(signal: AbortSignal): Promise<TaskOutcome | undefined> {
    const { task } = this.#options;
    const record = this.#record;
    if (this.#inputTrouble !== undefined) throw this.#inputTrouble;
    const wasUpToDate = this.#isUpToDate;
    this.#isUpToDate = false;
    if (this.#earlyOutcome !== undefined) {
      // The status belongs to it, and is worth no failure.
      await task.ask(signal).catch(() => undefined);
      task.conclude();
      return this.#earlyOutcome;
    }
    if (!wasUpToDate) await task.ask(signal);
    if (!record.isFinal) {
      if (record.snapshot.status === 'input_required') this.#giveInput(signal);
      return undefined;
    }
    let outcome = await task.protocol.outcome(record.snapshot, signal);
    if (outcome === undefined && wasUpToDate) {
      await task.ask(signal);
      outcome = await task.protocol.outcome(record.snapshot, signal);
    }
    if (outcome !== undefined) return outcome;
    throw new SignalboxError('INVALID_RESULT', `the task is ${record.snapshot.status} without saying how`, {
      server: record.identity.server,
      delivered: 'yes',
    });
  }

  /** Beside the looking: a person may take long, and the task may end meanwhile. */
  #giveInput(signal: AbortSignal): void {
    const { task, isPassing } = this.#options;
    task.protocol.giveInput(this.#record.snapshot, signal).then(
      (outcome) => {
        if (outcome === undefined) return;
        this.#earlyOutcome = outcome;
        this.hurry();
      },
      (error: unknown) => {
        // What passes is tried again at the next look.
        if (signal.aborted || isPassing(error)) return;
        this.#inputTrouble = error as Error;
        this.hurry();
      },
    );
  }

  /** Waits, at most until there is a reason to look. */
  #pause(delayMs: number): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#over;
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        timer.cancel();
        release();
        this.#wake = undefined;
        this.#isHurried = false;
        if (signal.aborted) reject(abortError(signal, this.#record.identity.server));
        else resolve();
      };
      const timer = clock.setTimeout(finish, delayMs);
      const release = onAbort(signal, finish);
      this.#wake = finish;
      if (this.#isHurried || signal.aborted) finish();
    });
  }

  #expired(cause: unknown): SignalboxError {
    const { identity, snapshot } = this.#record;
    const message = `the task was still ${snapshot.status} when its ${snapshot.ttlMs} ms were over`;
    return new SignalboxError('TASK_EXPIRED', message, {
      server: identity.server,
      delivered: 'unknown',
      cause,
    });
  }

  #ended(): SignalboxError {
    return new SignalboxError('REQUEST_ABORTED', 'the task is no longer followed', {
      server: this.#record.identity.server,
    });
  }
}
