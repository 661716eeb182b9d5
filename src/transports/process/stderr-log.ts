import type { Clock } from '../../core/clock.ts';

/** A line that a server wrote to stderr; not sanitised. */
export interface StderrLine {
  /** When its beginning arrived, in ms since the epoch. */
  readonly at: number;
  readonly text: string;
}

/** Lines of stderr, and where to go on. */
export interface StderrLines {
  readonly lines: readonly StderrLine[];
  /** Give it back to read what has been written since. */
  readonly next: number;
  /** Whether older lines that were asked for are no longer kept. */
  readonly isCut: boolean;
}

interface Piece {
  readonly at: number;
  /** Bytes that came before it, from the first process on. */
  readonly offset: number;
  readonly bytes: Buffer;
}

/** Many tiny writes cost more than their bytes. */
const MAX_PIECES = 4096;
const LINE_FEED = 0x0a;

/**
 * Keeps the last that a server wrote to stderr, with the time, over all its processes. Taking it in is cheap, however
 * much is written (F-022): lines are made when somebody reads.
 */
export class StderrLog {
  readonly #capacity: number;
  readonly #clock: Clock;
  readonly #pieces: Piece[] = [];
  #kept = 0;
  #total = 0;

  /** @param capacity how many bytes are kept */
  constructor(capacity: number, clock: Clock) {
    this.#capacity = capacity;
    this.#clock = clock;
  }

  /** @internal */
  push(chunk: Buffer): void {
    const last = chunk.length > this.#capacity ? chunk.subarray(-this.#capacity) : chunk;
    const offset = this.#total + chunk.length - last.length;
    this.#total += chunk.length;
    // A copy: holding a slice would keep the whole pooled buffer of the stream alive.
    this.#pieces.push({ at: this.#clock.wallNow(), offset, bytes: Buffer.from(last) });
    this.#kept += last.length;
    while (this.#kept > this.#capacity || this.#pieces.length > MAX_PIECES) {
      this.#kept -= this.#pieces.shift()!.bytes.length;
    }
  }

  /** @internal a process has ended: its last line is one, with or without line break. */
  ended(): void {
    const last = this.#pieces.at(-1)?.bytes;
    if (last !== undefined && last.at(-1) !== LINE_FEED) this.push(Buffer.from('\n'));
  }

  /** The lines from `from` on that are complete; all that are kept without it. Blank ones are left out. */
  read(from: number = 0): StderrLines {
    const first = this.#pieces[0]?.offset ?? this.#total;
    const lines: StderrLine[] = [];
    let next = Math.max(from, first);
    let rest: Buffer[] = [];
    let at = 0;
    for (const piece of this.#pieces) {
      let { bytes } = piece;
      if (piece.offset + bytes.length <= next && rest.length === 0) continue;
      if (piece.offset < next && rest.length === 0) bytes = bytes.subarray(next - piece.offset);
      for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED)) {
        const whole = Buffer.concat([...rest, bytes.subarray(0, end)]);
        const text = whole.toString('utf8').replace(/\r$/u, '');
        if (text.trim() !== '') lines.push({ at: rest.length === 0 ? piece.at : at, text });
        next += whole.length + 1;
        rest = [];
        bytes = bytes.subarray(end + 1);
      }
      if (bytes.length === 0) continue;
      if (rest.length === 0) ({ at } = piece);
      rest.push(bytes);
    }
    return { lines, next, isCut: from < first };
  }
}
