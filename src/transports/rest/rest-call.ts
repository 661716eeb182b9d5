import { SignalboxError } from '../../core/errors.ts';
import type { LinkedList, ListNode } from '../../core/linked-list.ts';
import type { LiveExchange } from '../http/live-exchange.ts';
import type { Outgoing, TransportReceiver } from '../transport.ts';
import { type RestAnswer, RestExchange, type RestListener, type RestTarget } from './rest-exchange.ts';
import type { RestStep } from './rest-service.ts';

/** What all calls of one REST transport share. */
export interface RestLink {
  readonly target: RestTarget;
  readonly receiver: TransportReceiver;
  readonly live: LinkedList<RestCall>;
}

/** One MCP message on its way as an exchange with the service, and its answer on the way back. */
export class RestCall implements RestListener, LiveExchange {
  readonly outgoing: Outgoing;
  /** Id of its JSON-RPC request; undefined for a notification. */
  readonly id: unknown;
  readonly #link: RestLink;
  readonly #read: (RestStep & { readonly kind: 'ask' })['read'];
  readonly #exchange: RestExchange;
  readonly #place: ListNode<RestCall>;

  /** @throws SignalboxError INVALID_ARGUMENT if the request cannot be sent as it is */
  constructor(
    link: RestLink,
    outgoing: Outgoing,
    id: unknown,
    { request, read }: RestStep & { readonly kind: 'ask' },
  ) {
    this.#link = link;
    this.outgoing = outgoing;
    this.id = id;
    this.#read = read;
    this.#exchange = new RestExchange(link.target, request, this);
    outgoing.exchange = this;
    this.#place = link.live.add(this);
  }

  get wasSent(): boolean {
    return this.#exchange.wasSent;
  }

  get requestId(): string | undefined {
    return this.#exchange.requestId;
  }

  start(): void {
    this.#exchange.start();
  }

  cancel(): void {
    this.#exchange.cancel();
  }

  // --- RestListener -----------------------------------------------------------------------------------------------

  sent(): void {
    this.outgoing.flushed();
  }

  answered(answer: RestAnswer): void {
    const { outgoing } = this;
    let text: string;
    try {
      text = JSON.stringify({ jsonrpc: '2.0', id: this.id, ...this.#read(answer) });
    } catch (error) {
      outgoing.failed(asFault(error, this.#link.target.server, answer));
      return;
    }
    if (outgoing.expectsAnswer) this.#link.receiver.message(text, outgoing, answer.status);
  }

  broken(error: SignalboxError): void {
    this.outgoing.failed(error);
  }

  released(): void {
    this.#link.live.remove(this.#place);
    if (this.outgoing.exchange === this) this.outgoing.exchange = undefined;
  }
}

/** What reading an answer throws, always as one of ours: it is called from the events of a socket. */
function asFault(error: unknown, server: string, { status, requestId }: RestAnswer): SignalboxError {
  if (SignalboxError.is(error)) return error;
  return new SignalboxError('BAD_RESPONSE', 'the answer of the service cannot be read', {
    server,
    delivered: 'yes',
    cause: error,
    details: { status, requestId },
  });
}
