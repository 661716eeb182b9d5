import type { Cell } from '../plan/cells.ts';
import { type CallFigures, figuresOf, type Results } from './results.ts';

/** One goal, and what the run says of it. */
export interface GoalOutcome {
  readonly measure: string;
  readonly goal: string;
  readonly measured: string;
  /** Undefined: this run did not measure it. */
  readonly isReached: boolean | undefined;
}

type Figure = 'callsPerSecond' | 'cpuUs' | 'p50Ms';

/** A ratio of two contenders in one cell, or in the worst of several. */
interface RatioGoal {
  readonly measure: string;
  readonly cells: readonly Partial<Cell>[];
  readonly figure: Figure;
  readonly own: string;
  readonly other: string;
  readonly least?: number;
  readonly most?: number;
}

const SMALL = 100;
const LARGE = 100_000;
const HUGE = 10_000_000;
const at = (wire: Cell['wire'], bytes: number, ...inFlight: number[]): Partial<Cell>[] =>
  inFlight.map((calls) => ({ wire, bytes, inFlight: calls }));

const STDIO_BUSY = at('stdio', SMALL, 16, 64);
const JSON_BUSY = at('json', SMALL, 16, 64);
const CHUNKED: readonly Partial<Cell>[] = [{ wire: 'stdio', bytes: HUGE, inFlight: 1, chunkBytes: 8192 }];

const calls = { figure: 'callsPerSecond', own: 'signalbox' } as const;
const cpu = { figure: 'cpuUs', own: 'signalbox' } as const;

/** What this project wants to reach. */
const GOALS: readonly RatioGoal[] = [
  {
    measure: 'stdio 100 B, 16 and 64 in flight: calls',
    cells: STDIO_BUSY,
    ...calls,
    other: 'v2-legacy',
    least: 4.5,
  },
  {
    measure: 'stdio 100 B, 16 and 64 in flight: CPU',
    cells: STDIO_BUSY,
    ...cpu,
    other: 'v2-legacy',
    most: 0.2,
  },
  { measure: 'stdio 100 B, 16 and 64 in flight: CPU', cells: STDIO_BUSY, ...cpu, other: 'floor', most: 1 },
  {
    measure: 'stdio 100 B, 1 in flight: p50',
    cells: at('stdio', SMALL, 1),
    figure: 'p50Ms',
    own: 'signalbox',
    other: 'floor',
    most: 1.1,
  },
  {
    measure: 'HTTP JSON 100 B, 16 and 64 in flight: calls',
    cells: JSON_BUSY,
    ...calls,
    other: 'v2-legacy',
    least: 10,
  },
  {
    measure: 'HTTP JSON 100 B, 16 and 64 in flight: calls',
    cells: JSON_BUSY,
    ...calls,
    other: 'floor',
    least: 0.9,
  },
  {
    measure: 'HTTP SSE 100 B: calls',
    cells: at('sse', SMALL, 16, 64),
    ...calls,
    other: 'v2-legacy',
    least: 8,
  },
  {
    measure: 'HTTP JSON 100 KB: calls',
    cells: at('json', LARGE, 16, 64),
    ...calls,
    other: 'v2-legacy',
    least: 2.2,
  },
  {
    measure: 'HTTP JSON 100 KB: calls',
    cells: at('json', LARGE, 16, 64),
    ...calls,
    other: 'floor',
    least: 0.95,
  },
  {
    measure: 'stdio 100 KB: calls',
    cells: at('stdio', LARGE, 16, 64),
    ...calls,
    other: 'v2-legacy',
    least: 1.4,
  },
  { measure: 'stdio 100 KB: calls', cells: at('stdio', LARGE, 16, 64), ...calls, other: 'floor', least: 0.9 },
  {
    measure: '10 MB on stdio in 8 KB pieces: calls',
    cells: CHUNKED,
    ...calls,
    other: 'v2-legacy',
    least: 50,
  },
  {
    measure: 'registry, all policies on, stdio 100 B: CPU',
    cells: STDIO_BUSY,
    figure: 'cpuUs',
    own: 'registry',
    other: 'signalbox-off',
    most: 1.25,
  },
];

