import type { ServerResponse } from 'node:http';
import type { JsonRpcErrorObject } from '../../wire/json-rpc.ts';
import type { Reply } from '../answers/reply.ts';
import type { KeepAlive, Ticking } from './keep-alive.ts';
import { sendJson } from './send-json.ts';
import { type SseLimits, SseStream } from './sse-stream.ts';

export interface HttpReplyOptions {
  readonly limits: SseLimits;
  readonly keepAlive: KeepAlive;
  /** Whether the client takes `text/event-stream`; if not, it hears no progress. */
  readonly acceptsStream: boolean;
  /** HTTP status of an answer that is an error. Default: 200 for all. */
  readonly statusOf?: (error: JsonRpcErrorObject) => number;
  /** Sent with whatever the answer is. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Requests of a batch: their answers go out as one array. Undefined: a single request. */
  readonly batchSize?: number;
}

/**
 * The response to one POST. It is plain JSON unless something must be said before the answer, or the answer takes
 * long: then it becomes an event stream.
 */
export class HttpReply implements Reply, Ticking {
  readonly #response: ServerResponse;
  readonly #options: HttpReplyOptions;
  #open: number;
  readonly #texts: string[] = [];
  #status = 200;
  #stream: SseStream | undefined;
  #hasWaited = false;

  constructor(response: ServerResponse, options: HttpReplyOptions) {
    this.#response = response;
    this.#options = options;
    this.#open = options.batchSize ?? 1;
    if (options.acceptsStream) options.keepAlive.add(this);
    response.once('close', () => options.keepAlive.delete(this));
  }

  notify(text: string): void {
    if (this.#options.acceptsStream) this.#streamed().sendIfRoom(text);
  }

  respond(text: string, error?: JsonRpcErrorObject): void {
    if (error !== undefined && this.#open === 1) this.#status = this.#options.statusOf?.(error) ?? 200;
    if (this.#stream === undefined) this.#texts.push(text);
    else this.#stream.send(text);
    this.#answered();
  }

  abandon(): void {
    this.#answered();
  }

  /** An answer that takes long becomes a stream, which comments can keep alive. */
  tick(): void {
    if (this.#hasWaited) this.#streamed().tick();
    this.#hasWaited = true;
  }

  #answered(): void {
    this.#open--;
    if (this.#open > 0) return;
    const { batchSize, headers, keepAlive, limits } = this.#options;
    keepAlive.delete(this);
    if (this.#stream !== undefined) {
      this.#stream.end();
    } else if (this.#texts.length === 0) {
      // A cancelled request gets no answer (2025-11-25, cancellation), and a stream can be without one.
      this.#streamed().end();
    } else {
      const text = batchSize === undefined ? this.#texts[0]! : `[${this.#texts.join(',')}]`;
      sendJson(this.#response, this.#status, text, limits.stallMs, headers);
    }
  }

  #streamed(): SseStream {
    if (this.#stream !== undefined) return this.#stream;
    const { limits, headers } = this.#options;
    const stream = new SseStream(this.#response, limits, headers);
    this.#stream = stream;
    for (const text of this.#texts.splice(0)) stream.send(text);
    return stream;
  }
}
