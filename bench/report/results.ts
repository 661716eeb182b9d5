import type { Cell } from '../plan/cells.ts';
import type { Wire } from '../plan/contenders.ts';
import type { CellResult } from '../run/measure-calls.ts';
import type { ConnectResult } from '../run/measure-connect.ts';
import type { MemoryResult } from '../run/measure-memory.ts';
import type { PackageResult } from '../run/measure-package.ts';
import { type Spread, spreadOf } from './spread.ts';

/** One contender in one cell. */
export interface CallFigures {
  readonly contender: string;
  readonly callsPerSecond: Spread;
  readonly cpuUs: Spread;
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
  /** Cores that others used during the windows. */
  readonly othersCores: number | undefined;
}

export interface CellFigures {
  readonly cell: Cell;
  readonly contenders: readonly CallFigures[];
}

/** All that one run has found: plain, as it is saved. */
export interface Results {
  readonly machine: { readonly node: string; readonly cpu: string; readonly cores: number };
  readonly madeAt: string;
  readonly rounds: number;
  readonly calls: readonly CellFigures[];
  readonly connect: readonly {
    readonly wire: Wire;
    readonly contenders: readonly {
      readonly contender: string;
      readonly coldMs: Spread;
      readonly warmMs: Spread;
    }[];
  }[];
  readonly memory: readonly {
    readonly wire: Wire;
    readonly count: number;
    readonly contenders: readonly {
      readonly contender: string;
      readonly heapKb: Spread;
      readonly rssKb: Spread;
      readonly connectMs: Spread;
    }[];
  }[];
  readonly packages: readonly {
    readonly id: string;
    readonly importMs: Spread;
    readonly rssMb: Spread;
    readonly installedMb: number;
    readonly packages: number;
  }[];
}

export function cellFigures({ cell, samples }: CellResult): CellFigures {
  const contenders = [...samples].map(([contender, windows]): CallFigures => {
    const loads = windows.flatMap(({ othersCores }) => (othersCores === undefined ? [] : [othersCores]));
    return {
      contender,
      callsPerSecond: spreadOf(windows.map(({ calls, wallMs }) => (calls * 1000) / wallMs)),
      cpuUs: spreadOf(windows.map(({ calls, cpuMs }) => (cpuMs * 1000) / calls)),
      p50Ms: spreadOf(windows.map(({ p50Ms }) => p50Ms)),
      p99Ms: spreadOf(windows.map(({ p99Ms }) => p99Ms)),
      othersCores: loads.length === 0 ? undefined : spreadOf(loads).median,
    };
  });
  return { cell, contenders };
}

export function connectFigures({ wire, samples }: ConnectResult): Results['connect'][number] {
  const contenders = [...samples].map(([contender, { cold, warm }]) => ({
    contender,
    coldMs: spreadOf(cold),
    warmMs: spreadOf(warm),
  }));
  return { wire, contenders };
}

export function memoryFigures({ wire, count, samples }: MemoryResult): Results['memory'][number] {
  const contenders = [...samples].map(([contender, costs]) => ({
    contender,
    heapKb: spreadOf(costs.map(({ heapBytes }) => heapBytes / 1024)),
    rssKb: spreadOf(costs.map(({ rssBytes }) => rssBytes / 1024)),
    connectMs: spreadOf(costs.map(({ connectMs }) => connectMs)),
  }));
  return { wire, count, contenders };
}

export function packageFigures(result: PackageResult): Results['packages'][number] {
  return {
    id: result.id,
    importMs: spreadOf(result.importMs),
    rssMb: spreadOf(result.rssBytes.map((bytes) => bytes / 2 ** 20)),
    installedMb: result.installedBytes / 2 ** 20,
    packages: result.packages,
  };
}

/** The figures of one contender in one cell; undefined where it was not measured. */
export function figuresOf(
  results: Results,
  where: Partial<Cell>,
  contender: string,
): CallFigures | undefined {
  const found = results.calls.find(
    ({ cell }) =>
      cell.wire === where.wire &&
      cell.bytes === where.bytes &&
      cell.inFlight === where.inFlight &&
      cell.chunkBytes === where.chunkBytes,
  );
  return found?.contenders.find((figures) => figures.contender === contender);
}
