import type { WireCounters } from '../../../protocol/session/wire-counters.ts';
import type { Finding } from '../finding.ts';
import type { ConnectedSubject } from '../subject.ts';

/** What breaks the rules on the wire, what it means, and what to do. */
const ODDITIES: readonly (readonly [keyof WireCounters, string, string])[] = [
  [
    'noise',
    'times it wrote to stdout, or sent, what is no message',
    'logs belong on stderr; other clients end such connections',
  ],
  ['badMessages', 'messages broke the rules of JSON-RPC', 'tell the author of the server'],
  ['unknownResponses', 'answers belonged to no request', 'tell the author of the server'],
  ['duplicateResponses', 'answers came twice or too late', 'tell the author of the server'],
  ['slowMessages', 'messages were so large that reading them held everything up', 'ask it for less at once'],
];

/** Oddities of the protocol that do no harm here and may elsewhere; and what the client was warned of. */
export function checkWire({ instance, events }: ConnectedSubject): Finding[] {
  const { wire } = instance.client.diagnostics();
  const findings = ODDITIES.flatMap(([counter, what, cure]): Finding[] => {
    const count = wire?.[counter] ?? 0;
    return count === 0 ? [] : [{ check: 'wire', level: 'warning', what: `${count} ${what}`, cure }];
  });
  for (const event of events) {
    if (event.type !== 'server' || event.event.type !== 'warning') continue;
    const cure = 'tell the author of the server';
    findings.push({ check: 'wire', level: 'warning', what: event.event.reason, cure });
  }
  if (findings.length > 0) return findings;
  return [{ check: 'wire', level: 'ok', what: 'it keeps to the rules of the protocol' }];
}
