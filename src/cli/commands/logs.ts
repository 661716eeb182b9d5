import { systemClock } from '../../core/clock.ts';
import { sleep } from '../../core/sleep.ts';
import type { RegistryEvent } from '../../registry/events/event-record.ts';
import type { CommandContext } from '../command-context.ts';
import type { LogsAnswer } from '../control/control-answers.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Fleet, openFleet } from '../fleet.ts';
import { eventLine, timeText } from '../output/event-text.ts';
import { jsonLine } from '../output/json.ts';

export interface LogsOptions {
  readonly follow?: boolean | undefined;
}

/** How often is looked for more, in ms. */
const FOLLOW_MS = 300;

/** One thing that a server said, or that happened to it. */
interface LogEntry {
  readonly at: string;
  readonly stderr?: string;
  readonly event?: RegistryEvent;
}

/** `signalbox logs`: what one server wrote to stderr and what happened to it, in the order of time. */
export async function logs(context: CommandContext, server: string, options: LogsOptions): Promise<ExitCode> {
  const { follow = false } = options;
  const { signal } = context.io.interruption;
  const fleet = await openFleet(context, { server, wait: !follow });
  try {
    await print(context, fleet, server, follow);
  } catch (error) {
    // An end that was asked for is no fault.
    if (!signal.aborted) throw error;
  } finally {
    await fleet.close();
  }
  return EXIT.ok;
}

async function print(context: CommandContext, fleet: Fleet, server: string, follow: boolean): Promise<void> {
  const { signal } = context.io.interruption;
  let from: number | undefined;
  let after: number | undefined;
  for (;;) {
    const answer = (await fleet.answers.answer({ ask: 'logs', server, from, after })) as LogsAnswer;
    from = answer.next;
    after = answer.events.at(-1)?.sequence ?? after;
    for (const entry of inOrder(answer)) context.terminal.print(lineOf(context, entry));
    if (!follow) return;
    await sleep(systemClock, FOLLOW_MS, signal);
  }
}

function inOrder({ stderr, events }: LogsAnswer): readonly LogEntry[] {
  const entries: LogEntry[] = [
    ...stderr.map(({ at, text }) => ({ at, stderr: text })),
    ...events.map((event) => ({ at: event.at, event })),
  ];
  // Stable: lines of the same moment stay as they were written.
  return entries.sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
}

function lineOf(context: CommandContext, entry: LogEntry): string {
  const { terminal } = context;
  if (context.json) return jsonLine(entry);
  if (entry.event !== undefined) return eventLine(context, entry.event, false);
  return `${terminal.out.dim(timeText(entry.at))}  stderr  ${terminal.peer(entry.stderr ?? '')}`;
}
