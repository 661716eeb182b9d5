import type { Colors } from '../output/terminal.ts';
import { countLevels, type Diagnosis } from './diagnosis.ts';
import type { Finding, FindingLevel } from './finding.ts';

const MARKS: Readonly<Record<FindingLevel, string>> = { ok: '✓', note: '·', warning: '!', error: '✗' };

/** One server with all that was found, and what to do. */
export function diagnosisText({ server, findings, wasConnected }: Diagnosis, colors: Colors): string {
  const note = wasConnected ? '' : colors.dim('  (not connected)');
  return [
    `${colors.bold(server)}${note}`,
    ...findings.flatMap((finding) => findingLines(finding, colors)),
  ].join('\n');
}

export function findingLines({ level, check, what, cure, place }: Finding, colors: Colors): string[] {
  const where = place === undefined ? '' : colors.dim(` (${place})`);
  const lines = [`  ${paint(level, colors)(MARKS[level])} ${colors.dim(check.padEnd(9))} ${what}${where}`];
  if (cure !== undefined && cure !== '') lines.push(`    ${colors.dim(`→ ${cure}`)}`);
  return lines;
}

/** How everything is, in one line. */
export function summaryLine(
  diagnoses: readonly Diagnosis[],
  general: readonly Finding[],
  colors: Colors,
): string {
  const all = countLevels([...general, ...diagnoses.flatMap(({ findings }) => findings)]);
  const unwell = diagnoses.filter(({ worst }) => worst === 'error').length;
  const counts = [
    colors.red(counted(all.error, 'error')),
    colors.yellow(counted(all.warning, 'warning')),
    counted(all.note, 'note'),
    colors.green(`${all.ok} ok`),
  ];
  const text =
    unwell === 0 ? 'no server is in trouble' : `${unwell} of ${diagnoses.length} servers are in trouble`;
  return `${text}: ${counts.join(', ')}`;
}

function paint(level: FindingLevel, colors: Colors): (text: string) => string {
  switch (level) {
    case 'ok':
      return colors.green;
    case 'note':
      return colors.cyan;
    case 'warning':
      return colors.yellow;
    case 'error':
      return colors.red;
  }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
