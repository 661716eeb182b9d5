import type { Timer } from '../../core/clock.ts';
import { SignalboxError } from '../../core/errors.ts';
import { LateSet } from '../../core/late-set.ts';
import { encodeError, encodeResult } from '../../wire/encode.ts';
import { JSON_RPC_ERROR, type JsonRpcRequest, type Params, type RequestId } from '../../wire/json-rpc.ts';
import type { Era } from '../eras/era.ts';
import { RequestRefusal } from './request-refusal.ts';
import type { SessionEnvironment } from './session-environment.ts';
import type { WireCounters } from './wire-counters.ts';

/** Requests of one server that are worked on at the same time (S28). */
const MAX_AT_ONCE = 16;

/** What {@link ServerRequests} asks of its session. */
export interface ServerRequestsOwner {
  readonly server: string;
  readonly environment: SessionEnvironment;
  readonly counters: WireCounters;
  readonly era: Era | undefined;
  /** How long an answer may take, in ms. Undefined: no limit. */
  readonly answerMs: number | undefined;
  respond(text: string): void;
  /** Answers everything but `ping`; `signal` fires when the answer is no longer wanted. */
  answer(method: string, params: Params, signal: AbortSignal): Promise<Record<string, unknown>>;
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
  readonly #owner: ServerRequestsOwner;
  /** Those that are worked on, also when nobody wants the answer any more: the work counts. */
  readonly #open: LateSet<OpenRequest> = new LateSet();

  constructor(owner: ServerRequestsOwner) {
    this.#owner = owner;
  }

  handle(request: JsonRpcRequest): void {
    const { server, environment, counters } = this.#owner;
    if (!this.#mayAsk) {
      counters.ignoredRequests++; // F-112: not even refused, since a modern client must not send responses
      environment.logger.warn('the server sent a request, which this revision forbids', { server });
      return;
    }
    if (request.method === 'ping') {
      this.#owner.respond(encodeResult(request.id, {}));
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
    return this.#owner.era?.answersRequests !== false;
  }

  async #serve({ id, method, params }: JsonRpcRequest): Promise<void> {
    const { environment, answerMs = Number.POSITIVE_INFINITY } = this.#owner;
    const open: OpenRequest = { id, abort: new AbortController(), isOver: false, timer: undefined };
    this.#open.add(open);
    if (Number.isFinite(answerMs)) {
      open.timer = environment.clock.setTimeout(() => this.#late(open, answerMs), answerMs);
    }
    try {
      const result = await this.#owner.answer(method, params ?? {}, open.abort.signal);
      if (!open.isOver) this.#owner.respond(encodeResult(id, result));
    } catch (error) {
      if (!open.isOver) this.#refuse(id, error instanceof RequestRefusal ? error : RequestRefusal.internal());
    } finally {
      open.timer?.cancel();
      this.#open.delete(open);
    }
  }

  /** F-063: a handler that never returns keeps its place, for it still works, but not the server waiting. */
  #late(open: OpenRequest, answerMs: number): void {
    const { server } = this.#owner;
    const message = `nobody answered a request of the server within ${answerMs} ms`;
    this.#end(open, new SignalboxError('REQUEST_TIMEOUT', message, { server }));
    this.#refuse(open.id, new RequestRefusal(JSON_RPC_ERROR.internalError, 'the answer took too long'));
  }

  #end(open: OpenRequest, reason: SignalboxError): void {
    open.isOver = true;
    open.timer?.cancel();
    open.abort.abort(reason);
  }

  #refuse(id: RequestId, { code, message }: RequestRefusal): void {
    this.#owner.respond(encodeError(id, { code, message }));
  }
}
