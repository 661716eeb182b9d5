import { SignalboxError } from '../../../core/errors.ts';
import { isObject } from '../../../wire/json-rpc.ts';
import type { InputDesk } from '../../input/input-desk.ts';

/** Questions that one task may ask in its life; more is no honest task. */
const MAX_QUESTIONS = 1000;

type Answers = Record<string, unknown>;

/**
 * Answers what a task of the modern era asks. A question keeps its key for the life of the task and stands in each
 * status until the server has taken note of the answer: it is asked of people once, and answered once.
 */
export class TaskInputs {
  readonly #server: string;
  readonly #desk: InputDesk;
  /** Keys that the server has the answer of. */
  readonly #answered: Set<string>;
  /** Keys that are being asked or answered now. */
  readonly #open: Set<string> = new Set();
  /** Answers that the server may not have received: nobody is asked for them again. */
  readonly #unsent: Map<string, unknown> = new Map();

  /** @param answered keys that were answered before; grows */
  constructor(server: string, desk: InputDesk, answered: Set<string>) {
    this.#server = server;
    this.#desk = desk;
    this.#answered = answered;
  }

  /**
   * Answers what is new in `inputRequests`.
   * @throws SignalboxError INPUT_REQUIRED, INPUT_REFUSED; what `send` throws
   */
  async offer(
    inputRequests: unknown,
    send: (responses: Answers) => Promise<unknown>,
    signal: AbortSignal,
  ): Promise<void> {
    const entries = isObject(inputRequests) ? Object.entries(inputRequests) : [];
    const fresh = entries.filter(([key]) => !this.#answered.has(key) && !this.#open.has(key));
    if (fresh.length === 0) return;
    if (this.#answered.size + this.#open.size + fresh.length > MAX_QUESTIONS) {
      const message = `the task asks more than ${MAX_QUESTIONS} questions`;
      throw new SignalboxError('INPUT_REQUIRED', message, { server: this.#server, delivered: 'yes' });
    }
    for (const [key] of fresh) this.#open.add(key);
    try {
      const unasked = fresh.filter(([key]) => !this.#unsent.has(key));
      const answers = await this.#desk.fulfil(withoutPrototype(unasked), signal);
      for (const [key, answer] of Object.entries(answers)) this.#unsent.set(key, answer);
      await send(withoutPrototype(fresh.map(([key]) => [key, this.#unsent.get(key)])));
      for (const [key] of fresh) {
        this.#answered.add(key);
        this.#unsent.delete(key);
      }
    } finally {
      for (const [key] of fresh) this.#open.delete(key);
    }
  }
}

/** The keys are the peer's: none of them may mean anything here (S20). */
function withoutPrototype(entries: readonly (readonly [string, unknown])[]): Answers {
  const record = Object.create(null) as Answers;
  for (const [key, value] of entries) record[key] = value;
  return record;
}
