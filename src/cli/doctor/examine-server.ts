import { systemClock } from '../../core/clock.ts';
import { SignalboxError } from '../../core/errors.ts';
import type { ServerRegistry } from '../../registry/server-registry.ts';
import type { ServerInstance } from '../../registry/servers/server-instance.ts';
import { checkCodeLoading } from './checks/code-loading.ts';
import { checkCommand } from './checks/command-found.ts';
import { checkDrift } from './checks/drift.ts';
import { checkLatency } from './checks/latency.ts';
import { checkProtocol } from './checks/protocol.ts';
import { checkUnreachable } from './checks/reachable.ts';
import { checkTools } from './checks/tools.ts';
import { checkVariables } from './checks/variables-set.ts';
import { checkVersion } from './checks/version-pinned.ts';
import { checkWire } from './checks/wire.ts';
import type { Finding } from './finding.ts';
import type { ConnectedSubject, EntrySubject } from './subject.ts';

const ENTRY_CHECKS: readonly ((subject: EntrySubject) => Finding[])[] = [
  checkCommand,
  checkVersion,
  checkVariables,
  checkCodeLoading,
];

const CONNECTED_CHECKS: readonly ((subject: ConnectedSubject) => Finding[])[] = [
  checkProtocol,
  checkLatency,
  checkTools,
  checkDrift,
  checkWire,
];

const PINGS = 3;
const PING_MS = 5000;

/** How a server is examined. */
export interface ExaminationOptions {
  readonly registry: ServerRegistry;
  /** Time for connecting, all attempts together, in ms. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** As in {@link ConnectedSubject}. */
  readonly approved: number | undefined;
}

/** What can be said of an entry without connecting. */
export function examineEntry(subject: EntrySubject): Finding[] {
  return ENTRY_CHECKS.flatMap((check) => check(subject));
}

/**
 * Connects one server and looks at it from all sides. Never rejects for the server: what is wrong with it is what was
 * looked for.
 * @throws SignalboxError REQUEST_ABORTED
 */
export async function examineServer(
  instance: ServerInstance,
  options: ExaminationOptions,
): Promise<readonly Finding[]> {
  const { registry, signal, approved } = options;
  const error = await connect(instance, options);
  signal.throwIfAborted();
  if (error !== undefined) return checkUnreachable(error);
  const pings: (number | undefined)[] = [];
  for (let count = 0; count < PINGS; count++) {
    pings.push(await instance.client.ping({ timeoutMs: PING_MS, signal }).catch(() => undefined));
  }
  signal.throwIfAborted();
  const events = registry.history({ server: instance.name });
  const subject: ConnectedSubject = { instance, events, pings, approved };
  return [
    { check: 'reachable', level: 'ok', what: 'it is connected' },
    ...CONNECTED_CHECKS.flatMap((check) => check(subject)),
  ];
}

async function connect(
  instance: ServerInstance,
  { timeoutMs, signal }: ExaminationOptions,
): Promise<SignalboxError | undefined> {
  const over = new AbortController();
  const late = new SignalboxError('CONNECT_TIMEOUT', `no connection within ${timeoutMs} ms`);
  const timer = systemClock.setTimeout(() => over.abort(late), timeoutMs);
  try {
    await instance.client.connect({ signal: AbortSignal.any([signal, over.signal]) });
    await instance.settled();
    return undefined;
  } catch (error) {
    if (!SignalboxError.is(error)) throw error;
    // What is known of the server says more than that the time was over.
    return error === late ? (instance.error ?? late) : error;
  } finally {
    timer.cancel();
  }
}
