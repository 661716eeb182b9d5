import type picocolors from 'picocolors';
import { table } from '../../../src/cli/output/table.ts';
import { CHECKS } from '../checks/check.ts';
import { breachesOf, type ChaosReport, type ServerRow } from '../engine/report.ts';

/** Breaches that are spelled out. */
const SHOWN = 20;

export async function reportText(
  report: ChaosReport,
  colors: ReturnType<typeof picocolors.createColors>,
): Promise<string> {
  const { options, settings, calmMs, chaosMs, checks } = report;
  const breaches = breachesOf(report);
  const lines = [
    `chaos: seed ${options.seed}, ${options.servers} servers, ${options.workers} calls at once each, ` +
      `${(calmMs / 1000).toFixed(1)} s calm and ${(chaosMs / 1000).toFixed(1)} s of faults, Node ${process.versions.node}`,
    `settings other than the defaults: ${settings}`,
    '',
    await serverTable(report.servers),
    '',
    await table(
      [{ title: '' }, { title: 'promise' }, { title: 'figures' }],
      checks.map(({ check, figures, breaches: own }) => [
        own.length === 0 ? colors.green('✓') : colors.red('✗'),
        CHECKS[check],
        own.length === 0 ? figures : `${own.length} breaches; ${figures}`,
      ]),
      undefined,
    ),
    '',
  ];
  if (breaches.length === 0) return [...lines, colors.green('No breach.')].join('\n');
  // A few of each kind say more than many of the first.
  const shown = checks.flatMap(({ breaches: own }) => own.slice(0, 5)).slice(0, SHOWN);
  for (const { check, server, key, what } of shown)
    lines.push(
      `${colors.red('✗')} ${check}: ${[server, key].filter((part) => part !== undefined).join(' ')} ${what}`,
    );
  if (breaches.length > shown.length)
    lines.push(`… and ${breaches.length - shown.length} more (--json lists all)`);
  lines.push('', colors.red(`${breaches.length} breaches.`));
  return lines.join('\n');
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
