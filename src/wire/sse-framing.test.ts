import { describe, expect, it } from 'vitest';
import { SseDecoder, type SseEvent } from './sse-framing.ts';

/** Everything that a decoder hands on for these chunks. */
function decode(
  chunks: readonly (string | Buffer)[],
  maxBytes: number = 10_000,
): (SseEvent | number | 'too-large')[] {
  const out: (SseEvent | number | 'too-large')[] = [];
  const decoder = new SseDecoder(
    {
      event: (event) => void out.push(event),
      retry: (delayMs) => void out.push(delayMs),
      tooLarge: () => void out.push('too-large'),
    },
    maxBytes,
  );
  for (const chunk of chunks) decoder.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  return out;
}

const event = (data: string, more: Partial<SseEvent> = {}): SseEvent => ({
  event: 'message',
  data,
  id: undefined,
  setsId: false,
  ...more,
});

describe('F-099 SseDecoder', () => {
  it.each([
    ['LF', 'data: a\n\n', [event('a')]],
    ['CRLF', 'data: a\r\n\r\n', [event('a')]],
    ['CR', 'data: a\r\r', [event('a')]],
    ['mixed line breaks', 'data: a\r\ndata: b\rdata: c\n\n', [event('a\nb\nc')]],
    ['no blank after the colon', 'data:a\n\n', [event('a')]],
    ['only one blank is taken away', 'data:  a \n\n', [event(' a ')]],
    ['a field without colon', 'data\n\n', [event('')]],
    ['several empty data lines', 'data\ndata:\n\n', [event('\n')]],
    ['colons in the value', 'data: a:b: c\n\n', [event('a:b: c')]],
    ['a named event', 'event: ping\ndata: 1\n\ndata: 2\n\n', [event('1', { event: 'ping' }), event('2')]],
    ['the last name of several', 'event: a\nevent: b\ndata: 1\n\n', [event('1', { event: 'b' })]],
    ['an empty name', 'event:\ndata: 1\n\n', [event('1')]],
    ['comments', ': hello\n\n:\ndata: a\n: in between\ndata: b\n\n', [event('a\nb')]],
    ['unknown fields', 'foo: bar\n\nDATA: no\ndata: a\n\n', [event('a')]],
    ['a BOM', '\uFEFFdata: a\n\n', [event('a')]],
    ['a second BOM is text', 'data: a\n\n\uFEFFdata: b\n\n', [event('a')]],
    ['blank lines only', '\n\r\n\r\r\n\n', []],
    ['an event that is not ended', 'data: a\n\ndata: b\n', [event('a')]],
    ['retry', 'retry: 500\n\nretry:0\n\n', [500, 0]],
    [
      'F-104 retry that is no number',
      'retry: abc\nretry: -1\nretry: 1.5\nretry:\nretry: 12345678901234567\n\n',
      [],
    ],
    ['retry with data', 'retry: 7\ndata: a\n\n', [7, event('a')]],
  ])('%s', (_name, text, expected) => {
    expect(decode([text])).toEqual(expected);
    expect(decode([...Buffer.from(text)].map((byte) => Buffer.from([byte])))).toEqual(expected);
  });

  it('an id stands until the next one, and is told apart from one that an event brings', () => {
    expect(decode(['data: 0\n\nid: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\nid: 2\n\ndata: d\n\n'])).toEqual([
      event('0'),
      event('a', { id: '1', setsId: true }),
      event('b', { id: '1' }),
      event('c', { id: '', setsId: true }),
      event('', { id: '2', setsId: true }),
      event('d', { id: '2' }),
    ]);
  });

  it.each([
    ['NUL', 'a\u0000b'],
    ['another control character', 'a\u0007b'],
    ['10 KB', 'x'.repeat(9000)],
  ])('F-115 an id with %s is not used', (_name, id) => {
    expect(decode([`id: ok\ndata: a\n\nid: ${id}\ndata: b\n\n`])).toEqual([
      event('a', { id: 'ok', setsId: true }),
      event('b', { id: 'ok' }),
    ]);
  });

  it('characters cut into bytes arrive whole', () => {
    const bytes = Buffer.from('data: é漢😀\n\n');
    expect(decode([...bytes].map((byte) => Buffer.from([byte])))).toEqual([event('é漢😀')]);
  });

  it('F-108 limits a line, also one that never ends and one that is a comment', () => {
    expect(decode([`data: ${'x'.repeat(94)}\n\n`], 100)).toEqual([event('x'.repeat(94))]);
    expect(decode([`data: ${'x'.repeat(95)}\n\ndata: b\n\n`], 100)).toEqual(['too-large']);
    expect(decode([`data: a\n\n: ${'x'.repeat(99)}`, 'y'.repeat(99)], 100)).toEqual([
      event('a'),
      'too-large',
    ]);
    expect(
      decode(['data: ', ...Array.from({ length: 20 }, () => 'x'.repeat(10)), '\n\ndata: b\n\n'], 100),
    ).toEqual(['too-large']);
  });

  it('F-108 limits an event of many lines', () => {
    const line = `data: ${'x'.repeat(14)}\n`;
    expect(decode([`${line.repeat(5)}\n`], 100)).toHaveLength(1);
    expect(decode([`${line.repeat(6)}\n`], 100)).toEqual(['too-large']);
    // The limit is for each event anew.
    expect(decode([`${line.repeat(5)}\n`.repeat(3)], 100)).toHaveLength(3);
  });

  it('F-108 a large event in single bytes costs linear time and little memory', () => {
    const decoder = new SseDecoder({ event: () => {}, retry: () => {}, tooLarge: () => {} }, 8 * 1024 * 1024);
    const before = process.memoryUsage().rss;
    const started = performance.now();
    decoder.push(Buffer.from('data: '));
    for (let index = 0; index < 1_000_000; index++) decoder.push(Buffer.from('x'));
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
  });
});
