import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { AnswerWay } from '../answer-way.ts';
import { cutConnection, messageEvent, noiseEvents, openEvents, sendJson, writeOut } from './http-body.ts';

export interface PostWayOptions {
  /** Whether the client takes an event stream as the answer. */
  readonly acceptsStream: boolean;
  /** Headers of an answer. */
  readonly headers: OutgoingHttpHeaders;
  readonly loseSession: () => void;
}

/** Streamable HTTP: the answer is the body of the response, or an event in it. */
export class PostWay implements AnswerWay {
  readonly #response: ServerResponse;
  readonly #options: PostWayOptions;
  #isStream = false;

  constructor(response: ServerResponse, options: PostWayOptions) {
    this.#response = response;
    this.#options = options;
  }

  get isGone(): boolean {
    return this.#response.destroyed;
  }

  accept(): void {}

  notify(message: string): void {
    this.openStream();
    if (this.#isStream) void writeOut(this.#response, messageEvent(message));
  }

  noise(text: string): void {
    if (this.#isStream) void writeOut(this.#response, noiseEvents(text));
  }

  openStream(): void {
    if (this.isGone || this.#response.headersSent || !this.#options.acceptsStream) return;
    this.#isStream = true;
    openEvents(this.#response, this.#options.headers);
  }

  frame(message: string): Buffer {
    return Buffer.from(this.#isStream ? messageEvent(message) : message);
  }

  write(bytes: Buffer): Promise<void> {
    if (!this.#response.headersSent && !this.isGone) {
      this.#response.writeHead(200, { 'content-type': 'application/json', ...this.#options.headers });
    }
    return writeOut(this.#response, bytes);
  }

  end(): void {
    if (!this.isGone) this.#response.end();
  }

  answer(message: string, status: number): void {
    if (!this.#response.headersSent) {
      sendJson(this.#response, status, message, this.#options.headers);
      return;
    }
    void writeOut(this.#response, this.frame(message));
    this.end();
  }

  giveUp(): void {
    this.openStream();
    this.end();
  }

  cut(gently: boolean): void {
    cutConnection(this.#response, gently);
  }

  exit(): void {
    this.cut(false);
  }

  refuse(status: number, headers: OutgoingHttpHeaders, body: string): void {
    if (!this.isGone)
      this.#response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(body);
  }

  loseSession(): void {
    this.#options.loseSession();
  }
}
