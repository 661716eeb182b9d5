import { cpus } from 'node:os';
import { table } from '../../../src/cli/output/table.ts';
import { checkText } from '../../runs/command/check-text.ts';
import type { Colors } from '../../runs/command/run-command.ts';
import { mib } from '../../runs/memory-sample.ts';
import { CHECKS } from '../checks/checks.ts';
import { kib } from '../checks/memory.ts';
import type { Spread } from '../checks/spread.ts';
import type { Phase } from '../engine/phases.ts';
import type { KindRow, StressReport } from '../engine/report.ts';

const right = (title: string) => ({ title, align: 'right' }) as const;

export async function reportText(report: StressReport, colors: Colors): Promise<string> {
  const { seed, servers, stdio, calls } = report.options;
  return [
    `stress: seed ${seed}, ${servers} servers and ${stdio} processes, ${calls} calls, ` +
      `Node ${process.versions.node}, ${cpus().length} cores`,
    '',
    await phaseTable(report.phases),
    '',
    await kindTable(report.kinds),
    '',
    await checkText(report, CHECKS, colors),
  ].join('\n');
}

function phaseTable(phases: readonly Phase[]): Promise<string> {
  const columns = [{ title: 'phase' }, ...['ms', 'cpu ms', 'heap', 'rss'].map(right), { title: 'figures' }];
  const rows = phases.map(({ name, ms, cpuMs, heapBytes, rssBytes, figures }) => [
    name,
    ms.toFixed(ms < 100 ? 1 : 0),
    cpuMs.toFixed(0),
    mib(heapBytes),
    mib(rssBytes),
    figures,
  ]);
  return table(columns, rows, undefined);
}

function kindTable(kinds: readonly KindRow[]): Promise<string> {
  const columns = [
    { title: 'kind' },
    ...['servers', 'idle client', 'connect p50', 'max', '×', 'call p50', 'max', '×'].map(right),
  ];
  const rows = kinds.map(({ kind, servers, idleBytes, connect, call }) => [
    kind,
    String(servers),
    idleBytes === undefined ? '' : kib(idleBytes),
    ...spreadCells(connect),
    ...spreadCells(call),
  ]);
  return table(columns, rows, undefined);
}

function spreadCells({ median, max }: Spread): string[] {
  return [`${median.toFixed(1)} ms`, `${max.toFixed(1)} ms`, median === 0 ? '' : (max / median).toFixed(1)];
}
