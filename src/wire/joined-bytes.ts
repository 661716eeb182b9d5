/** Longer frames are rare, and joined in memory of their own. */
const MAX_SHARED_BYTES = 1024 * 1024;

/** Grows to what was needed, up to {@link MAX_SHARED_BYTES}: one for all, as what stands in it is read at once. */
let shared = Buffer.alloc(0);

/**
 * The chunks in one piece, **good until the next call**: whoever wants to keep the bytes makes a string of them, or copies
 * them. New memory for each frame would be given back by the garbage collector only, and be cold, or not even there, when
 * it is used again: a tenth of what a message of 100 KB costs.
 * @param bytes how many there are in all chunks
 */
export function joinedBytes(chunks: readonly Buffer[], bytes: number): Buffer {
  if (bytes > MAX_SHARED_BYTES) return Buffer.concat(chunks, bytes);
  if (shared.length < bytes) shared = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(bytes)));
  let at = 0;
  for (const chunk of chunks) {
    shared.set(chunk, at);
    at += chunk.length;
  }
  return shared.subarray(0, bytes);
}
