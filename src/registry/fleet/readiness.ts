import { abortError, onAbort, throwIfAborted } from '../../core/abort.ts';
import type { Clock } from '../../core/clock.ts';
import { deferred } from '../../core/deferred.ts';
import { SignalboxError } from '../../core/errors.ts';
import type { EventDesk } from '../events/event-desk.ts';
import type { ServerDirectory } from '../servers/server-directory.ts';
import type { ServerInstance } from '../servers/server-instance.ts';

/** What {@link waitForReady} waits for. */
export interface ReadyOptions {
  /** Names of servers that must be ready. Default: those whose entry says `required`. */
  readonly required?: readonly string[];
  /** How many servers must be ready in all, the required ones among them. A whole number; default 0. */
  readonly quorum?: number;
  /** In ms. Default 30 000; Infinity: no limit. */
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

/** Resolves when all required servers, and as many as the quorum says, are connected and their lists have been read. */
export async function waitForReady(context: ReadinessContext, options: ReadyOptions): Promise<void> {
  const { directory, events, clock } = context;
  const { quorum = 0, timeoutMs = READY_TIMEOUT_MS, signal } = options;
  if (!Number.isInteger(quorum) || quorum < 0) {
    throw new SignalboxError('INVALID_ARGUMENT', 'quorum must be a whole number of servers, 0 or more');
  }
  if (!(timeoutMs >= 0)) throw new SignalboxError('INVALID_ARGUMENT', 'timeoutMs must be 0 or more');
  throwIfAborted(signal);
  directory.requireOpen();
  const required = options.required ?? requiredByEntry(directory);
  for (const name of required) directory.require(name);

  const over = deferred<void>();
  const ready = new Set<ServerInstance>();
  const missing = (): string[] =>
    required.filter((name) => {
      const instance = directory.get(name);
      return instance === undefined || !ready.has(instance);
    });
  const look = (instance: ServerInstance): void => {
    if (!instance.isAvailable) {
      ready.delete(instance);
      return;
    }
    void instance.settled().then(() => {
      if (!instance.isAvailable || !directory.has(instance)) return;
      ready.add(instance);
      if (missing().length === 0 && ready.size >= quorum) over.resolve();
    });
  };
  const onServer = ({ type, server }: { readonly type: string; readonly server: string }): void => {
    const instance = directory.get(server);
    for (const known of ready) if (known.name === server && known !== instance) ready.delete(known);
    if (instance !== undefined) {
      look(instance);
    } else if (type === 'unregistered' && required.includes(server)) {
      const message = 'a required server was unregistered while it was waited for';
      over.reject(new SignalboxError('UNKNOWN_SERVER', message, { server }));
    }
  };
  const overdue = (): SignalboxError => {
    const late = missing();
    const what = late.map((name) => stateOf(directory, name));
    if (ready.size < quorum) what.push(`${ready.size} of the ${quorum} servers that are needed are ready`);
    return new SignalboxError('CONNECT_TIMEOUT', `not ready after ${timeoutMs} ms: ${what.join(', ')}`, {
      details: { missing: late, ready: ready.size, quorum },
    });
  };

  const timer = clock.setTimeout(() => over.reject(overdue()), timeoutMs);
  const releases = [
    () => timer.cancel(),
    onAbort(signal, () => over.reject(abortError(signal!))),
    events.on('server', onServer),
    events.on('shutdown', () => over.reject(shutDown())),
  ];
  if (required.length === 0 && quorum === 0) over.resolve();
  for (const instance of directory.all()) look(instance);
  try {
    await over.promise;
  } finally {
    for (const release of releases) release();
  }
}

function shutDown(): SignalboxError {
  return new SignalboxError('CONNECTION_CLOSED', 'the registry is being shut down');
}

function stateOf(directory: ServerDirectory, name: string): string {
  const instance = directory.get(name);
  return instance === undefined
    ? `${name} (not registered)`
    : `${name} (${instance.state}: ${instance.reason})`;
}

function requiredByEntry(directory: ServerDirectory): string[] {
  return directory
    .all()
    .filter((instance) => instance.client.settings.required)
    .map((instance) => instance.name);
}
