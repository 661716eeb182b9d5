import type { StreamedEvent } from '../../registry/events/event-stream.ts';
import type { CommandContext } from '../command-context.ts';
import type { Colors } from './terminal.ts';

/** One event as a line for people: time, server, what happened. Safe for a terminal. */
export function eventLine(context: CommandContext, event: StreamedEvent, withServer: boolean = true): string {
  const { terminal } = context;
  const { out } = terminal;
  if (event.type === 'dropped') return out.yellow(`… ${event.count} events were missed`);
  const server =
    !withServer || event.server === undefined ? '' : `${out.bold(terminal.peer(event.server, 64))}  `;
  return `${out.dim(timeText(event.at))}  ${server}${out.cyan(kindText(event))}  ${eventText(context, event)}`;
}

/** `2026-11-22 14:05:09.120`, in UTC. */
export function timeText(iso: string): string {
  return /^\d{4}-\d\d-\d\dT[\d:.]{8,12}Z$/u.test(iso) ? iso.slice(0, -1).replace('T', ' ') : '?';
}

function kindText(event: Exclude<StreamedEvent, { readonly type: 'dropped' }>): string {
  return event.type === 'server' ? event.event.type : event.type;
}

function eventText(
  { terminal }: CommandContext,
  event: Exclude<StreamedEvent, { readonly type: 'dropped' }>,
): string {
  const { out } = terminal;
  switch (event.type) {
    case 'server': {
      const { type, from, to } = event.event;
      const reason = terminal.peer(event.reason ?? '', 500);
      if (type !== 'state') return reason;
      return `${from ?? '–'} → ${paint(String(to), out)}${reason === '' || reason === to ? '' : `: ${reason}`}`;
    }
    case 'catalog':
      return 'what it offers has changed, or whether it can be used';
    default:
      return terminal.peer(event.reason ?? '', 500);
  }
}

function paint(state: string, out: Colors): string {
  if (state === 'connected') return out.green(state);
  return state === 'error' || state === 'unauthorized' ? out.red(state) : state;
}
