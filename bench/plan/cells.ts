import type { Wire } from './contenders.ts';

/** One thing that is measured of each contender: calls of one kind over one wire. */
export interface Cell {
  readonly wire: Wire;
  readonly bytes: number;
  readonly inFlight: number;
  /** `produce` has a large answer to a small request. Default `echo`: what is sent comes back. */
  readonly tool?: 'echo' | 'produce';
  /** The server writes its answers in pieces of this size; stdio only. */
  readonly chunkBytes?: number;
  /** Only these contenders. Default: all. */
  readonly only?: readonly string[];
}

const KB = 1000;
const MB = 1000 * KB;

export const SIZES: readonly number[] = [100, 100 * KB, MB, 10 * MB];
export const IN_FLIGHT: readonly number[] = [1, 16, 64];

/** More than this in flight measures the memory of the machine, and the bounds of whoever has some. */
const MAX_BYTES_IN_FLIGHT = 64 * MB;

/** A long line that comes in small pieces: whoever looks at all of it again for each piece takes quadratic time. */
const CHUNKED: readonly Cell[] = [5 * MB, 10 * MB].map((bytes) => ({
  wire: 'stdio',
  bytes,
  inFlight: 1,
  tool: 'produce',
  chunkBytes: 8192,
  only: ['floor', 'signalbox', 'v2-legacy'],
}));

/** All cells of these wires, sizes and numbers in flight, those that would hold too much left out. */
export function cellsOf(
  wires: readonly Wire[],
  sizes: readonly number[],
  inFlight: readonly number[],
): readonly Cell[] {
  const plain = wires.flatMap((wire) =>
    sizes.flatMap((bytes) => inFlight.map((calls): Cell => ({ wire, bytes, inFlight: calls }))),
  );
  const fitting = plain.filter((cell) => cell.bytes * cell.inFlight <= MAX_BYTES_IN_FLIGHT);
  return wires.includes('stdio') && sizes.includes(10 * MB) ? [...fitting, ...CHUNKED] : fitting;
}

export function sizeLabel(bytes: number): string {
  if (bytes >= MB) return `${bytes / MB} MB`;
  return bytes >= KB ? `${bytes / KB} KB` : `${bytes} B`;
}

export function cellLabel(cell: Cell): string {
  const chunked = cell.chunkBytes === undefined ? '' : ` in ${cell.chunkBytes / 1024} KiB pieces`;
  return `${cell.wire} ${sizeLabel(cell.bytes)}${chunked}, ${cell.inFlight} in flight`;
}
