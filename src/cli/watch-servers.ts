import type { ServerEvent } from '../registry/events/registry-events.ts';
import type { ServerRegistry } from '../registry/server-registry.ts';
import type { ServerState } from '../registry/servers/server-status.ts';
import { type CommandContext, tell } from './command-context.ts';
import { factsOf } from './report-error.ts';

/** Tells on stderr, one line each, when a server is lost, comes back or is given up. Call the result to stop. */
export function watchServers(context: CommandContext, registry: ServerRegistry): () => void {
  /** What was said of a server last: attempts that end alike are told once. */
  const told = new Map<string, string>();
  for (const { name, state } of registry.getAllServers()) told.set(name, CHANGES.get(state) ?? 'connecting');
  return registry.on('server', (event) => {
    // Another one of this name: what was said of the one before is not said of it.
    if (event.type === 'registered') told.set(event.server, 'connecting');
    const what = event.type === 'state' ? CHANGES.get(event.to) : undefined;
    const before = told.get(event.server);
    if (what === undefined || what === before) return;
    // Between two attempts a server that is gone is still gone.
    if (what === LOST && before !== CONNECTED) return;
    told.set(event.server, what);
    tellChange(context, event, what);
  });
}

const CONNECTED = 'connected';
const LOST = 'lost, connecting again';

/** What a state means for somebody who uses the servers; other states are steps between. */
const CHANGES: ReadonlyMap<ServerState, string> = new Map([
  ['connected', CONNECTED],
  ['reconnecting', LOST],
  ['error', 'not reachable'],
  ['unauthorized', 'not authorized'],
  ['unavailable', 'out of service'],
]);

function tellChange(context: CommandContext, event: ServerEvent, what: string): void {
  const { terminal } = context;
  const name = terminal.peer(event.server, 64);
  const isWell = event.to === 'connected';
  const mark = isWell ? terminal.err.green('✓') : terminal.err.red('✗');
  const reason = isWell ? '' : reasonOf(context, event);
  tell(context, `${mark} ${terminal.err.bold(name)}: ${what}${reason === '' ? '' : `: ${reason}`}`, {
    event: 'server',
    server: name,
    from: event.from,
    to: event.to,
    reason,
    at: event.at,
  });
}

function reasonOf(context: CommandContext, { error, reason }: ServerEvent): string {
  if (error === undefined) return context.terminal.peer(reason);
  const { code, message, hint } = factsOf(error);
  const what = `${context.terminal.peer(message.replaceAll('\n', ' '))} (${code})`;
  return hint === undefined ? what : `${what}; ${hint}`;
}
