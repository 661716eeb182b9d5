import { SignalboxError } from '../../core/errors.ts';
import { isObject } from '../../wire/json-rpc.ts';
import { LIST_KINDS, type ListKind, type ListQuery } from '../list-answer.ts';

/**
 * What another command may ask a running `up`: one request on one connection, each a line of JSON that begins with the
 * version. The answer is one line; events are many. Nothing can be changed but that a server is connected anew, and
 * nothing is taken that could name a program or an address (S05).
 */
export const CONTROL_VERSION = 1;

/** Longest request, in bytes. */
export const MAX_REQUEST_BYTES = 4096;
/** Longest line of an answer, in bytes. */
export const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** Kinds of events that can be asked for. */
export const EVENT_TYPES = ['server', 'catalog', 'circuit', 'drift', 'applied', 'shutdown'] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export type ControlRequest =
  | { readonly ask: 'status' | 'stats' }
  | ({ readonly ask: 'list' } & ListQuery)
  | {
      readonly ask: 'events';
      readonly server?: string | undefined;
      readonly types?: readonly EventType[] | undefined;
      /** Go on with what happens from now on. */
      readonly follow: boolean;
      /** The last so many that have happened. */
      readonly limit?: number | undefined;
    }
  | {
      readonly ask: 'logs';
      readonly server: string;
      /** Where the last answer about stderr ended. */
      readonly from?: number | undefined;
      /** Only events after this one. */
      readonly after?: number | undefined;
    }
  | { readonly ask: 'restart'; readonly server: string };

/** One line of an answer. */
export type ControlReply =
  | { readonly answer: unknown }
  | { readonly event: unknown }
  | { readonly error: { readonly code: string; readonly message: string } };

export function encodeLine(value: ControlRequest | ControlReply): string {
  return `${JSON.stringify({ signalbox: CONTROL_VERSION, ...value })}\n`;
}

/** @throws SignalboxError INVALID_ARGUMENT */
export function readRequest(line: string): ControlRequest {
  const { ask, server, types, follow, limit, from, after, kinds, search } = fieldsOf(line);
  switch (ask) {
    case 'status':
    case 'stats':
      return { ask };
    case 'events':
      return {
        ask,
        server: server === undefined ? undefined : name(server),
        types: types === undefined ? undefined : eventTypes(types),
        follow: follow === true,
        limit: limit === undefined ? undefined : count(limit),
      };
    case 'logs':
      return {
        ask,
        server: name(server),
        from: from === undefined ? undefined : count(from),
        after: after === undefined ? undefined : count(after),
      };
    case 'restart':
      return { ask, server: name(server) };
    case 'list':
      return {
        ask,
        kinds: listKinds(kinds),
        server: server === undefined ? undefined : name(server),
        search: search === undefined ? undefined : words(search),
      };
    default:
      throw invalid('what is asked for is unknown');
  }
}

/** @throws SignalboxError INVALID_ARGUMENT if it is none of this version */
export function readReply(line: string): ControlReply {
  const { answer, event, error } = fieldsOf(line);
  if (answer !== undefined) return { answer };
  if (event !== undefined) return { event };
  if (!isObject(error)) throw invalid('the answer is none');
  return { error: { code: String(error['code']), message: String(error['message']) } };
}

function fieldsOf(line: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw invalid('not a line of JSON');
  }
  if (!isObject(value)) throw invalid('not an object');
  if (value['signalbox'] !== CONTROL_VERSION) {
    throw invalid(`not version ${CONTROL_VERSION} of the protocol; use the same release on both sides`);
  }
  return value;
}

function name(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw invalid('the name of a server is missing');
}

function listKinds(value: unknown): ListKind[] {
  const known: readonly unknown[] = LIST_KINDS;
  if (Array.isArray(value) && value.every((kind) => known.includes(kind))) return value as ListKind[];
  throw invalid(`kinds are a list of ${LIST_KINDS.join(', ')}`);
}

function words(value: unknown): string {
  if (typeof value === 'string') return value;
  throw invalid('the words to search for are no text');
}

function eventTypes(value: unknown): EventType[] {
  const known: readonly unknown[] = EVENT_TYPES;
  if (Array.isArray(value) && value.every((type) => known.includes(type))) return value as EventType[];
  throw invalid(`types are a list of ${EVENT_TYPES.join(', ')}`);
}

function count(value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw invalid('a whole number is expected');
}

function invalid(what: string): SignalboxError {
  return new SignalboxError('INVALID_ARGUMENT', `the request between two commands is wrong: ${what}`);
}