export function goalOutcomes(results: Results): GoalOutcome[] {
  return [
    ...GOALS.map((goal) => outcomeOf(goal, results)),
    linear(results),
    connecting(results),
    ...memory(results),
  ];
}

function outcomeOf(goal: RatioGoal, results: Results): GoalOutcome {
  const ratios = goal.cells.flatMap((cell) => {
    const own = figuresOf(results, cell, goal.own);
    const other = figuresOf(results, cell, goal.other);
    return own === undefined || other === undefined ? [] : [ratio(own, other, goal.figure)];
  });
  const { measure, least, most, other } = goal;
  const bound = least === undefined ? `at most ${most}` : `at least ${least}`;
  const wanted = `${bound} × ${other}`;
  if (ratios.length < goal.cells.length)
    return { measure, goal: wanted, measured: '–', isReached: undefined };
  const isReached = ratios.every(
    (value) => value >= (least ?? Number.NEGATIVE_INFINITY) && value <= (most ?? Number.POSITIVE_INFINITY),
  );
  return { measure, goal: wanted, measured: ratios.map((value) => value.toFixed(2)).join(' / '), isReached };
}

function ratio(own: CallFigures, other: CallFigures, figure: Figure): number {
  return own[figure].median / other[figure].median;
}

/** Twice the size must not take much more than twice the time. */
function linear(results: Results): GoalOutcome {
  const small = figuresOf(results, { ...CHUNKED[0], bytes: HUGE / 2 }, 'signalbox');
  const large = figuresOf(results, CHUNKED[0]!, 'signalbox');
  const goal = { measure: '10 MB on stdio in 8 KB pieces, against 5 MB: CPU', goal: 'linear: at most 2.4 ×' };
  if (small === undefined || large === undefined) return { ...goal, measured: '–', isReached: undefined };
  const growth = ratio(large, small, 'cpuUs');
  return { ...goal, measured: growth.toFixed(2), isReached: growth <= 2.4 };
}

function connecting(results: Results): GoalOutcome {
  const stdio = results.connect.find(({ wire }) => wire === 'stdio')?.contenders;
  const unknown = stdio?.find(({ contender }) => contender === 'signalbox-auto');
  const plain = stdio?.find(({ contender }) => contender === 'signalbox');
  const goal = { measure: 'connect and first call, stdio, era unknown', goal: 'at most 1.1 × era known' };
  if (unknown === undefined || plain === undefined) return { ...goal, measured: '–', isReached: undefined };
  const value = unknown.warmMs.median / plain.warmMs.median;
  return { ...goal, measured: value.toFixed(2), isReached: value <= 1.1 };
}

function memory(results: Results): GoalOutcome[] {
  const bounds = [
    { wire: 'json', heapKb: 6, rssKb: 40 },
    { wire: 'stdio', heapKb: 40, rssKb: Number.POSITIVE_INFINITY },
  ] as const;
  return bounds.flatMap(({ wire, heapKb, rssKb }) =>
    results.memory
      .filter((entry) => entry.wire === wire)
      .flatMap(({ count, contenders }) => {
        const own = contenders.find(({ contender }) => contender === 'signalbox');
        if (own === undefined) return [];
        const heap = own.heapKb.median;
        const rss = own.rssKb.median;
        const isBounded = Number.isFinite(rssKb);
        return {
          measure: `an idle client of ${count} over ${wire}`,
          goal: `heap ≤ ${heapKb} KB${isBounded ? `, RSS ≤ ${rssKb} KB` : ''}`,
          measured: `${heap.toFixed(1)} KB${isBounded ? `, ${rss.toFixed(0)} KB` : ''}`,
          isReached: heap <= heapKb && rss <= rssKb,
        };
      }),
  );
}
