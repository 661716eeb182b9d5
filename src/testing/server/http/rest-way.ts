import type { ServerResponse } from 'node:http';
import { isObject } from '../../../wire/json-rpc.ts';
import { BodyWay } from './body-way.ts';
import { sendJson } from './http-body.ts';

export interface RestWayOptions {
  /** What an answer of success is wrapped in: `{result}` of a call. */
  readonly wrap: (result: unknown) => unknown;
  readonly loseSession: () => void;
}

/** Plain REST: the answer is the body of the response, in the shape of its route. There is no way to say anything else. */
export class RestWay extends BodyWay {
  readonly #wrap: (result: unknown) => unknown;

  constructor(response: ServerResponse, { wrap, loseSession }: RestWayOptions) {
    super(response, { headers: {}, loseSession });
    this.#wrap = wrap;
  }

  notify(): void {}

  noise(): void {}

  openStream(): void {}

  frame(message: string): Buffer {
    return Buffer.from(this.#bodyOf(message));
  }

  answer(message: string): void {
    sendJson(this.response, 200, this.#bodyOf(message));
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
    return JSON.stringify(error === undefined ? this.#wrap(result) : { error });
  }
}
