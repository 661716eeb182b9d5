import { table } from '../../../src/cli/output/table.ts';
import { checkText } from '../../runs/command/check-text.ts';
import type { Colors } from '../../runs/command/run-command.ts';
import { CHECKS } from '../checks/check.ts';
import type { ChaosReport, ServerRow } from '../engine/report.ts';

export async function reportText(report: ChaosReport, colors: Colors): Promise<string> {
  const { options, settings, calmMs, chaosMs } = report;
  return [
    `chaos: seed ${options.seed}, ${options.servers} servers, ${options.workers} calls at once each, ` +
      `${(calmMs / 1000).toFixed(1)} s calm and ${(chaosMs / 1000).toFixed(1)} s of faults, Node ${process.versions.node}`,
    `settings other than the defaults: ${settings}`,
    '',
    await serverTable(report.servers),
    '',
    await checkText(report, CHECKS, colors),
  ].join('\n');
}

async function serverTable(servers: readonly ServerRow[]): Promise<string> {
  const right = (title: string) => ({ title, align: 'right' }) as const;
  const columns = [
    { title: 'server' },
    { title: 'wire' },
    { title: 'era' },
    ...['faults', 'hit', 'calls', 'ok', 'aborted', 'replays', 'reconnects', 'opens', 'p50', 'p99'].map(right),
    { title: 'errors' },
  ];
  const rows = servers.map((row) => [
    row.name,
    row.wire,
    row.era,
    ...[row.faults, row.faultyRequests, row.calls, row.ok, row.aborted, row.replays].map(String),
    ...[row.reconnects, row.breakerOpens].map(String),
    row.p50Ms.toFixed(1),
    row.p99Ms.toFixed(1),
    Object.entries(row.errors)
      .map(([code, times]) => `${code} ${times}`)
      .join(', '),
  ]);
  const total = (of: (row: ServerRow) => number): string =>
    String(servers.reduce((sum, row) => sum + of(row), 0));
  rows.push([
    'all',
    '',
    '',
    ...[
      total(({ faults }) => faults),
      total(({ faultyRequests }) => faultyRequests),
      total(({ calls }) => calls),
      total(({ ok }) => ok),
      total(({ aborted }) => aborted),
      total(({ replays }) => replays),
      total(({ reconnects }) => reconnects),
      total(({ breakerOpens }) => breakerOpens),
    ],
    '',
    '',
    '',
  ]);
  return await table(columns, rows, undefined);
}
