/** How messages travel: `json` and `sse` are the two kinds of answers of Streamable HTTP, `events` is HTTP+SSE. */
export type Wire = 'stdio' | 'json' | 'sse' | 'events';

export const WIRES: readonly Wire[] = ['stdio', 'json', 'sse', 'events'];

export interface Contender {
  readonly id: string;
  readonly label: string;
  /** File of `programs/contenders/` that opens it. */
  readonly program: string;
  readonly wires: readonly Wire[];
  /** Another build of Signalbox than `dist/`: its folder. */
  readonly build?: string | undefined;
}

/** HTTP+SSE was replaced before there was a modern era. */
const NOT_EVENTS = WIRES.filter((wire) => wire !== 'events');

/** Clients that need a newer Node.js than this project: part of a run with `--node`, which installs them. */
const RIVALS: readonly Contender[] = [
  { id: 'ai-sdk', label: '@ai-sdk/mcp', program: 'ai-sdk', wires: NOT_EVENTS },
  { id: 'mcporter', label: 'mcporter', program: 'mcporter', wires: NOT_EVENTS },
];

/**
 * Who is measured, and in this order in each round. One more is one line here and one file below
 * `programs/contenders/`.
 */
export const CONTENDERS: readonly Contender[] = [
  { id: 'floor', label: 'floor', program: 'floor', wires: WIRES },
  { id: 'signalbox', label: 'Signalbox', program: 'signalbox', wires: WIRES },
  { id: 'signalbox-modern', label: 'Signalbox, modern', program: 'signalbox', wires: NOT_EVENTS },
  { id: 'signalbox-off', label: 'Signalbox, policies off', program: 'signalbox', wires: WIRES },
  { id: 'registry', label: 'Signalbox registry, all policies', program: 'signalbox', wires: WIRES },
  { id: 'v2-legacy', label: 'official v2, legacy', program: 'official-v2', wires: WIRES },
  { id: 'v2-modern', label: 'official v2, modern', program: 'official-v2', wires: NOT_EVENTS },
  { id: 'v1', label: 'official v1', program: 'official-v1', wires: WIRES },
  ...(process.env['SIGNALBOX_BENCH_RIVALS'] === undefined ? [] : RIVALS),
];

/** Takes part only where connecting is measured: does not know the era of the server before. */
export const ERA_UNKNOWN: readonly Contender[] = [
  { id: 'signalbox-auto', label: 'Signalbox, era unknown', program: 'signalbox', wires: ['stdio'] },
  { id: 'v2-auto', label: 'official v2, era unknown', program: 'official-v2', wires: ['stdio'] },
];

/** @throws Error that names those there are */
export function contenderOf(id: string): Contender {
  const found = CONTENDERS.find((contender) => contender.id === id);
  if (found !== undefined) return found;
  throw new Error(
    `there is no contender "${id}"; there are ${CONTENDERS.map((contender) => contender.id).join(', ')}`,
  );
}
