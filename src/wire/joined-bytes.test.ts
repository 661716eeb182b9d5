import { describe, expect, it } from 'vitest';
import { joinedBytes } from './joined-bytes.ts';

const MIB = 1024 * 1024;

/** Chunks of these sizes, each full of its own number. */
function chunksOf(...sizes: readonly number[]): Buffer[] {
  return sizes.map((size, index) => Buffer.alloc(size, index + 1));
}

describe('joinedBytes', () => {
  it.each([
    ['nothing', []],
    ['one piece', [5]],
    ['a few, more than were ever needed', [10, 0, 70_000, 3]],
    ['fewer than the last time', [2, 3]],
    ['as much as is shared', [MIB - 1, 1]],
    ['more than is shared', [MIB, 1]],
  ])('joins %s', (_, sizes) => {
    const chunks = chunksOf(...sizes);
    const expected = Buffer.concat(chunks);
    expect(joinedBytes(chunks, expected.length).equals(expected)).toBe(true);
  });

  it('uses the same memory again, but for what is too long to be kept', () => {
    const memoryOf = (...sizes: readonly number[]): unknown =>
      joinedBytes(
        chunksOf(...sizes),
        sizes.reduce((sum, size) => sum + size, 0),
      ).buffer;
    expect(memoryOf(10, 20)).toBe(memoryOf(30, 40));
    expect(memoryOf(MIB, 20)).not.toBe(memoryOf(MIB, 20));
  });
});
