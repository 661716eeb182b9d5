import { stripVTControlCharacters } from 'node:util';
import type { CommandContext } from '../command-context.ts';
import { bytesText, millisecondsText, spanText } from './amounts.ts';
import { isWell, stateMark, stateText } from './server-account.ts';
import type { ServerReport, TotalReport } from './server-report.ts';
import { sparkline } from './sparkline.ts';
import { type Column, table } from './table.ts';
import type { Colors } from './terminal.ts';

/** What was asked of each server lately, for a picture of it: requests in each step of time, the last at the end. */
export type Activity = ReadonlyMap<string, readonly number[]>;

/** Steps that are shown. */
export const ACTIVITY_LENGTH = 10;

const GAP = 2;
const MIN_REASON = 28;
const MIN_NAME = 12;

/** One column, with what stands in it. Those with the highest `luxury` are left out first where there is no room. */
interface StatusColumn extends Column {
  readonly luxury: number;
  readonly cell: (report: ServerReport) => string;
}

/** How servers are and what was asked of them, as a table that fits the terminal. @param picture what else is in it */
export function statusTable(
  context: CommandContext,
  reports: readonly ServerReport[],
  now: number,
  picture: { readonly activity?: Activity; readonly reasons: boolean },
): Promise<string> {
  const { out, width } = context.terminal;
  const columns = columnsOf(context, now, picture).filter(
    ({ luxury, cell }) => luxury === 0 || reports.some((report) => !isEmpty(cell(report))),
  );
  const fitting = width === undefined ? columns : fit(columns, reports, width);
  const rows = reports.map((report) => fitting.map(({ cell }) => cell(report)));
  return table(fitting, rows, width, out.dim);
}

/** All servers together in one line. */
export function totalLine(reports: readonly ServerReport[], total: TotalReport): string {
  const wanted = reports.filter(({ state }) => state !== 'disabled');
  const connected = wanted.filter(({ state }) => state === 'connected');
  const parts = [
    `${connected.length} of ${wanted.length} connected`,
    `${total.calls} calls`,
    `${total.errors} errors`,
    `p50 ${millisecondsText(total.p50Ms)}`,
    `p99 ${millisecondsText(total.p99Ms)}`,
    `${total.inFlight} in flight${total.queued === 0 ? '' : `, ${total.queued} queued`}`,
    `${bytesText(total.bytesSent)} out`,
    `${bytesText(total.bytesReceived)} in`,
  ];
  return parts.join(' · ');
}

function columnsOf(
  { terminal }: CommandContext,
  now: number,
  { activity, reasons }: { readonly activity?: Activity; readonly reasons: boolean },
): readonly StatusColumn[] {
  const { out, width } = terminal;
  const right = { align: 'right' } as const;
  const longest = width === undefined ? 64 : Math.max(MIN_NAME, Math.floor(width / 4));
  const columns: StatusColumn[] = [
    { title: ' ', luxury: 0, cell: (report) => stateMark(report, out) },
    { title: 'SERVER', luxury: 0, cell: ({ name }) => out.bold(terminal.peer(name, longest)) },
    { title: 'STATE', luxury: 0, cell: (report) => colouredState(report, out) },
    {
      title: 'SINCE',
      luxury: 6,
      ...right,
      cell: ({ since }) => (since === undefined ? '' : spanText(now - Date.parse(since))),
    },
    { title: 'TRANSPORT', luxury: 10, cell: ({ transport }) => transport ?? '–' },
    {
      title: 'PROTOCOL',
      luxury: 11,
      cell: ({ era, protocolVersion }) =>
        [era, protocolVersion].filter((part) => part !== undefined).join(' ') || '–',
    },
    {
      title: 'TOOLS',
      luxury: 2,
      ...right,
      cell: ({ tools, blockedTools }) => `${tools}${blockedTools === 0 ? '' : out.red(` −${blockedTools}`)}`,
    },
    { title: 'CALLS', luxury: 3, ...right, cell: ({ calls }) => String(calls) },
    {
      title: 'ERRORS',
      luxury: 4,
      ...right,
      cell: ({ errors }) => (errors === 0 ? '0' : out.red(String(errors))),
    },
    { title: 'P50', luxury: 9, ...right, cell: ({ p50Ms }) => millisecondsText(p50Ms) },
    { title: 'P99', luxury: 5, ...right, cell: ({ p99Ms }) => millisecondsText(p99Ms) },
    {
      title: 'RESTARTS',
      luxury: 8,
      ...right,
      cell: ({ restarts }) => (restarts === 0 ? '0' : out.yellow(String(restarts))),
    },
    {
      title: 'RETRY',
      luxury: 1,
      ...right,
      cell: ({ retryAt }) => (retryAt === undefined ? '' : `in ${spanText(Date.parse(retryAt) - now)}`),
    },
  ];
  if (activity !== undefined) {
    columns.push({
      title: 'ACTIVITY',
      luxury: 7,
      cell: ({ name }) => out.cyan(sparkline(activity.get(name) ?? [], ACTIVITY_LENGTH)),
    });
  }
  if (reasons) {
    columns.push({ title: 'REASON', luxury: 0, cell: (report) => terminal.peer(reasonOf(report), 200) });
  }
  return columns;
}

/** Leaves columns out until the rest fits; the last one, the reason, is cut by the table itself. */
function fit(
  columns: readonly StatusColumn[],
  reports: readonly ServerReport[],
  width: number,
): readonly StatusColumn[] {
  let left = columns;
  for (;;) {
    const luxury = Math.max(...left.map((column) => column.luxury));
    if (luxury === 0 || widthOf(left, reports) <= width) return left;
    left = left.filter((column) => column.luxury !== luxury);
  }
}

function widthOf(columns: readonly StatusColumn[], reports: readonly ServerReport[]): number {
  const widths = columns.map(({ title, cell }, index) => {
    const needed = Math.max(
      title.length,
      ...reports.map((report) => stripVTControlCharacters(cell(report)).length),
    );
    return index === columns.length - 1 ? Math.min(needed, MIN_REASON) : needed;
  });
  return widths.reduce((sum, column) => sum + column, 0) + GAP * (columns.length - 1);
}

function isEmpty(cell: string): boolean {
  return stripVTControlCharacters(cell).trim() === '';
}

function colouredState(report: ServerReport, out: Colors): string {
  const text = stateText(report);
  switch (report.state) {
    case 'connected':
      if (report.health?.state === 'unhealthy') return out.red(text);
      return report.health?.state === 'degraded' ? out.yellow(text) : out.green(text);
    case 'error':
    case 'invalid':
    case 'unauthorized':
      return out.red(text);
    case 'sleeping':
    case 'disabled':
    case 'unavailable':
    case 'disconnected':
      return out.dim(text);
    default:
      return out.yellow(text);
  }
}

/** What somebody has to know of one that is not well. */
function reasonOf(report: ServerReport): string {
  if (report.circuit === 'open')
    return `calls are refused: the circuit is open${report.error === undefined ? '' : `; ${report.error.message}`}`;
  if (report.error !== undefined) return `${report.error.message} (${report.error.code})`;
  return isWell(report) ? '' : report.reason;
}
