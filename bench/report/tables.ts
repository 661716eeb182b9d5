import { cellLabel } from '../plan/cells.ts';
import { CONTENDERS, ERA_UNKNOWN } from '../plan/contenders.ts';
import { goalOutcomes } from './goals.ts';
import { ratiosOf } from './ratios.ts';
import type { CellFigures, Results } from './results.ts';
import type { Spread } from './spread.ts';

/** All that a run has found, as Markdown. */
export function tablesOf(results: Results): string {
  const { machine, madeAt, rounds } = results;
  const made = `Made ${madeAt.slice(0, 10)} on ${machine.cores} × ${machine.cpu}, Node.js ${machine.node}, ${rounds} rounds.`;
  const how = 'Median, and the quartiles in brackets; "×" is the ratio of medians within the run.';
  return [
    `${made} ${how}`,
    goals(results),
    ...results.calls.map(calls),
    ...results.connect.map(connect),
    ...results.memory.map(memory),
    ...(results.packages.length === 0 ? [] : [packages(results)]),
  ].join('\n\n');
}

function goals(results: Results): string {
  const rows = goalOutcomes(results).map(({ measure, goal, measured, isReached }) => [
    measure,
    goal,
    measured,
    isReached === undefined ? 'not measured' : isReached ? 'reached' : '**missed**',
  ]);
  return `### Goals\n\n${table(['measure', 'goal', 'measured', ''], rows)}`;
}

function calls(figures: CellFigures): string {
  const rows = figures.contenders.map(({ contender, callsPerSecond, cpuUs, p50Ms, p99Ms, othersCores }) => {
    const ratios = ratiosOf(figures, contender)!;
    return [
      labelOf(contender),
      spread(callsPerSecond),
      times(ratios.callsToFloor),
      times(ratios.callsToOfficial),
      spread(cpuUs),
      times(ratios.cpuToFloor),
      times(ratios.cpuToOfficial),
      spread(p50Ms),
      number(p99Ms.median),
      othersCores === undefined ? '–' : othersCores.toFixed(2),
    ];
  });
  const head = [
    'client',
    'calls/s',
    '× floor',
    '× v2',
    'CPU µs/call',
    '× floor',
    '× v2',
    'p50 ms',
    'p99 ms',
    'others, cores',
  ];
  return `### ${cellLabel(figures.cell)}\n\n${table(head, rows)}`;
}

function connect({ wire, contenders }: Results['connect'][number]): string {
  const rows = contenders.map(({ contender, coldMs, warmMs }) => [
    labelOf(contender),
    spread(coldMs),
    spread(warmMs),
  ]);
  const server = wire === 'stdio' ? ' a server that knows only the older revisions' : '';
  const head = ['client', 'cold, ms', 'warm with a first call, ms'];
  return `### Connecting over ${wire}${server === '' ? '' : ` to${server}`}\n\n${table(head, rows)}`;
}

function memory({ wire, count, contenders }: Results['memory'][number]): string {
  const rows = contenders.map(({ contender, heapKb, rssKb, connectMs }) => [
    labelOf(contender),
    spread(heapKb),
    spread(rssKb),
    number(connectMs.median),
  ]);
  const head = ['client', 'heap each, KB', 'RSS each, KB', 'connect each, ms'];
  return `### ${count} idle clients over ${wire}, after a burst of calls\n\n${table(head, rows)}`;
}

function packages({ packages: all }: Results): string {
  const rows = all.map(({ id, importMs, rssMb, installedMb, packages: count }) => [
    id,
    spread(importMs),
    number(rssMb.median),
    number(installedMb),
    String(count),
  ]);
  const head = ['package', 'import, ms', 'RSS of importing, MB', 'installed, MB', 'packages'];
  return `### Importing and installing\n\n${table(head, rows)}`;
}

export function labelOf(id: string): string {
  return [...CONTENDERS, ...ERA_UNKNOWN].find((contender) => contender.id === id)?.label ?? id;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = `|${head.map((_, column) => (column === 0 ? '---' : '---:')).join('|')}|`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

function spread({ median, lower, upper }: Spread): string {
  return `${number(median)} (${number(lower)}–${number(upper)})`;
}

/** Three digits that count. */
function number(value: number): string {
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return value.toPrecision(3).includes('e') ? '0' : String(Number(value.toPrecision(3)));
}

function times(value: number | undefined): string {
  return value === undefined ? '–' : `${value.toFixed(2)} ×`;
}
