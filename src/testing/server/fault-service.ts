import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import { sleep } from '../../core/sleep.ts';
import { encodeNotification } from '../../wire/encode.ts';
import { JSON_RPC_ERROR, type JsonRpcRequest } from '../../wire/json-rpc.ts';
import { type DelayMs, executes, type FaultRule } from '../faults/fault.ts';
import type { FaultPlan } from '../faults/fault-plan.ts';
import type { AnswerWay } from './answer-way.ts';
import type { Answer, Answers } from './answers.ts';
import { breakAnswer } from './break-answer.ts';
import type { JournalSink } from './journal.ts';
import { metaProblem } from './modern-request.ts';

export interface FaultServiceOptions {
  readonly answers: Answers;
  readonly plan: FaultPlan;
  readonly journal: JournalSink;
  readonly clock: Clock;
  readonly random: Random;
}

/** Serves requests as they should be, or as the plan has it. What carries them is not its business. */
export class FaultService {
  readonly #options: FaultServiceOptions;

  constructor(options: FaultServiceOptions) {
    this.#options = options;
  }

  /** Never rejects. @param signal fires when the client cancels or is gone, or the server closes */
  async serve(request: JsonRpcRequest, way: AnswerWay, signal: AbortSignal): Promise<void> {
    const rule = this.#meet(request);
    try {
      // A status is all that is said then: nothing may come before it.
      const isRefused = rule?.kind === 'status' || rule?.kind === 'session-lost';
      if (!isRefused) way.accept();
      const notify = (method: string, params: Readonly<Record<string, unknown>>): void => {
        if (!isRefused) way.notify(encodeNotification(method, params));
      };
      const answer = executes(rule)
        ? await this.#options.answers.answer(request, { signal, notify })
        : { result: {} };
      await this.#pause(rule?.delayMs, signal);
      if (rule === undefined) way.answer(encode(request, answer), this.#statusOf(request, answer));
      else await this.#fail(rule, request, answer, way, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      way.giveUp();
    }
  }

  #meet({ method, params }: JsonRpcRequest): (FaultRule & { readonly id: number }) | undefined {
    const { plan, journal, clock } = this.#options;
    const name = params?.['name'];
    const rule = plan.take(method, typeof name === 'string' ? name : undefined);
    if (rule !== undefined)
      journal.append({ event: 'fault', kind: rule.kind, method, rule: rule.id, at: clock.wallNow() });
    return rule;
  }

  async #fail(
    rule: FaultRule,
    request: JsonRpcRequest,
    answer: Answer,
    way: AnswerWay,
    signal: AbortSignal,
  ): Promise<void> {
    const text = encode(request, answer);
    const status = this.#statusOf(request, answer);
    const wait = (ms: number): Promise<void> => this.#pause(ms, signal);
    await breakAnswer(rule, { request, answer, text, status, wait }, way);
  }

  async #pause(delayMs: DelayMs | undefined, signal: AbortSignal): Promise<void> {
    if (delayMs === undefined) return;
    const { clock, random } = this.#options;
    const [from, to] = typeof delayMs === 'number' ? [delayMs, delayMs] : delayMs;
    await sleep(clock, from + (to - from) * random(), signal);
  }

  /** Statuses that 2026-07-28 ties to JSON-RPC errors; the legacy era has none. */
  #statusOf(request: JsonRpcRequest, answer: Answer): number {
    if (!('error' in answer) || !this.#options.answers.speaksModern(request)) return 200;
    if (request.method === 'initialize' || metaProblem(request.params) !== undefined) return 400;
    return answer.error.code === JSON_RPC_ERROR.methodNotFound ? 404 : 200;
  }
}

function encode({ id }: JsonRpcRequest, answer: Answer): string {
  return JSON.stringify({ jsonrpc: '2.0', id, ...answer });
}
