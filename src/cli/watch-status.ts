import { systemClock } from '../core/clock.ts';
import { sleep } from '../core/sleep.ts';
import type { StreamedEvent } from '../registry/events/event-stream.ts';
import type { CommandContext } from './command-context.ts';
import type { StatusAnswer } from './control/control-answers.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { type Fleet, openFleet } from './fleet.ts';
import { eventLine } from './output/event-text.ts';
import { jsonLine } from './output/json.ts';
import { Screen } from './output/screen.ts';
import { stateMark, stateText } from './output/server-account.ts';
import { ACTIVITY_LENGTH, statusTable, totalLine } from './output/status-table.ts';

/** How often the picture is drawn anew, in ms. */
const REDRAW_MS = 500;
/** How much time one bar of the activity stands for, in pictures. */
const PICTURES_A_BAR = 2;

/**
 * `signalbox status --watch`: shows how the servers are until it is interrupted: on a terminal as a picture that is
 * drawn anew, elsewhere a line for each change.
 */
export async function watchStatus(context: CommandContext): Promise<ExitCode> {
  const { signal } = context.io.interruption;
  const fleet = await openFleet(context, { wait: false });
  try {
    const { rows } = context.terminal;
    await (rows === undefined || context.json ? tellChanges(context, fleet) : drawStatus(context, fleet));
  } catch (error) {
    // An end that was asked for is no fault.
    if (!signal.aborted) throw error;
  } finally {
    await fleet.close();
  }
  return EXIT.ok;
}

async function tellChanges(context: CommandContext, fleet: Fleet): Promise<void> {
  const { terminal } = context;
  const { signal } = context.io.interruption;
  const request = { ask: 'events', follow: true, limit: 0, types: ['server'] } as const;
  const first = (await fleet.answers.answer({ ask: 'status' })) as StatusAnswer;
  if (context.json) terminal.print(jsonLine(first));
  else {
    for (const report of first.servers) {
      const mark = stateMark(report, terminal.out);
      terminal.print(`${mark} ${terminal.out.bold(terminal.peer(report.name, 64))}: ${stateText(report)}`);
    }
  }
  for await (const event of fleet.answers.events(request, signal)) {
    terminal.print(context.json ? jsonLine(event) : eventLine(context, event as StreamedEvent));
  }
}

async function drawStatus(context: CommandContext, fleet: Fleet): Promise<void> {
  const { io, terminal } = context;
  const { signal } = io.interruption;
  const activity = new ActivityWatch();
  const screen = new Screen(io.stdout);
  let picture: readonly string[] = [];
  try {
    for (let count = 0; !signal.aborted; count++) {
      const answer = (await fleet.answers.answer({ ask: 'status' })) as StatusAnswer;
      if (count % PICTURES_A_BAR === 0) activity.take(answer);
      picture = await pictureOf(context, fleet, answer, activity);
      screen.draw(picture);
      await sleep(systemClock, REDRAW_MS, signal);
    }
  } finally {
    screen.close();
    // What was seen last stays to be read.
    if (picture.length > 0) terminal.print(picture.slice(0, -1).join('\n'));
  }
}

async function pictureOf(
  context: CommandContext,
  fleet: Fleet,
  answer: StatusAnswer,
  activity: ActivityWatch,
): Promise<readonly string[]> {
  const { terminal } = context;
  const { out } = terminal;
  const [width = 80, rows = 24] = [terminal.width, terminal.rows];
  const now = systemClock.wallNow();
  const who = fleet.isOwn
    ? 'connected for this command'
    : `signalbox up (pid ${answer.pid}) ${answer.endpoint ?? ''}`;
  const cut = (text: string): string => terminal.peer(text, width - 1);
  const lines = (
    await statusTable(context, answer.servers, now, { activity: activity.bars, reasons: true })
  ).split('\n');
  // Title, empty line, table, empty line, sums, help.
  const room = Math.max(2, rows - 5);
  const shown = lines.length <= room ? lines : lines.slice(0, room - 1);
  const hidden = lines.length - shown.length;
  return [
    cut(`${new Date(now).toISOString().slice(11, 19)}  ${fleet.file}  ${who}`),
    '',
    ...shown,
    ...(hidden === 0 ? [] : [out.dim(cut(`… and ${hidden} more; make the terminal higher`))]),
    '',
    cut(totalLine(answer.servers, answer.total)),
    out.dim(cut('Ctrl-C ends')),
  ];
}

/** How many requests each server got in each step of time. */
class ActivityWatch {
  readonly bars: Map<string, readonly number[]> = new Map();
  readonly #calls: Map<string, number> = new Map();

  take({ servers }: StatusAnswer): void {
    for (const { name, calls } of servers) {
      const before = this.#calls.get(name);
      this.#calls.set(name, calls);
      if (before === undefined) continue;
      const bars = [...(this.bars.get(name) ?? []), Math.max(0, calls - before)];
      this.bars.set(name, bars.slice(-ACTIVITY_LENGTH));
    }
  }
}
