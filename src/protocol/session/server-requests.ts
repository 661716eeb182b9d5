import type { Clock, Timer } from '../../core/clock.ts';
import { SignalboxError } from '../../core/errors.ts';
import { LateSet } from '../../core/late-set.ts';
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
  readonly clock: Clock;
  /** How long an answer may take, in ms; Infinity: no limit. */
  readonly limitMs: number;
  readonly counters: WireCounters;
  readonly era: () => Era | undefined;
  readonly respond: (text: string) => void;
  /** Answers everything but `ping`; `signal` fires when the answer is no longer wanted. */
  readonly answer: (method: string, params: Params, signal: AbortSignal) => Promise<Record<string, unknown>>;
}

interface OpenRequest {
  readonly id: RequestId;
  readonly abort: AbortController;
  /** The server has its answer, or wants none any more. */
  isOver: boolean;
  timer: Timer | undefined;
}

/** Answers what the server asks, where its era lets it ask. */
export class ServerRequests {
  readonly #options: ServerRequestsOptions;
  /** Those that are worked on, also when nobody wants the answer any more: the work counts. */
  readonly #open: LateSet<OpenRequest> = new LateSet();

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
    if (this.#open.size >= MAX_AT_ONCE) {
      counters.ignoredRequests++;
      this.#refuse(request.id, new RequestRefusal(JSON_RPC_ERROR.internalError, 'too many requests at once'));
      return;
    }
    void this.#serve(request);
  }

  /** The server does not want the answer any more. False if it does not wait for one under this id. */
  cancel(id: unknown, reason: SignalboxError): boolean {
    const wanted = [...this.#open].filter((open) => open.id === id && !open.isOver);
    for (const open of wanted) this.#end(open, reason);
    return wanted.length > 0;
  }

  /** Nobody is there any more to be answered. */
  cancelAll(reason: SignalboxError): void {
    for (const open of this.#open) this.#end(open, reason);
  }

  /** A request that cannot be read is refused, if it can be told who asked. */
  refuseMalformed(id: RequestId, why: string): void {
    if (this.#mayAsk) this.#refuse(id, new RequestRefusal(JSON_RPC_ERROR.invalidRequest, why));
  }

  get #mayAsk(): boolean {
    return this.#options.era()?.answersRequests !== false;
  }

  async #serve({ id, method, params }: JsonRpcRequest): Promise<void> {
    const { clock, limitMs } = this.#options;
    const open: OpenRequest = { id, abort: new AbortController(), isOver: false, timer: undefined };
    this.#open.add(open);
    if (Number.isFinite(limitMs)) open.timer = clock.setTimeout(() => this.#late(open), limitMs);
    try {
      const result = await this.#options.answer(method, params ?? {}, open.abort.signal);
      if (!open.isOver) this.#options.respond(encodeResult(id, result));
    } catch (error) {
      if (!open.isOver) this.#refuse(id, error instanceof RequestRefusal ? error : RequestRefusal.internal());
    } finally {
      open.timer?.cancel();
      this.#open.delete(open);
    }
  }

  /** F-063: a handler that never returns keeps its place, for it still works, but not the server waiting. */
  #late(open: OpenRequest): void {
    const { server, limitMs } = this.#options;
    const message = `nobody answered a request of the server within ${limitMs} ms`;
    this.#end(open, new SignalboxError('REQUEST_TIMEOUT', message, { server }));
    this.#refuse(open.id, new RequestRefusal(JSON_RPC_ERROR.internalError, 'the answer took too long'));
  }

  #end(open: OpenRequest, reason: SignalboxError): void {
    open.isOver = true;
    open.timer?.cancel();
    open.abort.abort(reason);
  }

  #refuse(id: RequestId, { code, message }: RequestRefusal): void {
    this.#options.respond(encodeError(id, { code, message }));
  }
}
