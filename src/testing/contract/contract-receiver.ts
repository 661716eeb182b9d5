import type { NoiseKind, Outgoing, TransportReceiver } from '../../transports/transport.ts';
import { isObject } from '../../wire/json-rpc.ts';
import type { ContractMessage } from './contract-message.ts';
import type { ViolationBook } from './contract-violation.ts';

/** Characters of a sample at most: it ends in logs. */
const MAX_SAMPLE = 1024;

/** Stands where a session stands: settles requests by the ids of their answers, and watches what is delivered. */
export class ContractReceiver implements TransportReceiver {
  readonly notifications: Readonly<Record<string, unknown>>[] = [];
  readonly noises: string[] = [];
  /** Texts of all messages together, in characters. */
  characters = 0;
  readonly #book: ViolationBook;
  readonly #requests: Map<unknown, ContractMessage> = new Map();
  #isOver = false;

  constructor(book: ViolationBook) {
    this.#book = book;
  }

  expect(message: ContractMessage): void {
    this.#requests.set(message.id, message);
  }

  /** `closed` has resolved: nothing may be delivered any more. */
  over(): void {
    this.#isOver = true;
  }

  message(text: string, exchange: Outgoing | undefined): void {
    this.characters += text.length;
    if (this.#isOver) this.#book.note('a message was delivered after `closed` had resolved');
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      this.#book.note(`what is not JSON was delivered as a message: ${text.slice(0, 80)}`);
      return;
    }
    if (!isObject(value)) return;
    if (value['method'] !== undefined) {
      const { params } = value;
      this.notifications.push(isObject(params) ? params : {});
      return;
    }
    const request = this.#requests.get(value['id']);
    if (request === undefined) {
      this.#book.note(`an answer was delivered that belongs to no request: ${text.slice(0, 120)}`);
      return;
    }
    if (exchange !== undefined && exchange !== request) {
      this.#book.note(`the answer to ${request.what} was delivered with another request as its exchange`);
    }
    const { result, error } = value;
    request.answered(isObject(result) ? result : { error });
  }

  noise(_kind: NoiseKind, sample: string): void {
    this.noises.push(sample);
    if (sample.length > MAX_SAMPLE) {
      this.#book.note(`the sample of a noise has ${sample.length} characters; hand on ${MAX_SAMPLE} at most`);
    }
  }
}
