/**
 * A stream that all answers share. While one answer is written in pieces the others wait for its end: what is
 * spoilt is one message, not its neighbours.
 */
export class SharedOutput {
  readonly #write: (bytes: Buffer | string) => Promise<void>;
  #holder: object | undefined;
  #waiting: (() => void)[] = [];

  constructor(write: (bytes: Buffer | string) => Promise<void>) {
    this.#write = write;
  }

  /** A whole message. */
  whole(bytes: Buffer | string): Promise<void> {
    if (this.#holder === undefined) return this.#write(bytes);
    return new Promise((resolve) => this.#waiting.push(() => void this.#write(bytes).then(resolve)));
  }

  /** A piece of a message; `owner` keeps the stream until it releases it. */
  piece(owner: object, bytes: Buffer): Promise<void> {
    if (this.#holder === undefined || this.#holder === owner) {
      this.#holder = owner;
      return this.#write(bytes);
    }
    return new Promise((resolve) => this.#waiting.push(() => void this.piece(owner, bytes).then(resolve)));
  }

  holds(owner: object): boolean {
    return this.#holder === owner;
  }

  release(owner: object): void {
    if (this.#holder !== owner) return;
    this.#holder = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const write of waiting) write();
  }
}
