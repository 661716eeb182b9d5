import type { Logger } from '../../core/log.ts';
import type { JsonRpcNotification, JsonRpcRequest } from '../../wire/json-rpc.ts';
import { CANCELLED } from '../answers/answer.ts';
import type { Reply } from '../answers/reply.ts';
import type { Router } from '../methods/router.ts';
import { InFlight } from './in-flight.ts';
import { serveRequest } from './serve-request.ts';

/** A stream to a client on which it hears of changes. */
export interface ChangeStream {
  end(): void;
}

/** One conversation that an `initialize` has opened. Nothing in it is shared with another one (S13). */
export class LegacySession {
  readonly id: string;
  readonly protocolVersion: string;
  readonly #router: Router;
  readonly #inFlight: InFlight;
  readonly #logger: Logger;
  #stream: ChangeStream | undefined;

  constructor(id: string, protocolVersion: string, router: Router, maxInFlight: number, logger: Logger) {
    this.id = id;
    this.protocolVersion = protocolVersion;
    this.#router = router;
    this.#inFlight = new InFlight(maxInFlight);
    this.#logger = logger;
  }

  /** True while something of it is going on. */
  get isBusy(): boolean {
    return this.#inFlight.size > 0 || this.#stream !== undefined;
  }

  /** Never rejects. */
  request(request: JsonRpcRequest, reply: Reply): Promise<void> {
    return serveRequest(this.#router, this.#inFlight, request, { era: 'legacy' }, reply, this.#logger);
  }

  notification({ method, params }: JsonRpcNotification): void {
    if (method === 'notifications/cancelled') this.#inFlight.cancel(params?.['requestId'], CANCELLED);
  }

  /** The client listens on a new stream; an older one is of a connection that it has given up. */
  listen(stream: ChangeStream): void {
    const older = this.#stream;
    this.#stream = stream;
    older?.end();
  }

  stopListening(stream: ChangeStream): void {
    if (this.#stream === stream) this.#stream = undefined;
  }

  /** Cancels what is in flight and ends the stream. */
  close(reason: unknown): void {
    this.#inFlight.cancelAll(reason);
    this.#stream?.end();
    this.#stream = undefined;
  }
}
