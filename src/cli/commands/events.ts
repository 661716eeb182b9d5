import type { StreamedEvent } from '../../registry/events/event-stream.ts';
import type { CommandContext } from '../command-context.ts';
import type { EventType } from '../control/control-protocol.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openFleet } from '../fleet.ts';
import { eventLine } from '../output/event-text.ts';
import { jsonLine } from '../output/json.ts';

export interface EventsOptions {
  /** Only events about this server. */
  readonly server?: string | undefined;
  readonly type?: readonly EventType[] | undefined;
  readonly follow?: boolean | undefined;
  /** The last so many of those that have happened. */
  readonly limit?: number | undefined;
}

/** `signalbox events`: what has happened to the servers, and with `--follow` what happens. */
export async function events(context: CommandContext, options: EventsOptions): Promise<ExitCode> {
  const { server, type: types, follow = false, limit } = options;
  const { signal } = context.io.interruption;
  const fleet = await openFleet(context, { server, wait: !follow });
  try {
    for await (const event of fleet.answers.events({ ask: 'events', server, types, follow, limit }, signal)) {
      const line = context.json ? jsonLine(event) : eventLine(context, event as StreamedEvent);
      context.terminal.print(line);
    }
  } catch (error) {
    // An end that was asked for is no fault.
    if (!signal.aborted) throw error;
  } finally {
    await fleet.close();
  }
  return EXIT.ok;
}
