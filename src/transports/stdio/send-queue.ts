import type { Writable } from 'node:stream';
import { type Delivery, SignalboxError } from '../../core/errors.ts';
import type { Outgoing } from '../transport.ts';
import type { TransportContext } from '../transport-context.ts';
import { giveLineBufferBack, takeLineBuffer } from './line-buffers.ts';

/** A write ends with the frame that reaches this size: what fits a pipe at once stays one system call. */
const BATCH_BYTES = 64 * 1024;

const LF = 0x0a;

/**
 * A message from this size on waits as bytes and leaves by itself. For a string Node would set aside three bytes for
 * each character, and strings of this size that live for more than a moment are copied around by the garbage collector.
 */
const LARGE_BYTES = 16 * 1024;

interface Waiting {
  readonly outgoing: Outgoing;
  /** With the line break. */
  readonly bytes: number;
  /** The line, where it is large. */
  readonly line: Buffer | undefined;
}

/** What a {@link SendQueue} asks of its transport. */
export interface SendQueueOwner {
  readonly context: Pick<TransportContext, 'server' | 'limits' | 'tally'>;
  /** The peer does not read any more. Called at most once. */
  inputBroken(cause: Error): void;
}

const NONE: readonly Waiting[] = [];

/**
 * So many frames in one write tell of a server that has enough to do. Where there are fewer the first one of a tick leaves
 * by itself, so that the server works while we go on: a sixth more calls at 16 in flight. At 64 it would only be one more
 * system call.
 */
const MANY_FRAMES = 32;

/**
 * Lines on their way into a pipe. The frames of a tick leave in one write, but for the first of a few, which leaves at once. While a write
 * is under way, further frames wait here and not in the stream, so that at the end it is known which of them never left
 * (F-015).
 */
export class SendQueue {
  readonly #stdin: Writable;
  readonly #owner: SendQueueOwner;
  /** Not yet given to the stream, oldest first. */
  #waiting: Waiting[] = [];
  /** Given to the stream, not yet taken by the kernel. */
  #inFlight = NONE;
  #bytes = 0;
  /** How many frames were in the last write. */
  #lastFrames = 0;
  #broken = false;

  constructor(stdin: Writable, owner: SendQueueOwner) {
    this.#stdin = stdin;
    this.#owner = owner;
    stdin.on('error', (error) => this.#break(error));
  }

  push(outgoing: Outgoing): void {
    const { server, limits } = this.#owner.context;
    if (this.#broken) {
      outgoing.failed(new SignalboxError('CONNECTION_LOST', 'the server has closed its input', { server }));
      return;
    }
    const limitBytes = limits.sendQueueBytes;
    const bytes = Buffer.byteLength(outgoing.text) + 1;
    // F-014: a single message may be larger than the limit, but nothing waits behind a full pipe beyond it.
    if (this.#bytes > 0 && this.#bytes + bytes > limitBytes) {
      const what = `the server does not read: ${this.#bytes} bytes wait for it already; try again later`;
      outgoing.failed(new SignalboxError('BACKPRESSURE', what, { server, details: { limitBytes } }));
      return;
    }
    this.#bytes += bytes;
    this.#waiting.push(bytes < LARGE_BYTES ? { outgoing, bytes, line: undefined } : large(outgoing, bytes));
    // That the write is done is heard after all microtasks, so that what comes until then leaves together.
    if (this.#inFlight.length > 0) return;
    if (this.#lastFrames < MANY_FRAMES) this.#write(BATCH_BYTES);
    else if (this.#waiting.length === 1) process.nextTick(flush, this);
  }

  /** @internal */
  flush(): void {
    if (this.#inFlight.length === 0) this.#write(BATCH_BYTES);
  }

  /** Gives everything to the stream now: what follows is the end of the stream. */
  flushAll(): void {
    do this.#write(Number.POSITIVE_INFINITY);
    while (this.#waiting.length > 0 && !this.#broken && this.#stdin.errored === null);
  }

  /**
   * Fails all that has not left. A frame of a write under way may have been read by the peer, in part or whole;
   * one that waits here was not.
   */
  fail(errorFor: (delivered: Delivery) => SignalboxError): void {
    this.#broken = true;
    const inDoubt = this.#inFlight;
    const waiting = this.#waiting;
    this.#inFlight = NONE;
    this.#waiting = [];
    this.#bytes = 0;
    for (const { outgoing } of inDoubt) outgoing.failed(errorFor('unknown'));
    for (const { outgoing } of waiting) outgoing.failed(errorFor('no'));
  }

  #write(maxBytes: number): void {
    if (this.#broken || this.#waiting.length === 0) return;
    const batch: Waiting[] = [];
    let text = '';
    let batchBytes = 0;
    let taken = 0;
    for (const entry of this.#waiting) {
      if (batchBytes >= maxBytes || (entry.line !== undefined && batch.length > 0)) break;
      taken++;
      // Its call has been given up meanwhile: what nobody waits for need not be asked.
      if (entry.outgoing.settled) {
        this.#bytes -= entry.bytes;
        continue;
      }
      batch.push(entry);
      batchBytes += entry.bytes;
      if (entry.line !== undefined) break;
      text += `${entry.outgoing.text}\n`;
    }
    this.#waiting = taken === this.#waiting.length ? [] : this.#waiting.slice(taken);
    if (batch.length === 0) return;
    this.#lastFrames = batch.length;
    this.#inFlight = this.#inFlight.length === 0 ? batch : [...this.#inFlight, ...batch];
    this.#stdin.write(batch[0]!.line ?? text, (error) => {
      if (error == null) this.#written(batch);
    });
    // The very first attempt failed: the kernel took not a single byte, so the peer cannot have seen the frames.
    if (this.#stdin.errored !== null) {
      this.#waiting = [...batch, ...this.#waiting];
      this.#inFlight = this.#inFlight.filter((entry) => !batch.includes(entry));
      return;
    }
    const { tally } = this.#owner.context;
    if (tally !== undefined) tally.bytesSent += batchBytes;
    // The kernel takes what fits at once: from here on the peer may have read any frame of the batch, long before
    // the callback of the whole write comes.
    for (const { outgoing } of batch) outgoing.flushed();
  }

  #written(batch: readonly Waiting[]): void {
    if (this.#inFlight.length === 0) return; // failed meanwhile
    this.#inFlight = this.#inFlight.length === batch.length ? NONE : this.#inFlight.slice(batch.length);
    for (const { bytes, line } of batch) {
      this.#bytes -= bytes;
      if (line !== undefined) giveLineBufferBack(line);
    }
    if (this.#inFlight.length === 0) this.#write(BATCH_BYTES);
  }

  #break(cause: Error): void {
    if (this.#broken) return;
    this.#broken = true;
    this.#owner.inputBroken(cause);
  }
}

/** One for all queues: a function of each would be made anew in each tick. */
function flush(queue: SendQueue): void {
  queue.flush();
}

function large(outgoing: Outgoing, bytes: number): Waiting {
  const line = takeLineBuffer(bytes);
  const { text } = outgoing;
  // A byte for each character is ASCII, which needs no look at each.
  line.write(text, text.length === bytes - 1 ? 'latin1' : 'utf8');
  line[bytes - 1] = LF;
  outgoing.taken?.();
  return { outgoing, bytes, line };
}
