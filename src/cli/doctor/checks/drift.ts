import type { Finding } from '../finding.ts';
import type { ConnectedSubject } from '../subject.ts';

/** Tools that are not defined any more as they were when they were approved (S15). */
export function checkDrift({ instance, events, approved }: ConnectedSubject): Finding[] {
  const drifted = events.flatMap((event) => (event.type === 'drift' ? [event.event] : []));
  if (drifted.length > 0) {
    return drifted.map(({ reason, policy }) => ({
      check: 'drift',
      level: policy === 'allow' ? 'note' : 'warning',
      what: reason,
      cure: 'read the new definition with `signalbox list --json`; "drift": "block" in "x-signalbox" keeps such tools away',
    }));
  }
  if (approved === undefined) {
    const what = 'nothing is known of an earlier run to compare its tools with';
    return [{ check: 'drift', level: 'ok', what }];
  }
  const { length } = instance.tools;
  return [{ check: 'drift', level: 'ok', what: `${length} tools are as they were approved` }];
}
