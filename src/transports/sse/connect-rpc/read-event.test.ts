import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SseEvent } from '../../../wire/sse-framing.ts';
import { type EventReading, readEvent } from './read-event.ts';

function read(data: unknown, event: string = 'message'): EventReading {
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  return readEvent({ event, data: text, id: undefined, setsId: false } satisfies SseEvent);
}

/** The message that an event is, parsed. */
function message(data: unknown, event?: string): unknown {
  const reading = read(data, event);
  expect(reading.kind).toBe('message');
  return JSON.parse((reading as { text: string }).text);
}

describe('answers of the dialect', () => {
  it.each([
    ['a number', 7, 7],
    ['a number as text', '7', 7],
    ['the number 0', 0, 0],
    ['text', 'abc', 'abc'],
    ['text that begins like a number', '7a', '7a'],
    ['a number with a zero before it', '07', '07'],
    ['a fraction as text', '7.0', '7.0'],
    ['blanks', ' 7 ', ' 7 '],
    ['nothing', null, null],
    ['an object', { id: 7 }, null],
  ])('F-045 are for exactly the id that stands there: %s', (_what, requestId, id) => {
    expect(message({ request_id: requestId, result: { a: 1 } })).toMatchObject({ jsonrpc: '2.0', id });
  });

  it('keep their result as it is, however deep it nests', () => {
    const deep = `{"request_id":7,"result":{"a":${'['.repeat(150_000)}${']'.repeat(150_000)}}}`;
    const reading = read(deep) as { kind: string; text: string };
    expect(reading.kind).toBe('message');
    expect(reading.text).toBe(`{"jsonrpc":"2.0","id":7,${deep.slice(1)}`);
  });

  it.each([
    [
      'a result beside an empty error',
      { request_id: 1, result: { a: 1 }, error: null },
      { result: { a: 1 } },
    ],
    [
      'an error beside an empty result',
      { request_id: 1, result: null, error: 'no' },
      { error: { code: -32_603, message: 'no' } },
    ],
    ['an id of its own', { request_id: 1, id: 'event-9', result: { a: 1 } }, { id: 1, result: { a: 1 } }],
    ['the name of an event', { request_id: 1, type: 'response', result: {} }, { id: 1, result: {} }],
  ])('may have %s', (_what, data, expected) => {
    expect(message(data)).toMatchObject({ jsonrpc: '2.0', id: 1, ...expected });
  });

  it('F-048 with both or neither are left to break JSON-RPC', () => {
    const both = message({ request_id: 1, result: {}, error: { code: 1, message: 'x' } }) as object;
    expect(Object.keys(both)).toEqual(['jsonrpc', 'id', 'result', 'error']);
    expect(message({ request_id: 1 })).not.toHaveProperty('result');
    expect(message({ request_id: 1, error: null })).toEqual({ jsonrpc: '2.0', id: 1 });
  });

  it('F-041 with two ids are left to be refused', () => {
    const { text } = read('{"request_id":1,"result":{},"request_id":2}') as { text: string };
    expect(text.match(/"id"/gu)).toHaveLength(2);
    const escaped = read('{"request_id":1,"result":{},"request\\u005fid":2}') as { text: string };
    expect(escaped.text.match(/"id"/gu)).toHaveLength(2);
  });

  it.each<[unknown, object]>([
    ['text', { code: -32_603, message: 'text' }],
    [-32_001, { code: -32_001, message: 'error' }],
    [
      { code: 5, message: 'm', data: [1] },
      { code: 5, message: 'm', data: [1] },
    ],
    [{ message: 'm' }, { code: -32_603, message: 'm' }],
    [
      { code: 'E_GONE', message: 'm' },
      { code: -32_603, message: 'm', data: { code: 'E_GONE', message: 'm' } },
    ],
    [
      { detail: 'd', trace: 1 },
      { code: -32_603, message: 'd', data: { detail: 'd', trace: 1 } },
    ],
    [{ error: { message: 'inner' } }, { code: -32_603, message: 'inner' }],
    [{ code: 4.5 }, { code: -32_603, message: 'error without message' }],
    [['a'], { code: -32_603, message: 'malformed error', data: ['a'] }],
    [true, { code: -32_603, message: 'malformed error', data: true }],
    [{ toString: 'x' }, { code: -32_603, message: 'error without message', data: { toString: 'x' } }],
  ])('F-049 have an error of any shape: %j', (error, expected) => {
    expect(message({ request_id: 1, error })).toMatchObject({ jsonrpc: '2.0', id: 1, error: expected });
  });
});

