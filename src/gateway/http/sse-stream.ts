import type { ServerResponse } from 'node:http';
import type { ChangeSink } from '../eras/subscription.ts';
import type { Ticking } from './keep-alive.ts';
import { guardStall } from './send-json.ts';

/** Bounds of one event stream; see `GatewayLimits`. */
export interface SseLimits {
  readonly bufferedBytes: number;
  readonly stallMs: number;
}

/**
 * An HTTP response as a stream of server-sent events. It never holds much for a client that does not read (S19): what
 * may be dropped is dropped, of what may be late the newest is kept, and a client that takes nothing is cut off.
 */
export class SseStream implements ChangeSink, Ticking {
  readonly #response: ServerResponse;
  readonly #limits: SseLimits;
  readonly #late: Map<string, string> = new Map();

  /** Sends the head of the response at once, so that the client knows that its stream is open. */
  constructor(response: ServerResponse, limits: SseLimits, headers: Readonly<Record<string, string>> = {}) {
    this.#response = response;
    this.#limits = limits;
    if (this.#isOver) return;
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      ...headers,
    });
    response.flushHeaders();
    response.on('drain', () => this.#onDrain());
  }

  /** Sends a message whatever waits before it: only for what is bounded by something else. */
  send(text: string): void {
    this.#write(`event: message\ndata: ${text}\n\n`);
  }

  /** Sends a message unless too much waits already. */
  sendIfRoom(text: string): void {
    if (!this.#isBehind) this.send(text);
  }

  sendLatest(key: string, text: string): void {
    if (this.#isBehind) this.#late.set(key, text);
    else this.send(text);
  }

  /** A comment keeps the connection alive; clients skip it. */
  tick(): void {
    if (this.#response.writableLength === 0) this.#write(': keep-alive\n\n');
  }

  end(): void {
    if (this.#isOver) return;
    this.#response.end();
    guardStall(this.#response, this.#limits.stallMs);
  }

  get #isOver(): boolean {
    return this.#response.destroyed || this.#response.writableEnded;
  }

  get #isBehind(): boolean {
    // Below its high-water mark a stream never says that it has drained: what is late would stay late.
    const { writableLength, writableHighWaterMark } = this.#response;
    return writableLength >= Math.max(this.#limits.bufferedBytes, writableHighWaterMark);
  }

  #write(text: string): void {
    if (this.#isOver) return;
    if (!this.#response.write(text)) guardStall(this.#response, this.#limits.stallMs);
  }

  #onDrain(): void {
    this.#response.setTimeout(0);
    const late = [...this.#late.values()];
    this.#late.clear();
    for (const text of late) this.send(text);
  }
}
