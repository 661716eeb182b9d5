import { sanitizePeerText } from '../../../core/peer-text.ts';
import { encodeNotification } from '../../../wire/encode.ts';
import { isObject } from '../../../wire/json-rpc.ts';
import type { SseEvent } from '../../../wire/sse-framing.ts';
import { answerText, exactId, isAnswer } from './answer-text.ts';
import { isSignOfLife, notificationOf } from './event-types.ts';

/** Longest type of an event, in characters. */
const MAX_TYPE_LENGTH = 128;

/** What an event of the stream is. */
export type EventReading =
  /** A JSON-RPC message, or what would be one. */
  | { readonly kind: 'message'; readonly text: string }
  /** Something that the server tells in words of its own. `type` is safe to print. */
  | { readonly kind: 'told'; readonly type: string; readonly data: unknown }
  | { readonly kind: 'noise'; readonly noise: 'not-json' | 'ignored-event'; readonly sample: string }
  /** The server is there, and says nothing. */
  | { readonly kind: 'nothing' };

const NOTHING: EventReading = { kind: 'nothing' };

/**
 * Reads one event: what its data is counts first, then its `type`, then the name of the event. Never throws, whatever the
 * peer sends.
 */
export function readEvent({ event, data }: SseEvent): EventReading {
  // An event without data only carries an id, or says that the server is there (F-109).
  if (data === '') return NOTHING;
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return event === 'message' ? { kind: 'noise', noise: 'not-json', sample: data } : told(event, data);
  }
  if (!isObject(value)) {
    // Perhaps a batch; whoever reads messages knows.
    return event === 'message' || Array.isArray(value) ? { kind: 'message', text: data } : told(event, value);
  }
  if (Object.hasOwn(value, 'jsonrpc')) return { kind: 'message', text: data };
  const type = typeof value['type'] === 'string' && value['type'] !== '' ? value['type'] : undefined;
  if (isAnswer(value) || (Object.hasOwn(value, 'request_id') && type === undefined && event === 'message')) {
    return { kind: 'message', text: answerText(value, data) };
  }
  if (type === undefined && event === 'message') return { kind: 'message', text: data };
  const name = type ?? event;
  const method = notificationOf(name);
  return method === undefined ? told(name, value) : notification(method, value, data);
}

function told(type: string, data: unknown): EventReading {
  if (isSignOfLife(type)) return NOTHING;
  const clean = sanitizePeerText(type, MAX_TYPE_LENGTH);
  if (clean === '' || type.length > MAX_TYPE_LENGTH) {
    return { kind: 'noise', noise: 'ignored-event', sample: type };
  }
  return { kind: 'told', type: clean, data };
}

/** Parameters stand under `params` or `data`, or beside the type. */
function notification(
  method: string,
  value: Readonly<Record<string, unknown>>,
  sample: string,
): EventReading {
  const { type: _type, request_id: requestId, params, data, ...beside } = value;
  const own = isObject(params) ? params : isObject(data) ? data : undefined;
  // What a server logs may be anything, and stands under `data` itself then.
  const isLog = own === data && method === 'notifications/message' && Object.hasOwn(value, 'level');
  const found: Record<string, unknown> = own === undefined || isLog ? { ...beside } : { ...own };
  if (isLog || (own === undefined && data !== undefined)) found['data'] = data;
  // Progress is told of a request, by the token that we gave it: its id.
  if (method === 'notifications/progress' && found['progressToken'] === undefined) {
    found['progressToken'] = exactId(requestId);
  }
  try {
    return { kind: 'message', text: encodeNotification(method, found) };
  } catch {
    // Nested deeper than a value can be written.
    return { kind: 'noise', noise: 'ignored-event', sample };
  }
}