describe('events of the dialect', () => {
  it.each([
    [{ type: 'tools_changed' }, 'notifications/tools/list_changed', {}],
    [{ type: 'resources_list_changed' }, 'notifications/resources/list_changed', {}],
    [{ type: 'notifications/prompts/list_changed' }, 'notifications/prompts/list_changed', {}],
    [{ type: 'resource_updated', data: { uri: 'a:b' } }, 'notifications/resources/updated', { uri: 'a:b' }],
    [{ type: 'resources/updated', uri: 'a:b' }, 'notifications/resources/updated', { uri: 'a:b' }],
    [
      { type: 'progress', request_id: '9', progress: 0.5 },
      'notifications/progress',
      { progressToken: 9, progress: 0.5 },
    ],
    [
      { type: 'notifications/progress', params: { progressToken: 9, progress: 1 } },
      'notifications/progress',
      { progressToken: 9, progress: 1 },
    ],
    [
      { type: 'log', level: 'info', data: { text: 'hello' } },
      'notifications/message',
      { level: 'info', data: { text: 'hello' } },
    ],
    [
      { type: 'log', data: { level: 'info', data: 'hi' } },
      'notifications/message',
      { level: 'info', data: 'hi' },
    ],
    [{ type: 'log', level: 'info', data: 'hi' }, 'notifications/message', { level: 'info', data: 'hi' }],
  ])('%j is a notification', (data, method, params) => {
    expect(message(data)).toEqual({ jsonrpc: '2.0', method, params });
  });

  it('are told by the name of the event where the data has no type', () => {
    expect(message({ uri: 'a:b' }, 'resource_updated')).toMatchObject({ params: { uri: 'a:b' } });
    expect(read({ job: 1 }, 'job_done')).toEqual({ kind: 'told', type: 'job_done', data: { job: 1 } });
    expect(read({ type: 'inner' }, 'outer')).toMatchObject({ type: 'inner' });
    expect(read('plain words', 'job_done')).toEqual({ kind: 'told', type: 'job_done', data: 'plain words' });
    expect(read('42', 'job_done')).toEqual({ kind: 'told', type: 'job_done', data: 42 });
  });

  it.each(['ping', 'heartbeat', 'keep-alive'])('%s is a sign of life only', (type) => {
    expect(read({ type, at: 1 })).toEqual({ kind: 'nothing' });
    expect(read('whatever', type)).toEqual({ kind: 'nothing' });
    expect(read('', type)).toEqual({ kind: 'nothing' });
  });

  it('F-109 without data, or with what is no JSON, are no messages', () => {
    expect(read('')).toEqual({ kind: 'nothing' });
    expect(read('{not json')).toMatchObject({ kind: 'noise', noise: 'not-json' });
  });

  it('are JSON-RPC whatever they are called', () => {
    const text = '{"jsonrpc":"2.0","id":1,"result":{},"type":"ping","request_id":2}';
    expect(read(text, 'job_done')).toEqual({ kind: 'message', text });
    expect(read('[{"jsonrpc":"2.0"}]')).toEqual({ kind: 'message', text: '[{"jsonrpc":"2.0"}]' });
  });

  it('S16 have a type that is safe to print, or are noise', () => {
    expect(read({ type: 'a\u001B[31mb\u202E' })).toMatchObject({ kind: 'told', type: 'ab' });
    expect(read({ type: 'x'.repeat(129) })).toMatchObject({ kind: 'noise' });
    expect(read({ type: '\u0000' })).toMatchObject({ kind: 'noise' });
    expect(read({ type: 7 })).toMatchObject({ kind: 'message' });
  });

  it('F-053 take nothing from keys of the prototype', () => {
    expect(read('{"__proto__":{"type":"ping","request_id":1,"jsonrpc":"2.0"}}')).toMatchObject({
      kind: 'message',
    });
    expect(read({ type: 'constructor' })).toMatchObject({ kind: 'told', type: 'constructor' });
    expect(read('{"type":"progress","__proto__":{"polluted":1}}')).toMatchObject({ kind: 'message' });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('F-054 that nest deeper than they can be written are dropped', () => {
    const deep = `{"type":"log","level":"info","data":${'['.repeat(150_000)}${']'.repeat(150_000)}}`;
    expect(read(deep)).toMatchObject({ kind: 'noise', noise: 'ignored-event' });
    const error = `{"request_id":1,"error":{"trace":${'['.repeat(150_000)}${']'.repeat(150_000)}}}`;
    expect(message(error)).toMatchObject({ id: 1, error: { code: -32_603, data: null } });
  });

  it('are read without a fault, whatever they hold', () => {
    const key = fc.constantFrom(
      'request_id',
      'type',
      'result',
      'error',
      'id',
      'params',
      'data',
      'jsonrpc',
      'x',
    );
    const data = fc.oneof(
      fc.string(),
      fc.json(),
      fc.dictionary(key, fc.jsonValue()).map((value) => JSON.stringify(value)),
    );
    const name = fc.oneof(fc.constantFrom('message', 'ping', 'progress'), fc.string());
    fc.assert(
      fc.property(data, name, (text, event) => {
        const reading = read(text, event === '' ? 'message' : event);
        if (reading.kind !== 'message') return;
        expect(() => JSON.parse(reading.text) as unknown).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });
});
