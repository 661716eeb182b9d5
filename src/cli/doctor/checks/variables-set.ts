import type { Finding } from '../finding.ts';
import type { EntrySubject } from '../subject.ts';

/** What people write where a value is to be filled in. */
const TO_BE_FILLED_IN =
  /^(?:<[^>]*>|\[[^\]]*\]|x{3,}|\.{3}|…|changeme|replace[-_ ]?me|todo|your[-_ ].*|.*[-_ ]here)$/iu;

/** `Bearer ` and the like before a value. */
const SCHEME = /^(?:bearer|basic|token)\s+/iu;

/** Variables and headers that are empty, or still hold what an example had there. Values are never told (S18). */
export function checkVariables({ entry, place }: EntrySubject): Finding[] {
  const findings: Finding[] = [];
  let count = 0;
  const look = (
    values: Readonly<Record<string, string>> | undefined,
    kind: string,
    ...key: string[]
  ): void => {
    for (const [name, value] of Object.entries(values ?? {})) {
      count++;
      const bare = `${value} `.replace(SCHEME, '').trim();
      const fault =
        bare === ''
          ? 'is empty'
          : TO_BE_FILLED_IN.test(bare)
            ? 'still holds the placeholder of an example'
            : undefined;
      if (fault === undefined) continue;
      findings.push({
        check: 'variables',
        level: 'warning',
        what: `the ${kind} ${name} ${fault}`,
        cure: 'give it its value, best as ${VARIABLE} that is set where signalbox is started',
        place: place(...key, name),
      });
    }
  };
  look(entry.env, 'variable', 'env');
  look(entry.headers, 'header', 'headers');
  look(entry['x-signalbox']?.launch?.env, 'variable', 'x-signalbox', 'launch', 'env');
  if (count > 0 && findings.length === 0) {
    findings.push({ check: 'variables', level: 'ok', what: `${count} variables and headers are set` });
  }
  return findings;
}
