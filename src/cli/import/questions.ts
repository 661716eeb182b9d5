import { createInterface } from 'node:readline';
import { onAbort } from '../../core/abort.ts';
import type { CommandContext } from '../command-context.ts';

/** Longest answer that is looked at, in characters. */
const MAX_ANSWER = 64;

/** One of the answers to a question: what is typed, and what it means. */
export interface Choice<Value> {
  /** Its first letter is enough. */
  readonly word: string;
  readonly value: Value;
}

/** Asks the person at the terminal, on stderr; answers come from stdin. Close it when there is nothing more to ask. */
export class Questions {
  readonly #context: CommandContext;
  #lines: AsyncIterator<string> | undefined;
  #close: () => void = () => undefined;

  constructor(context: CommandContext) {
    this.#context = context;
  }

  /** True if there is somebody who can be asked. */
  get canAsk(): boolean {
    const { io, terminal, json } = this.#context;
    return !json && terminal.isLive && io.stdin.isTTY === true;
  }

  /** What was chosen; the first choice for an empty answer, undefined if stdin ends. Asks again for anything else. */
  async choose<Value>(question: string, choices: readonly Choice<Value>[]): Promise<Value | undefined> {
    const { terminal, io } = this.#context;
    const words = choices.map(({ word }, index) => (index === 0 ? `[${word}]` : word)).join(' / ');
    for (;;) {
      terminal.note(`${terminal.err.bold(question)} ${terminal.err.dim(words)}`);
      const next = await this.#open().next();
      io.interruption.signal.throwIfAborted();
      if (next.done === true) return undefined;
      const typed = next.value.trim().slice(0, MAX_ANSWER).toLowerCase();
      const chosen = typed === '' ? choices[0] : choices.find(({ word }) => word.startsWith(typed));
      if (chosen !== undefined) return chosen.value;
    }
  }

  close(): void {
    this.#close();
  }

  /** One reader for all questions, so that no line is lost between two of them. */
  #open(): AsyncIterator<string> {
    if (this.#lines !== undefined) return this.#lines;
    const { stdin, interruption } = this.#context.io;
    const reader = createInterface({ input: stdin });
    const release = onAbort(interruption.signal, () => reader.close());
    this.#close = () => {
      release();
      reader.close();
    };
    this.#lines = reader[Symbol.asyncIterator]();
    return this.#lines;
  }
}
