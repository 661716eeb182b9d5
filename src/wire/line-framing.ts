import { isAscii, isUtf8 } from 'node:buffer';
import { ChunkList } from './chunk-list.ts';

/** Why a line was not handed on as a message. */
export type LineFault = 'invalid-utf8' | 'too-large';

/** What a {@link LineDecoder} hands on. */
export interface LineSink {
  /** A whole line without its line break; never blank. */
  line(text: string): void;
  /**
   * A line that cannot be read, and its beginning with unreadable bytes replaced. After `too-large` the decoder is
   * dead.
   */
  fault(fault: LineFault, sample: string): void;
}

const LF = 0x0a;
const CR = 0x0d;
const OPEN_BRACE = 0x7b;
const BOM_BYTES = 3;
const SAMPLE_BYTES = 200;
/** True if a line can be a JSON-RPC message: an object, or a batch. `[INFO] started` is none (F-032). */
export function beginsMessage(line: string): boolean {
  return line.charCodeAt(0) === 0x7b || /^\s*(?:\{|\[\s*[[{\]])/u.test(line);
}

/**
 * Cuts a byte stream into lines. Chunks are kept in a list until their line is whole and joined once, so the cost
 * is linear however a line is cut (F-027, F-034); what is held never exceeds the limit plus one chunk (F-035).
 */
export class LineDecoder {
  readonly #sink: LineSink;
  readonly #maxLineBytes: number;
  /** The beginning of a line. Made with the first that comes in pieces: most servers send none. */
  #held: ChunkList | undefined;
  #atStart = true;
  #dead = false;

  /** @param maxLineBytes longest line in bytes, without its line break */
  constructor(sink: LineSink, maxLineBytes: number) {
    this.#sink = sink;
    this.#maxLineBytes = maxLineBytes;
  }

  push(chunk: Buffer): void {
    if (this.#dead) return;
    const last = chunk.lastIndexOf(LF);
    if (last === -1) {
      if (chunk.length > 0) this.#hold(chunk);
      return;
    }
    let start = 0;
    if (this.#atStart || this.#heldBytes > 0) {
      const end = chunk.indexOf(LF);
      const rest = chunk.subarray(0, end);
      this.#deliver(this.#held?.take(rest) ?? rest);
      start = end + 1;
    }
    if (!this.#dead && start <= last)
      this.#cut(start === 0 && last === chunk.length - 1 ? chunk : chunk.subarray(start, last + 1));
    if (!this.#dead && last + 1 < chunk.length) this.#hold(chunk.subarray(last + 1));
  }

  /** The stream has ended: a last line without line break counts (F-039). */
  end(): void {
    if (!this.#dead && this.#heldBytes > 0) this.#deliver(this.#held!.take(Buffer.alloc(0)));
    this.#dead = true;
    this.#held = undefined;
  }

  get #heldBytes(): number {
    return this.#held?.bytes ?? 0;
  }

  /** Whole lines, the last line break included. */
  #cut(lines: Buffer): void {
    if (isAscii(lines)) {
      // One string for all of them: cutting it up copies nothing, and costs less than a look at the bytes of each.
      this.#cutText(lines.toString('latin1'));
      return;
    }
    for (let start = 0; start < lines.length && !this.#dead; ) {
      const end = lines.indexOf(LF, start);
      this.#deliver(lines.subarray(start, end));
      start = end + 1;
    }
  }

  #cutText(lines: string): void {
    for (let start = 0; start < lines.length && !this.#dead; ) {
      const lineBreak = lines.indexOf('\n', start);
      const end = lineBreak > start && lines.charCodeAt(lineBreak - 1) === CR ? lineBreak - 1 : lineBreak;
      if (end - start > this.#maxLineBytes) {
        this.#tooLarge();
        return;
      }
      this.#emit(lines.slice(start, end));
      start = lineBreak + 1;
    }
  }

  #hold(part: Buffer): void {
    // What does not count as part of the line: the CR of its line break, and a BOM before the first.
    const beside = this.#atStart ? 1 + BOM_BYTES : 1;
    if (this.#heldBytes + part.length > this.#maxLineBytes + beside) {
      this.#tooLarge();
      return;
    }
    this.#held ??= new ChunkList();
    this.#held.push(part);
  }

  #deliver(line: Buffer): void {
    let start = 0;
    if (this.#atStart) {
      this.#atStart = false;
      if (line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf) start = BOM_BYTES; // F-030
    }
    const end = line.length > 0 && line[line.length - 1] === CR ? line.length - 1 : line.length;
    if (start >= end) return;
    if (end - start > this.#maxLineBytes) {
      this.#tooLarge();
      return;
    }
    if (isAscii(line)) {
      this.#emit(line.toString('latin1', start, end));
      return;
    }
    // Node replaces invalid bytes silently; a message with replaced characters is not what was sent (F-029).
    if (!isUtf8(line)) {
      this.#sink.fault('invalid-utf8', line.toString('utf8', start, Math.min(end, start + SAMPLE_BYTES)));
      return;
    }
    this.#emit(line.toString('utf8', start, end));
  }

  #emit(text: string): void {
    // What begins like a message is not blank, and need not be looked through.
    if (text.charCodeAt(0) === OPEN_BRACE || text.trim() !== '') this.#sink.line(text);
  }

  #tooLarge(): void {
    this.#dead = true;
    this.#held = undefined;
    this.#sink.fault('too-large', '');
  }
}
