import { type Cell, cellLabel } from '../plan/cells.ts';
import type { Contender } from '../plan/contenders.ts';
import { ContenderProcess } from './contender-process.ts';
import type { EchoServers } from './echo-servers.ts';
import type { Window, WindowOrder } from './orders.ts';
import { OtherLoad } from './other-load.ts';

/** A window in which others used more than this many cores is made again. */
const CALM_CORES = 0.15;

export interface CallSettings {
  readonly rounds: number;
  readonly windowMs: number;
  /** How often all processes are started anew. */
  readonly generations: number;
  /** Calls before the first counted window, where they are small. */
  readonly warmCalls: number;
  /** How often a window is made again because others were busy. */
  readonly repeats: number;
}

/** One window of one contender, with how busy everybody else was. */
export interface Sample extends Window {
  readonly othersCores: number | undefined;
}

/** All windows of one cell, by contender. */
export interface CellResult {
  readonly cell: Cell;
  readonly samples: ReadonlyMap<string, readonly Sample[]>;
}

/**
 * Measures cells of one wire and one way of writing: all contenders run at once, each in its process, and get their
 * windows in turn, so that what the machine does meets them all alike. How a process happens to be optimised differs
 * from one to the next, so there are several generations of them.
 */
export async function measureCalls(
  cells: readonly Cell[],
  contenders: readonly Contender[],
  servers: EchoServers,
  settings: CallSettings,
  progress: (what: string) => void,
): Promise<CellResult[]> {
  const results = cells.map((cell) => ({ cell, samples: new Map<string, Sample[]>() }));
  const { generations, rounds } = settings;
  for (let generation = 0; generation < generations; generation++) {
    const share = Math.floor((rounds + generation) / generations);
    if (share > 0)
      await measureGeneration(results, contenders, servers, { ...settings, rounds: share }, progress);
  }
  return results;
}

async function measureGeneration(
  results: readonly { readonly cell: Cell; readonly samples: Map<string, Sample[]> }[],
  contenders: readonly Contender[],
  servers: EchoServers,
  settings: CallSettings,
  progress: (what: string) => void,
): Promise<void> {
  const { wire, only, chunkBytes } = results[0]!.cell;
  const taking = contenders.filter(({ id, wires }) => wires.includes(wire) && (only?.includes(id) ?? true));
  const target = servers.target(wire, { chunkBytes });
  const running = taking.map((contender) => new ContenderProcess(contender, wire, target));
  try {
    for (const process of running) {
      await process.tell({ order: 'open' });
      progress(`${wire}: ${process.contender.id} warms up`);
      if (chunkBytes === undefined) await warmUp(process, settings.warmCalls);
    }
    for (const { cell, samples } of results) {
      progress(cellLabel(cell));
      await measureCell(cell, running, servers.httpPid, settings, samples);
    }
  } finally {
    await Promise.all(running.map((process) => process.end()));
  }
}

async function warmUp(process: ContenderProcess, calls: number): Promise<void> {
  const order = { order: 'window', tool: 'echo', bytes: 100, windowMs: 0 } as const;
  await process.tell({ ...order, inFlight: 16, minCalls: Math.ceil(calls / 2) });
  await process.tell({ ...order, inFlight: 64, minCalls: Math.ceil(calls / 2) });
}

async function measureCell(
  cell: Cell,
  running: readonly ContenderProcess[],
  httpPid: number,
  settings: CallSettings,
  samples: Map<string, Sample[]>,
): Promise<void> {
  const { bytes, inFlight, tool = 'echo', chunkBytes } = cell;
  const { windowMs, rounds } = settings;
  const order: WindowOrder = { order: 'window', tool, bytes, inFlight, windowMs, minCalls: 2 * inFlight };
  const isSlow = chunkBytes !== undefined;
  // Buffers and pools grow to what this cell needs.
  for (const process of isSlow ? [] : running)
    await process.tell({ ...order, windowMs: windowMs / 4, minCalls: inFlight });
  for (let round = 0; round < rounds; round++) {
    for (const process of running) {
      const single: WindowOrder = isSlow ? { ...order, windowMs: 0, minCalls: 1 } : order;
      const sample = await calmWindow(process, single, httpPid, isSlow ? 0 : settings.repeats);
      const { id } = process.contender;
      samples.set(id, [...(samples.get(id) ?? []), sample]);
    }
  }
}

/** The first window in which the others are calm, or the calmest. */
async function calmWindow(
  process: ContenderProcess,
  order: WindowOrder,
  httpPid: number,
  repeats: number,
): Promise<Sample> {
  let best: Sample | undefined;
  for (let attempt = 0; attempt <= repeats; attempt++) {
    const load = new OtherLoad([process.pid, httpPid]);
    const window = await process.tell(order);
    const sample = { ...window, othersCores: load.cores() };
    if ((sample.othersCores ?? 0) <= CALM_CORES) return sample;
    if (best === undefined || sample.othersCores! < best.othersCores!) best = sample;
  }
  return best!;
}
