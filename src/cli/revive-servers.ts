import { type Clock, systemClock, type Timer } from '../core/clock.ts';
import type { ServerRegistry } from '../registry/server-registry.ts';
import type { CommandContext } from './command-context.ts';

/** Pause before a server that could not be reached is tried again, in ms; it doubles up to the longest. */
const FIRST_PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Goes on trying servers that were given up for a reason that may pass: whoever runs for days should find a server
 * that was started an hour later. Call the result to stop.
 */
export function reviveServers(
  context: CommandContext,
  registry: ServerRegistry,
  clock: Clock = systemClock,
): () => void {
  const { signal } = context.io.interruption;
  const pauses = new Map<string, number>();
  const timers = new Map<string, Timer>();
  const tryLater = (name: string): void => {
    const instance = registry.getServer(name);
    if (instance?.state !== 'error' || instance.error?.retryable !== true || timers.has(name)) return;
    const pauseMs = pauses.get(name) ?? FIRST_PAUSE_MS;
    pauses.set(name, Math.min(2 * pauseMs, LONGEST_PAUSE_MS));
    const timer = clock.setTimeout(() => {
      timers.delete(name);
      if (signal.aborted || instance.state !== 'error') return;
      // How it ends is told by the state of the server.
      instance.client.connect({ signal }).catch(() => undefined);
    }, pauseMs);
    timer.unref();
    timers.set(name, timer);
  };
  const stop = registry.on('server', ({ type, server, to }) => {
    if (type !== 'state') return;
    if (to === 'connected') pauses.delete(server);
    else if (to === 'error') tryLater(server);
  });
  for (const { name } of registry.getAllServers()) tryLater(name);
  return () => {
    stop();
    for (const timer of timers.values()) timer.cancel();
  };
}
