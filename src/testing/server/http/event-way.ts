import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { AnswerWay } from '../answer-way.ts';
import type { SharedOutput } from '../shared-output.ts';
import { cutConnection, messageEvent, noiseEvents } from './http-body.ts';

/** HTTP+SSE: the POST is only taken; the answer is an event on the stream that all answers share. */
export class EventWay implements AnswerWay {
  readonly #post: ServerResponse;
  readonly #stream: ServerResponse;
  readonly #output: SharedOutput;
  readonly #loseSession: () => void;

  constructor(post: ServerResponse, stream: ServerResponse, output: SharedOutput, loseSession: () => void) {
    this.#post = post;
    this.#stream = stream;
    this.#output = output;
    this.#loseSession = loseSession;
  }

  get isGone(): boolean {
    return this.#stream.destroyed;
  }

  accept(): void {
    if (!this.#post.destroyed) this.#post.writeHead(202).end();
  }

  notify(message: string): void {
    void this.#output.whole(messageEvent(message));
  }

  noise(text: string): void {
    void this.#output.whole(noiseEvents(text));
  }

  openStream(): void {}

  frame(message: string): Buffer {
    return Buffer.from(messageEvent(message));
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
    else void this.#output.whole(messageEvent(message));
    this.end();
  }

  giveUp(): void {
    if (this.#output.holds(this)) void this.#output.piece(this, Buffer.from('\n\n'));
    this.end();
  }

  cut(gently: boolean): void {
    cutConnection(this.#stream, gently);
  }

  exit(): void {
    this.cut(false);
  }

  refuse(status: number, headers: OutgoingHttpHeaders, body: string): void {
    if (!this.#post.destroyed)
      this.#post.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(body);
  }

  loseSession(): void {
    this.#loseSession();
  }
}
