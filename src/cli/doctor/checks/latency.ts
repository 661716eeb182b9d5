import { millisecondsText } from '../../output/amounts.ts';
import type { Finding } from '../finding.ts';
import type { ConnectedSubject } from '../subject.ts';

/** Longer than a person likes to wait for a start, in ms. */
const SLOW_START_MS = 10_000;
/** Longer than an answer to nothing at all should take, in ms. */
const SLOW_ANSWER_MS = 1000;

/** How long it took to connect, and how long a sign of life takes. */
export function checkLatency({ instance, pings }: ConnectedSubject): Finding[] {
  const connectMs = instance.client.stats().connectMs ?? 0;
  const findings: Finding[] = [];
  const slowStart = connectMs > SLOW_START_MS;
  const answered = pings.flatMap((ping) => ping ?? []).sort((one, other) => one - other);
  const median = answered[Math.floor(answered.length / 2)];
  if (answered.length < pings.length || median === undefined) {
    findings.push({
      check: 'latency',
      level: 'warning',
      what: `${pings.length - answered.length} of ${pings.length} signs of life did not come`,
      cure: 'look at `signalbox logs`; a server that blocks while it works cannot be told from a dead one',
    });
  } else if (median > SLOW_ANSWER_MS) {
    findings.push({
      check: 'latency',
      level: 'warning',
      what: `a sign of life takes ${millisecondsText(median)}`,
      cure: 'look at the network, and at what else the server does',
    });
  }
  if (slowStart) {
    findings.push({
      check: 'latency',
      level: 'note',
      what: `it took ${millisecondsText(connectMs)} to connect`,
      cure: 'install its package instead of fetching it at each start, or set "x-signalbox.lazy"',
    });
  }
  if (findings.length > 0) return findings;
  const what = `connected in ${millisecondsText(connectMs)}, answers in ${millisecondsText(median ?? 0)}`;
  return [{ check: 'latency', level: 'ok', what }];
}
