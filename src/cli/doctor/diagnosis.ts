import type { CommandContext } from '../command-context.ts';
import type { OpenServers } from '../open-servers.ts';
import { type Finding, type FindingLevel, LEVELS, worstOf } from './finding.ts';

/** All that was found of one server, the worst first. Safe for a terminal, without secrets. */
export interface Diagnosis {
  readonly server: string;
  readonly worst: FindingLevel;
  /** False for one that is disabled: only its entry was looked at. */
  readonly wasConnected: boolean;
  readonly findings: readonly Finding[];
}

/** Findings in the form in which they may be shown: filtered, redacted, sorted. */
export function diagnosisOf(
  { terminal }: CommandContext,
  server: string,
  findings: readonly Finding[],
  wasConnected: boolean,
): Diagnosis {
  const safe = findings.map(
    (finding): Finding => ({
      check: finding.check,
      level: finding.level,
      what: terminal.peer(finding.what),
      ...(finding.cure === undefined ? {} : { cure: terminal.peer(finding.cure) }),
      ...(finding.place === undefined ? {} : { place: terminal.peer(finding.place) }),
    }),
  );
  const sorted = safe.toSorted((one, other) => LEVELS.indexOf(other.level) - LEVELS.indexOf(one.level));
  return { server: terminal.peer(server, 64), worst: worstOf(findings), wasConnected, findings: sorted };
}

/** How many findings there are of each level. */
export function countLevels(findings: readonly Finding[]): Readonly<Record<FindingLevel, number>> {
  const count = (level: FindingLevel): number => findings.filter((finding) => finding.level === level).length;
  return { ok: count('ok'), note: count('note'), warning: count('warning'), error: count('error') };
}

/** The servers of a config in the order of their registration, those with unusable entries last. */
export function namesOf({ registry, failed }: OpenServers): readonly string[] {
  return [...registry.getAllServers().map(({ name }) => name), ...failed.keys()];
}
