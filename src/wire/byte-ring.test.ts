import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteRing } from './byte-ring.ts';

function filled(capacity: number, ...chunks: readonly string[]): ByteRing {
  const ring = new ByteRing(capacity);
  for (const chunk of chunks) ring.push(Buffer.from(chunk));
  return ring;
}

describe('ByteRing', () => {
  it('keeps the end of what was written', () => {
    expect(filled(5).text()).toBe('');
    expect(filled(5, 'abc').text()).toBe('abc');
    expect(filled(5, 'abc', 'def', 'g').text()).toBe('cdefg');
    expect(filled(5, 'abcdefghij').text()).toBe('fghij');
    expect(filled(5, 'abc', 'def').totalBytes).toBe(6);
  });

  it('gives the last lines that are not blank', () => {
    const ring = filled(100, 'one\ntwo\r\n\n  \nthr', 'ee\n');
    expect(ring.lastLines(2)).toEqual(['two', 'three']);
    expect(ring.lastLines(10)).toEqual(['one', 'two', 'three']);
    expect(filled(100).lastLines(3)).toEqual([]);
  });

  it('a character that was cut at the front is replaced, not an error', () => {
    expect(filled(4, '☂☂').text()).toMatch(/^�+☂$/u);
  });

  it('does not keep the memory of what it is given', () => {
    const chunk = Buffer.from('abc');
    const ring = new ByteRing(10);
    ring.push(chunk);
    chunk.fill('x');
    expect(ring.text()).toBe('abc');
  });

  it('F-022 memory stays flat however much is written', () => {
    const ring = new ByteRing(64 * 1024);
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const before = process.memoryUsage().rss;
    for (let count = 0; count < 4096; count++) ring.push(chunk);
    expect(ring.totalBytes).toBe(256 * 1024 * 1024);
    expect(process.memoryUsage().rss - before).toBeLessThan(128 * 1024 * 1024);
  });

  it('any chunks: the last bytes of them all', () => {
    const chunks = fc.array(fc.string({ unit: 'grapheme-ascii', maxLength: 12 }), { maxLength: 30 });
    fc.assert(
      fc.property(chunks, fc.integer({ min: 1, max: 20 }), (parts, capacity) => {
        expect(filled(capacity, ...parts).text()).toBe(parts.join('').slice(-capacity));
      }),
    );
  });
});
