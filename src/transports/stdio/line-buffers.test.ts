import { describe, expect, it } from 'vitest';
import { giveLineBufferBack, takeLineBuffer } from './line-buffers.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

describe('memory for lines', () => {
  it('is as long as the line, and used again for lines of about its length', () => {
    const first = takeLineBuffer(100_000);
    expect(first).toHaveLength(100_000);
    const { buffer: memory } = first;
    const other = takeLineBuffer(100_000);
    expect(other.buffer).not.toBe(memory);
    giveLineBufferBack(first);
    expect(takeLineBuffer(20_000).buffer).not.toBe(memory);
    const next = takeLineBuffer(131_072);
    expect(next).toHaveLength(131_072);
    expect(next.buffer).toBe(memory);
    // Taken once: nobody else gets it meanwhile.
    expect(takeLineBuffer(100_000).buffer).not.toBe(memory);
  });

  it('is not kept beyond 2 MiB, nor for lines beyond 1 MiB', () => {
    const lines = Array.from({ length: 40 }, () => takeLineBuffer(128 * KIB));
    const given = new Set(lines.map(({ buffer }) => buffer));
    for (const line of lines) giveLineBufferBack(line);
    const again = Array.from({ length: 40 }, () => takeLineBuffer(128 * KIB));
    expect(again.filter(({ buffer }) => given.has(buffer))).toHaveLength(16);
    const long = takeLineBuffer(MIB + 1);
    giveLineBufferBack(long);
    expect(takeLineBuffer(MIB + 1).buffer).not.toBe(long.buffer);
  });
});
