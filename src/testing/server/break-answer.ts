import { JSON_RPC_ERROR, type JsonRpcRequest } from '../../wire/json-rpc.ts';
import type { FaultRule } from '../faults/fault.ts';
import type { AnswerWay } from './answer-way.ts';
import type { Answer } from './answers.ts';

/** The right answer to a request, which is about to be spoilt. */
export interface SpoiltAnswer {
  readonly request: JsonRpcRequest;
  readonly answer: Answer;
  /** The answer, encoded. */
  readonly text: string;
  /** Its HTTP status, where it has one. */
  readonly status: number;
  wait(ms: number): Promise<void>;
}

/** Half a JSON-RPC message, so that a reader of lines takes it for one. */
const NOT_JSON = '{"jsonrpc": this is not JSON';

/** Does to an answer what the rule says. Rejects only when a wait is aborted. */
export async function breakAnswer(rule: FaultRule, spoilt: SpoiltAnswer, way: AnswerWay): Promise<void> {
  const { request, answer, text, status } = spoilt;
  const { id } = request;
  const say = (message: object): void => way.answer(JSON.stringify({ jsonrpc: '2.0', ...message }), 200);
  switch (rule.kind) {
    case 'none':
    case 'late':
      way.answer(text, status);
      return;
    case 'hang':
      return;
    case 'disconnect':
      way.cut(false);
      return;
    case 'exit':
      way.exit(rule.code);
      return;
    case 'truncate': {
      const frame = way.frame(text);
      await way.write(frame.subarray(0, frame.length >> 1));
      way.cut(true);
      return;
    }
    case 'noise':
      way.openStream();
      way.noise(rule.text ?? 'Server started');
      way.answer(text, status);
      return;
    case 'duplicate':
      way.openStream();
      for (let copy = 1; copy < (rule.copies ?? 2); copy++) await way.write(way.frame(text));
      way.answer(text, status);
      return;
    case 'wrong-id':
      say({ id: rule.id === undefined ? 'nobody-asked' : rule.id, ...answer });
      return;
    case 'error': {
      const { code = JSON_RPC_ERROR.internalError, message = 'injected error' } = rule;
      say({ id, error: { code, message } });
      return;
    }
    case 'wrong-shape':
      say({ id, result: rule.result ?? 'this is no result' });
      return;
    case 'not-json':
      way.answer(rule.text ?? NOT_JSON, 200);
      return;
    case 'status': {
      const { retryAfter } = rule;
      const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
      way.refuse(rule.status, headers, `injected HTTP ${rule.status}`);
      return;
    }
    case 'session-lost':
      way.loseSession();
      way.refuse(404, {}, 'Session not found');
      return;
    case 'trickle':
      await trickle(way, way.frame(text), rule.chunkBytes ?? 1, () => spoilt.wait(rule.everyMs ?? 1));
      return;
    case 'huge':
      await way.write(way.frame(padded(id, answer, rule.bytes)));
      way.end();
      return;
  }
}

async function trickle(
  way: AnswerWay,
  frame: Buffer,
  chunkBytes: number,
  pause: () => Promise<void>,
): Promise<void> {
  for (let start = 0; start < frame.length && !way.isGone; start += chunkBytes) {
    if (start > 0) await pause();
    await way.write(frame.subarray(start, start + chunkBytes));
  }
  way.end();
}

/** The answer with as much padding as makes it `bytes` long, or as it is if it is longer. */
function padded(id: JsonRpcRequest['id'], answer: Answer, bytes: number): string {
  if ('error' in answer) return JSON.stringify({ jsonrpc: '2.0', id, ...answer });
  const encode = (padding: string): string => {
    const _meta = { ...(answer.result['_meta'] as object | undefined), padding };
    return JSON.stringify({ jsonrpc: '2.0', id, result: { ...answer.result, _meta } });
  };
  return encode('p'.repeat(Math.max(0, bytes - Buffer.byteLength(encode('')))));
}
