import { SignalboxError } from '../../core/errors.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';
import { answerInput, type InputRefusal, type RefusalKind } from '../../protocol/input/input-answers.ts';
import { capabilitiesOf, type InputHandlers } from '../../protocol/input/input-handlers.ts';
import type { ClientIdentity } from '../../protocol/mcp-types.ts';
import { RequestRefusal } from '../../protocol/session/request-refusal.ts';
import { isObject, JSON_RPC_ERROR, type Params } from '../../wire/json-rpc.ts';

/** A user or model said no to a request of a legacy server (2025-11-25, sampling). */
const USER_REJECTED = -1;

const REFUSAL_CODES: Readonly<Record<Exclude<RefusalKind, 'failed'>, number>> = {
  'unknown-method': JSON_RPC_ERROR.methodNotFound,
  undeclared: JSON_RPC_ERROR.methodNotFound,
  'undeclared-mode': JSON_RPC_ERROR.invalidParams,
  malformed: JSON_RPC_ERROR.invalidParams,
  refused: USER_REJECTED,
};

/** Requests for input in one result; more is no honest question. */
const MAX_INPUT_REQUESTS = 64;

/** Where a server's requests for input are answered, whichever way its era asks: by the same handlers. */
export class InputDesk {
  readonly #server: string;
  readonly #identity: ClientIdentity;
  #handlers: InputHandlers = {};

  constructor(server: string, identity: ClientIdentity) {
    this.#server = server;
    this.#identity = identity;
  }

  set handlers(handlers: InputHandlers) {
    this.#handlers = handlers;
  }

  get handlers(): InputHandlers {
    return this.#handlers;
  }

  /** Who we say we are, with the capabilities that follow from the handlers. */
  get identity(): ClientIdentity {
    const { info, capabilities } = this.#identity;
    return { info, capabilities: capabilitiesOf(capabilities, this.#handlers) };
  }

  /**
   * Answers a request of a legacy server.
   * @throws RequestRefusal
   */
  async serve(method: string, params: Params, signal: AbortSignal): Promise<Record<string, unknown>> {
    try {
      return await answerInput(this.#handlers, method, params, { server: this.#server, signal });
    } catch (error) {
      const refusal = error as InputRefusal;
      if (refusal.kind === 'failed') throw RequestRefusal.internal();
      throw new RequestRefusal(REFUSAL_CODES[refusal.kind], refusal.message);
    }
  }

  /**
   * Answers all input requests of one result of a modern server, in parallel.
   * @throws SignalboxError INPUT_REQUIRED if nobody here can answer, INPUT_REFUSED if somebody would not
   */
  async fulfil(inputRequests: unknown, signal: AbortSignal): Promise<Record<string, unknown>> {
    const entries = isObject(inputRequests) ? Object.entries(inputRequests) : [];
    if (entries.length > MAX_INPUT_REQUESTS) {
      throw this.#error('INPUT_REQUIRED', `it asks for ${entries.length} inputs at once`);
    }
    const answers = await Promise.all(
      entries.map(async ([key, request]) => [key, await this.#answer(request, signal)] as const),
    );
    // The keys are the peer's: no prototype, so that none of them means anything here (S20).
    const responses = Object.create(null) as Record<string, unknown>;
    for (const [key, answer] of answers) responses[key] = answer;
    return responses;
  }

  async #answer(request: unknown, signal: AbortSignal): Promise<Record<string, unknown>> {
    const { method, params } = isObject(request) ? request : {};
    try {
      return await answerInput(
        this.#handlers,
        typeof method === 'string' ? method : '',
        isObject(params) ? params : {},
        { server: this.#server, signal },
      );
    } catch (error) {
      const { kind, message } = error as InputRefusal;
      const code = kind === 'refused' || kind === 'failed' ? 'INPUT_REFUSED' : 'INPUT_REQUIRED';
      throw this.#error(code, `${sanitizePeerText(String(method), 60)}: ${message}`);
    }
  }

  #error(code: 'INPUT_REQUIRED' | 'INPUT_REFUSED', why: string): SignalboxError {
    const what =
      code === 'INPUT_REQUIRED'
        ? 'the server needs input that nothing here gives'
        : 'the input that the server needs was not given';
    return new SignalboxError(code, `${what}: ${why}; see client.onInputRequest`, {
      server: this.#server,
      delivered: 'yes',
    });
  }
}
