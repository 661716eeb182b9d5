import type { ShutdownEvent } from '../../registry/events/registry-events.ts';
import { SHUTDOWN_STEPS, type ShutdownStepName } from '../../registry/fleet/shutdown-steps.ts';
import type { ServerRegistry } from '../../registry/server-registry.ts';
import { type CommandContext, tell } from '../command-context.ts';

/** What shows how servers are stopped; `end` takes it away. */
export interface StoppingView {
  end(): void;
}

/** What each step waits for, in the words of somebody who waits. Others are over at once. */
const WAITS: Readonly<Partial<Record<ShutdownStepName, string>>> = {
  drain: 'calls in flight',
  'close-connections': 'connections',
  'end-processes': 'processes',
  persist: 'the state to be saved',
};

const MAX_NAMES = 5;

/**
 * Shows the steps in which servers are stopped: on a terminal one line that is updated in place. That calls were cut off
 * is told wherever it is written to.
 */
export function showStopping(context: CommandContext, registry: ServerRegistry): StoppingView {
  const { terminal } = context;
  const stop = registry.on('shutdown', (event) => {
    if (event.name === 'drain' && event.state === 'overdue') tellCutOff(context, event);
    const what = WAITS[event.name];
    if (event.state !== 'begun' || event.left === 0 || what === undefined) return;
    const line = `stopping ${event.step}/${SHUTDOWN_STEPS.length}: waiting for ${what}${namesOf(context, event)}`;
    // A line that wraps could not be updated in place.
    terminal.live([terminal.err.dim(line.slice(0, Math.max(1, terminal.errorWidth - 1)))]);
  });
  return {
    end: () => {
      stop();
      terminal.live([]);
    },
  };
}

function tellCutOff(context: CommandContext, event: ShutdownEvent): void {
  const { left, servers } = event;
  const what = left === 1 ? '1 call was cut off' : `${left} calls were cut off`;
  tell(context, `${what}${namesOf(context, event)}`, { event: 'calls-cut-off', calls: left, servers });
}

function namesOf({ terminal }: CommandContext, { servers }: ShutdownEvent): string {
  if (servers.length === 0) return '';
  const names = servers.slice(0, MAX_NAMES).map((name) => terminal.peer(name, 64));
  const more = servers.length > MAX_NAMES ? ` and ${servers.length - MAX_NAMES} more` : '';
  return ` (${names.join(', ')}${more})`;
}
