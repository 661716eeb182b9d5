import { cpus } from 'node:os';
import { join } from 'node:path';
import type { BenchOptions } from '../options.ts';
import { type Cell, cellsOf } from '../plan/cells.ts';
import { type Contender, ERA_UNKNOWN } from '../plan/contenders.ts';
import {
  type CellFigures,
  cellFigures,
  connectFigures,
  memoryFigures,
  packageFigures,
  type Results,
} from '../report/results.ts';
import { EchoServers } from './echo-servers.ts';
import { installBuild } from './install-build.ts';
import { type CallSettings, measureCalls } from './measure-calls.ts';
import { measureConnect } from './measure-connect.ts';
import { measureMemory } from './measure-memory.ts';
import { measurePackages } from './measure-package.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Who stands for its kind where each client costs something and policies make no difference. */
const MEMORY_CONTENDERS = ['signalbox', 'v2-legacy', 'v2-modern', 'v1'];
/** A server over stdio is a process of 40 MB: fewer of them tell as much of our side. */
const STDIO_CLIENTS = 20;
const HTTP_CLIENTS = [100, 1000];
/** How often all processes are started anew in a run. */
const GENERATIONS = 3;

/** Makes one run. Says on the way what it is at. */
export async function runBench(options: BenchOptions, progress: (what: string) => void): Promise<Results> {
  const { parts, wires, rounds } = options;
  const contenders = installed(options.contenders);
  await using servers = await EchoServers.start();
  const calls = parts.includes('calls') ? await allCalls({ ...options, contenders }, servers, progress) : [];
  const connect: Results['connect'][number][] = [];
  for (const wire of parts.includes('connect') ? wires : []) {
    progress(`${wire}: connecting`);
    const taking = [...contenders, ...installed(ERA_UNKNOWN)];
    connect.push(connectFigures(await measureConnect(wire, taking, servers, rounds)));
  }
  const memory: Results['memory'][number][] = [];
  if (parts.includes('memory')) {
    const taking = contenders.filter(({ id }) => MEMORY_CONTENDERS.includes(id));
    for (const [wire, count] of memoryCells(options)) {
      progress(`${wire}: ${count} idle clients`);
      memory.push(memoryFigures(await measureMemory(wire, count, taking, servers, Math.min(3, rounds))));
    }
  }
  if (parts.includes('package')) progress('importing the packages');
  const packages = parts.includes('package') ? measurePackages(rounds).map(packageFigures) : [];
  const [cpu] = cpus();
  return {
    machine: { node: process.version, cpu: cpu?.model ?? 'unknown', cores: cpus().length },
    madeAt: new Date().toISOString(),
    rounds,
    calls,
    connect,
    memory,
    packages,
  };
}

/** Contenders of ours with the place of their build. */
function installed(contenders: readonly Contender[]): Contender[] {
  const places = new Map<string, string>();
  return contenders.map((contender) => {
    if (contender.program !== 'signalbox') return contender;
    const build = contender.build ?? join(ROOT, 'dist');
    const place = places.get(build) ?? installBuild(build, `build-${places.size}`);
    places.set(build, place);
    return { ...contender, build: place };
  });
}

function memoryCells({ wires }: BenchOptions): (readonly ['stdio' | 'json', number])[] {
  const stdio = wires.includes('stdio') ? [['stdio', STDIO_CLIENTS] as const] : [];
  return [...stdio, ...(wires.includes('json') ? HTTP_CLIENTS.map((count) => ['json', count] as const) : [])];
}

async function allCalls(
  options: BenchOptions,
  servers: EchoServers,
  progress: (what: string) => void,
): Promise<CellFigures[]> {
  const { wires, sizes, inFlight, contenders, isQuick, rounds, windowMs, warmCalls } = options;
  const settings: CallSettings = isQuick
    ? { rounds, windowMs, generations: 1, warmCalls, repeats: 0 }
    : { rounds, windowMs, generations: Math.min(GENERATIONS, rounds), warmCalls, repeats: 1 };
  const figures: CellFigures[] = [];
  for (const cells of byProcesses(cellsOf(wires, sizes, inFlight))) {
    figures.push(...(await measureCalls(cells, contenders, servers, settings, progress)).map(cellFigures));
  }
  return figures;
}

/** Cells that the same processes can measure. */
function byProcesses(cells: readonly Cell[]): readonly (readonly Cell[])[] {
  const groups = new Map<string, Cell[]>();
  for (const cell of cells) {
    const key = `${cell.wire} ${cell.chunkBytes ?? ''}`;
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  return [...groups.values()];
}
