/** Lines beyond this have memory of their own. */
const MAX_BYTES = 1024 * 1024;

/** What is kept for the next lines, of all sizes and for all servers of this process. */
const MAX_SPARE_BYTES = 2 * 1024 * 1024;

/** Memory that nobody uses, by its size. */
const spare = new Map<number, ArrayBufferLike[]>();
let spareBytes = 0;

/**
 * Memory for one line, to be written in full by whoever takes it. Memory that is left to the garbage collector is cold, or
 * not even there, when it is used again: a tenth of what a message of 100 KB costs.
 */
export function takeLineBuffer(bytes: number): Buffer {
  if (bytes > MAX_BYTES) return Buffer.allocUnsafeSlow(bytes);
  const size = 2 ** Math.ceil(Math.log2(bytes));
  const memory = spare.get(size)?.pop();
  if (memory === undefined) return Buffer.allocUnsafeSlow(size).subarray(0, bytes);
  spareBytes -= size;
  return Buffer.from(memory, 0, bytes);
}

/** The line has left, and nobody looks at its memory any more: neither the stream nor the kernel. */
export function giveLineBufferBack({ buffer }: Buffer): void {
  const size = buffer.byteLength;
  if (size > MAX_BYTES || spareBytes + size > MAX_SPARE_BYTES) return;
  const ofItsSize = spare.get(size);
  if (ofItsSize === undefined) spare.set(size, [buffer]);
  else ofItsSize.push(buffer);
  spareBytes += size;
}
