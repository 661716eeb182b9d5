import type { Logger } from '../../core/log.ts';
import { encodeError, encodeResult } from '../../wire/encode.ts';
import { JSON_RPC_ERROR, type JsonRpcRequest, type Params, type RequestId } from '../../wire/json-rpc.ts';
import type { Era } from '../eras/era.ts';
import { RequestRefusal } from './request-refusal.ts';
import type { WireCounters } from './wire-counters.ts';

/** Requests of one server that are worked on at the same time (S28). */
const MAX_AT_ONCE = 16;

/** What {@link ServerRequests} needs of its session. */
export interface ServerRequestsOptions {
  readonly server: string;
  readonly logger: Logger;
  readonly counters: WireCounters;
  readonly era: () => Era | undefined;
  readonly respond: (text: string) => void;
  /** Answers everything but `ping`. */
  readonly answer: (method: string, params: Params) => Promise<Record<string, unknown>>;
}

/** Answers what the server asks, where its era lets it ask. */
export class ServerRequests {
  readonly #options: ServerRequestsOptions;
  #open = 0;

  constructor(options: ServerRequestsOptions) {
    this.#options = options;
  }

  handle(request: JsonRpcRequest): void {
    const { server, logger, counters } = this.#options;
    if (!this.#mayAsk) {
      counters.ignoredRequests++; // F-112: not even refused, since a modern client must not send responses
      logger.warn('the server sent a request, which this revision forbids', { server });
      return;
    }
    if (request.method === 'ping') {
      this.#options.respond(encodeResult(request.id, {}));
      return;
    }
    if (this.#open >= MAX_AT_ONCE) {
      counters.ignoredRequests++;
      this.#refuse(request.id, new RequestRefusal(JSON_RPC_ERROR.internalError, 'too many requests at once'));
      return;
    }
    this.#open++;
    void this.#serve(request);
  }

  /** A request that cannot be read is refused, if it can be told who asked. */
  refuseMalformed(id: RequestId, why: string): void {
    if (this.#mayAsk) this.#refuse(id, new RequestRefusal(JSON_RPC_ERROR.invalidRequest, why));
  }

  get #mayAsk(): boolean {
    return this.#options.era()?.answersRequests !== false;
  }

  async #serve({ id, method, params }: JsonRpcRequest): Promise<void> {
    try {
      this.#options.respond(encodeResult(id, await this.#options.answer(method, params ?? {})));
    } catch (error) {
      this.#refuse(id, error instanceof RequestRefusal ? error : RequestRefusal.internal());
    } finally {
      this.#open--;
    }
  }

  #refuse(id: RequestId, { code, message }: RequestRefusal): void {
    this.#options.respond(encodeError(id, { code, message }));
  }
}
