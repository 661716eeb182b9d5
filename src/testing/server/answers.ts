import type { Clock } from '../../core/clock.ts';
import { VERSION } from '../../core/version.ts';
import {
  isObject,
  JSON_RPC_ERROR,
  type JsonRpcErrorObject,
  type JsonRpcRequest,
} from '../../wire/json-rpc.ts';
import type { JournalEntry, JournalSink } from './journal.ts';
import { isModern, metaProblem, unsupportedVersion } from './modern-request.ts';
import { type FaultServerEra, LEGACY_REVISIONS, META, MODERN_REVISION } from './revisions.ts';
import { FAULT_SERVER_TOOLS } from './tools.ts';

const SERVER_INFO = { name: 'signalbox-fault-server', version: VERSION };
const CAPABILITIES = { tools: {} };

/** What a request is answered with. */
export type Answer =
  | { readonly result: Readonly<Record<string, unknown>> }
  | { readonly error: JsonRpcErrorObject };

/** Whom an answer is for. */
export interface AnswerContext {
  readonly signal: AbortSignal;
  /** Sends a notification before the answer. */
  notify(method: string, params: Readonly<Record<string, unknown>>): void;
}

export interface AnswersOptions {
  readonly era: FaultServerEra;
  readonly clock: Clock;
  readonly journal: JournalSink;
  /** What earlier processes have noted. */
  readonly past: readonly JournalEntry[];
}

/** The right answers: what a faultless server of either era says. Keeps the journal of what it executes. */
export class Answers {
  readonly #options: AnswersOptions;
  readonly #timesRun: Map<string, number> = new Map();
  #lastRun = 0;

  constructor(options: AnswersOptions) {
    this.#options = options;
    for (const entry of options.past) {
      if (entry.event === 'call') this.#counted(entry.arguments, entry.n);
    }
  }

  /** Whether a request is answered as one of the modern era. */
  speaksModern({ method, params }: JsonRpcRequest): boolean {
    const { era } = this.#options;
    if (era !== 'both') return era === 'modern';
    return isModern(params) && method !== 'initialize';
  }

  /** Rejects only when the signal of the context fires. */
  async answer(request: JsonRpcRequest, context: AnswerContext): Promise<Answer> {
    if (!this.speaksModern(request)) return await this.#legacy(request, context);
    const { method, params } = request;
    if (method === 'initialize')
      return { error: unsupportedVersion([MODERN_REVISION], params?.['protocolVersion']) };
    const problem = metaProblem(params);
    if (problem !== undefined) return { error: problem };
    return await this.#modern(request, context);
  }

  async #legacy(request: JsonRpcRequest, context: AnswerContext): Promise<Answer> {
    const { method, params } = request;
    if (method === 'initialize') {
      const wanted = params?.['protocolVersion'];
      if (typeof wanted !== 'string') return invalidParams('params.protocolVersion must be a string');
      const protocolVersion = LEGACY_REVISIONS.includes(wanted) ? wanted : LEGACY_REVISIONS[0]!;
      return { result: { protocolVersion, capabilities: CAPABILITIES, serverInfo: SERVER_INFO } };
    }
    if (method === 'ping') return { result: {} };
    return await this.#common(request, context, {});
  }

  async #modern(request: JsonRpcRequest, context: AnswerContext): Promise<Answer> {
    const cached = { ttlMs: 0, cacheScope: 'private' };
    const answer: Answer =
      request.method === 'server/discover'
        ? { result: { supportedVersions: [MODERN_REVISION], capabilities: CAPABILITIES, ...cached } }
        : await this.#common(request, context, cached);
    if ('error' in answer) return answer;
    const _meta = { [`${META}serverInfo`]: SERVER_INFO };
    return { result: { resultType: 'complete', ...answer.result, _meta } };
  }

  async #common(request: JsonRpcRequest, context: AnswerContext, cached: object): Promise<Answer> {
    if (request.method === 'tools/list') {
      const tools = [...FAULT_SERVER_TOOLS.values()].map(({ definition }) => definition);
      return { result: { tools, ...cached } };
    }
    if (request.method === 'tools/call') return await this.#call(request, context);
    return { error: { code: JSON_RPC_ERROR.methodNotFound, message: 'Method not found' } };
  }

  async #call({ params = {} }: JsonRpcRequest, context: AnswerContext): Promise<Answer> {
    const { clock, journal } = this.#options;
    const { name, arguments: args = {}, _meta } = params;
    const tool = FAULT_SERVER_TOOLS.get(String(name));
    if (tool === undefined) return invalidParams(`Unknown tool: ${String(name).slice(0, 100)}`);
    if (!isObject(args)) return invalidParams('params.arguments must be an object');
    context.signal.throwIfAborted();
    const n = this.#lastRun + 1;
    journal.append({ event: 'call', n, tool: String(name), arguments: args });
    const timesRun = this.#counted(args, n);
    const progressToken = isObject(_meta) ? _meta['progressToken'] : undefined;
    const progress = (value: number, total: number): void => {
      if (progressToken !== undefined)
        context.notify('notifications/progress', { progressToken, progress: value, total });
    };
    try {
      return {
        result: await tool.run({ arguments: args, timesRun, clock, signal: context.signal, progress }),
      };
    } catch (error) {
      journal.append({ event: 'cancelled', n });
      throw error;
    }
  }

  #counted(args: Readonly<Record<string, unknown>>, n: number): number {
    this.#lastRun = Math.max(this.#lastRun, n);
    const { key } = args;
    if (typeof key !== 'string') return 0;
    const times = (this.#timesRun.get(key) ?? 0) + 1;
    this.#timesRun.set(key, times);
    return times;
  }
}

function invalidParams(message: string): Answer {
  return { error: { code: JSON_RPC_ERROR.invalidParams, message } };
}
