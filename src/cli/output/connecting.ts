import type { ServerEvent } from '../../registry/events/registry-events.ts';
import type { ServerInstance } from '../../registry/servers/server-instance.ts';
import type { CommandContext } from '../command-context.ts';
import type { OpenServers } from '../open-servers.ts';
import { accountOf, isWell, type ServerAccount, stateMark, stateText } from './server-account.ts';

/** Longest line where no terminal says how wide it is. */
const MAX_WIDTH = 300;
const MIN_WIDTH = 24;
const MIN_NAME = 8;

/** What shows the way of servers to their connection; `end` takes it away. */
export interface ConnectingView {
  end(): void;
}

/**
 * Shows how servers connect: on a terminal a line for each, updated in place.
 *
 * @param announce where there is no terminal, write a line for each server that has finished
 */
export function showConnecting(
  context: CommandContext,
  servers: OpenServers,
  announce: boolean = false,
): ConnectingView {
  const { terminal } = context;
  const { registry } = servers;
  const finished = new Set<string>();
  const draw = (): void => {
    const accounts = registry.getAllServers().map((instance) => accountOf(context, instance));
    terminal.live(progressLines(context, accounts));
  };
  const announceWhenRead = async (instance: ServerInstance): Promise<void> => {
    // Only after this turn its lists are being read, and how many tools there are is known when that is done.
    await Promise.resolve();
    await instance.settled();
    terminal.note(progressLine(context, accountOf(context, instance)));
  };
  const onEvent = ({ server, type, to }: Pick<ServerEvent, 'server' | 'type' | 'to'>): void => {
    if (terminal.isLive) {
      draw();
      return;
    }
    const instance = registry.getServer(server);
    if (!announce || type !== 'state' || instance === undefined || finished.has(server)) return;
    if (to !== 'connected' && to !== 'error' && to !== 'unauthorized') return;
    finished.add(server);
    void announceWhenRead(instance);
  };
  const stops = [
    registry.on('server', onEvent),
    registry.on('catalog', () => {
      if (terminal.isLive) draw();
    }),
  ];
  if (terminal.isLive) draw();
  return {
    end: () => {
      for (const stop of stops) stop();
      terminal.live([]);
    },
  };
}

function progressLines(context: CommandContext, accounts: readonly ServerAccount[]): string[] {
  const max = context.terminal.maxLiveLines;
  if (accounts.length <= max) return accounts.map((account) => progressLine(context, account));
  // Those that are well need no line of their own.
  const waiting = accounts.filter((account) => !isWell(account));
  const shown = waiting.slice(0, max - 1).map((account) => progressLine(context, account));
  return [...shown, `  ${accounts.length - waiting.length} of ${accounts.length} servers are ready`];
}

function progressLine(context: CommandContext, account: ServerAccount): string {
  const { terminal } = context;
  const { err } = terminal;
  // A line that wraps could not be updated in place.
  const width = terminal.isLive ? Math.max(MIN_WIDTH, terminal.errorWidth - 4) : MAX_WIDTH;
  const state = stateText(account);
  const name = terminal.peer(account.name, Math.max(MIN_NAME, width - state.length - 2));
  const facts =
    account.state === 'connected'
      ? `${account.tools} tools, ${Math.round(account.connectMs ?? 0)} ms`
      : (account.error?.message ?? '');
  const room = width - name.length - state.length - 4;
  const tail = facts !== '' && room > MIN_NAME ? err.dim(terminal.peer(facts, room)) : '';
  return `${stateMark(account, err)} ${err.bold(name)}  ${state}  ${tail}`.trimEnd();
}
