import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { AnswerWay } from '../answer-way.ts';
import type { SharedOutput } from '../shared-output.ts';
import { cutConnection, noiseEvents } from './http-body.ts';

export interface EventWayOptions {
  /** The stream that all answers share. */
  readonly stream: ServerResponse;
  readonly output: SharedOutput;
  /** What says that a request was taken. */
  readonly acceptStatus: number;
  /** How a message of JSON-RPC, or what takes its place, stands on the stream. */
  readonly event: (message: string) => string;
  readonly loseSession: () => void;
}

/** The POST is only taken; the answer is an event on the stream that all answers share. */
export class EventWay implements AnswerWay {
  readonly #post: ServerResponse;
  readonly #options: EventWayOptions;

  constructor(post: ServerResponse, options: EventWayOptions) {
    this.#post = post;
    this.#options = options;
  }

  get isGone(): boolean {
    return this.#options.stream.destroyed;
  }

  accept(): void {
    if (!this.#post.destroyed) this.#post.writeHead(this.#options.acceptStatus).end();
  }

  notify(message: string): void {
    void this.#output.whole(this.#options.event(message));
  }

  noise(text: string): void {
    void this.#output.whole(noiseEvents(text));
  }

  openStream(): void {}

  frame(message: string): Buffer {
    return Buffer.from(this.#options.event(message));
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
    else void this.#output.whole(this.#options.event(message));
    this.end();
  }

  giveUp(): void {
    if (this.#output.holds(this)) void this.#output.piece(this, Buffer.from('\n\n'));
    this.end();
  }

  cut(gently: boolean): void {
    cutConnection(this.#options.stream, gently);
  }

  exit(): void {
    this.cut(false);
  }

  refuse(status: number, headers: OutgoingHttpHeaders, body: string): void {
    if (!this.#post.destroyed)
      this.#post.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(body);
  }

  loseSession(): void {
    this.#options.loseSession();
  }

  get #output(): SharedOutput {
    return this.#options.output;
  }
}
