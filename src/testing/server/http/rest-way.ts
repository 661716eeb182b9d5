import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { isObject } from '../../../wire/json-rpc.ts';
import type { AnswerWay } from '../answer-way.ts';
import { cutConnection, sendJson, writeOut } from './http-body.ts';

export interface RestWayOptions {
  /** What an answer of success is wrapped in: `{result}` of a call. */
  readonly wrap: (result: unknown) => unknown;
  readonly loseSession: () => void;
}

/** Plain REST: the answer is the body of the response, in the shape of its route. There is no way to say anything else. */
export class RestWay implements AnswerWay {
  readonly #response: ServerResponse;
  readonly #options: RestWayOptions;

  constructor(response: ServerResponse, options: RestWayOptions) {
    this.#response = response;
    this.#options = options;
  }

  get isGone(): boolean {
    return this.#response.destroyed;
  }

  accept(): void {}

  notify(): void {}

  noise(): void {}

  openStream(): void {}

  frame(message: string): Buffer {
    return Buffer.from(this.#bodyOf(message));
  }

  write(bytes: Buffer): Promise<void> {
    if (!this.#response.headersSent && !this.isGone) {
      this.#response.writeHead(200, { 'content-type': 'application/json' });
    }
    return writeOut(this.#response, bytes);
  }

  end(): void {
    if (!this.isGone) this.#response.end();
  }

  answer(message: string): void {
    sendJson(this.#response, 200, this.#bodyOf(message));
  }

  giveUp(): void {
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

  /** The message of JSON-RPC as a body of REST; what is no message stays what it is. */
  #bodyOf(message: string): string {
    let value: unknown;
    try {
      value = JSON.parse(message);
    } catch {
      return message;
    }
    if (!isObject(value)) return message;
    const { error, result } = value;
    return JSON.stringify(error === undefined ? this.#options.wrap(result) : { error });
  }
}
