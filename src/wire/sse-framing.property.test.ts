import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SseDecoder, type SseEvent } from './sse-framing.ts';

function decode(
  chunks: Iterable<Buffer>,
  maxBytes: number,
): { events: SseEvent[]; retries: number[]; failed: number } {
  const out = { events: [] as SseEvent[], retries: [] as number[], failed: 0 };
  const decoder = new SseDecoder(
    {
      event: (event) => void out.events.push(event),
      retry: (delayMs) => void out.retries.push(delayMs),
      tooLarge: () => void out.failed++,
    },
    maxBytes,
  );
  for (const chunk of chunks) decoder.push(chunk);
  return out;
}

/** Cuts `bytes` at these places; empty chunks included. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b);
  return [0, ...sorted].map((from, index) => bytes.subarray(from, sorted[index] ?? bytes.length));
}

const lineBreak = fc.constantFrom('\n', '\r\n', '\r');
/** Text without line breaks, as a field may hold it. */
const fieldText = fc
  .string({ unit: 'binary', maxLength: 30 })
  .map((text) => text.replaceAll(/[\r\n\uFEFF]/gu, '_'));
/** Lines that mean something, lines that mean nothing, and junk. */
const line = fc.oneof(
  fieldText.map((text) => `data: ${text}`),
  fieldText.map((text) => `data:${text}`),
  fieldText.map((text) => `event: ${text}`),
  fieldText.map((text) => `id: ${text}`),
  fc.nat().map((delayMs) => `retry: ${delayMs}`),
  fieldText.map((text) => `:${text}`),
  fieldText,
  fc.constant(''),
);
const stream = fc
  .array(fc.tuple(line, lineBreak), { maxLength: 40 })
  .map((lines) => Buffer.from(lines.map((pair) => pair.join('')).join('')));

describe('SseDecoder, any stream', () => {
  it('F-099 however it is cut, the same comes out', () => {
    fc.assert(
      fc.property(
        stream,
        fc.array(fc.nat(), { maxLength: 30 }),
        fc.integer({ min: 8, max: 200 }),
        (bytes, places, max) => {
          for (const limit of [1_000_000, max]) {
            expect(decode(cut(bytes, places), limit)).toEqual(decode([bytes], limit));
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('F-099 what was written is what is read', () => {
    const written = fc.array(
      fc.record({ event: fieldText, lines: fc.array(fieldText, { minLength: 1, maxLength: 4 }), lineBreak }),
      { maxLength: 10 },
    );
    fc.assert(
      fc.property(written, fc.array(fc.nat(), { maxLength: 20 }), (events, places) => {
        const text = events
          .map(({ event, lines, lineBreak: end }) =>
            [`event: ${event}`, ...lines.map((one) => `data: ${one}`), '', ''].join(end),
          )
          .join('');
        const read = decode(cut(Buffer.from(text), places), 1_000_000);
        expect(read.events.map(({ event, data }) => [event, data])).toEqual(
          events.map(({ event, lines }) => [
            event === '' ? 'message' : Buffer.from(event).toString('utf8'),
            Buffer.from(lines.join('\n')).toString('utf8'),
          ]),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('never throws on bytes, fails at most once, and says nothing afterwards', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }),
        fc.nat({ max: 100 }),
        (chunks, max) => {
          const { events, failed } = decode(
            chunks.map((chunk) => Buffer.from(chunk)),
            max,
          );
          expect(failed).toBeLessThanOrEqual(1);
          for (const { data } of events) expect(Buffer.byteLength(data)).toBeLessThanOrEqual(3 * max);
        },
      ),
      { numRuns: 300 },
    );
  });
});
