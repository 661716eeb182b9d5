import { lintLaunch } from '../../../transports/process/consent/lint-launch.ts';
import { startedPackage } from '../../../transports/process/consent/started-package.ts';
import type { Finding } from '../finding.ts';
import { splitCure } from '../split-cure.ts';
import type { EntrySubject } from '../subject.ts';

/** Whether what an entry starts is the same tomorrow, and is no script in an argument (S02, S26). */
export function checkVersion({ entry, place }: EntrySubject): Finding[] {
  const { launch } = entry['x-signalbox'] ?? {};
  const key = entry.command === undefined ? ['x-signalbox', 'launch'] : [];
  const started = entry.command === undefined ? launch : entry;
  if (started?.command === undefined) return [];
  const { command, args = [] } = started;
  // Without its variables: they are another check.
  const risks = lintLaunch({ command, args });
  if (risks.length === 0) {
    const found = startedPackage(command, args);
    if (found === undefined) return [];
    return [
      { check: 'version', level: 'ok', what: `${found.runner} starts "${found.spec}", which is pinned` },
    ];
  }
  return risks.map((risk) => {
    const said = splitCure(risk, 'start a fixed version');
    return { check: 'version', level: 'warning', ...said, place: place(...key, 'args') };
  });
}
