import { SignalboxError } from '../../../core/errors.ts';
import type { AnswerWay } from '../answer-way.ts';
import type { SharedOutput } from '../shared-output.ts';

/** What a process can do to itself. */
export interface ProcessEnd {
  /** Dies without a word, as by SIGKILL. */
  die(): void;
  exit(code: number): void;
}

/** stdio: the answer is a line on the output that all answers share. */
export class LineWay implements AnswerWay {
  readonly isGone = false;
  readonly #output: SharedOutput;
  readonly #end: ProcessEnd;

  constructor(output: SharedOutput, end: ProcessEnd) {
    this.#output = output;
    this.#end = end;
  }

  accept(): void {}

  notify(message: string): void {
    void this.#output.whole(`${message}\n`);
  }

  noise(text: string): void {
    this.notify(text);
  }

  openStream(): void {}

  frame(message: string): Buffer {
    return Buffer.from(`${message}\n`);
  }

  write(bytes: Buffer): Promise<void> {
    return this.#output.piece(this, bytes);
  }

  end(): void {
    this.#output.release(this);
  }

  answer(message: string): void {
    // What was begun in pieces (`duplicate`) ends with this one.
    if (this.#output.holds(this)) void this.#output.piece(this, this.frame(message));
    else this.notify(message);
    this.end();
  }

  giveUp(): void {
    if (this.#output.holds(this)) void this.#output.piece(this, Buffer.from('\n'));
    this.end();
  }

  cut(): void {
    this.#end.die();
  }

  exit(code: number): void {
    this.#end.exit(code);
  }

  refuse(): void {
    throw new SignalboxError('INTERNAL', 'stdio has no statuses; the rules are checked for that');
  }

  loseSession(): void {}
}
