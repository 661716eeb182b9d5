import type { ServerResponse } from 'node:http';
import { BodyWay, type BodyWayOptions } from './body-way.ts';
import { messageEvent, noiseEvents, openEvents, sendJson, writeOut } from './http-body.ts';

export interface PostWayOptions extends BodyWayOptions {
  /** Whether the client takes an event stream as the answer. */
  readonly acceptsStream: boolean;
}

/** Streamable HTTP: the answer is the body of the response, or an event in it. */
export class PostWay extends BodyWay {
  readonly #acceptsStream: boolean;
  #isStream = false;

  constructor(response: ServerResponse, options: PostWayOptions) {
    super(response, options);
    this.#acceptsStream = options.acceptsStream;
  }

  notify(message: string): void {
    this.openStream();
    if (this.#isStream) void writeOut(this.response, messageEvent(message));
  }

  noise(text: string): void {
    if (this.#isStream) void writeOut(this.response, noiseEvents(text));
  }

  openStream(): void {
    if (this.isGone || this.response.headersSent || !this.#acceptsStream) return;
    this.#isStream = true;
    openEvents(this.response, this.headers);
  }

  frame(message: string): Buffer {
    return Buffer.from(this.#isStream ? messageEvent(message) : message);
  }

  answer(message: string, status: number): void {
    if (!this.response.headersSent) {
      sendJson(this.response, status, message, this.headers);
      return;
    }
    void writeOut(this.response, this.frame(message));
    this.end();
  }
}
