import type { Clock } from '../../core/clock.ts';
import { SignalboxError } from '../../core/errors.ts';
import { sleep } from '../../core/sleep.ts';
import type { EventDesk } from '../events/event-desk.ts';
import type { ServerDirectory } from '../servers/server-directory.ts';

/** What {@link waitForReady} waits for. */
export interface ReadyOptions {
  /** Names of servers that must be connected. Default: those whose entry says `required`. */
  readonly required?: readonly string[];
  /** Default 30 000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const READY_TIMEOUT_MS = 30_000;

/** What {@link waitForReady} works with. */
export interface ReadinessContext {
  readonly directory: ServerDirectory;
  readonly events: EventDesk;
  readonly clock: Clock;
}

/** Resolves when all required servers are connected. */
export async function waitForReady(context: ReadinessContext, options: ReadyOptions): Promise<void> {
  const { directory, events, clock } = context;
  const { timeoutMs = READY_TIMEOUT_MS, signal } = options;
  const required = options.required ?? requiredByEntry(directory);
  for (const name of required) directory.require(name);
  const isReady = (): boolean => required.every((name) => directory.get(name)?.isConnected === true);
  if (isReady()) return;
  const over = new AbortController();
  const stop = events.on('server', () => {
    if (isReady()) over.abort();
  });
  try {
    await sleep(
      clock,
      timeoutMs,
      signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]),
    );
  } catch (error) {
    if (!over.signal.aborted) throw error;
    return;
  } finally {
    stop();
  }
  const late = required.filter((name) => directory.get(name)?.isConnected !== true);
  throw new SignalboxError('CONNECT_TIMEOUT', `not ready after ${timeoutMs} ms: ${late.join(', ')}`, {
    details: { missing: late },
  });
}

function requiredByEntry(directory: ServerDirectory): string[] {
  return directory
    .all()
    .filter((instance) => instance.client.settings.required)
    .map((instance) => instance.name);
}
