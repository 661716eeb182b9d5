import { table } from '../../../src/cli/output/table.ts';
import { breachesOf, type Checked } from '../check.ts';
import type { Colors } from './run-command.ts';

/** Breaches that are spelled out. */
const SHOWN = 20;

/**
 * The promises in a table, and then what broke.
 * @param promises what each check is about, by name
 */
export async function checkText(
  { checks }: Checked,
  promises: Readonly<Record<string, string>>,
  colors: Colors,
): Promise<string> {
  const breaches = breachesOf({ checks });
  const rows = checks.map(({ check, figures, breaches: own }) => [
    own.length === 0 ? colors.green('✓') : colors.red('✗'),
    promises[check] ?? check,
    own.length === 0 ? figures : `${own.length} breaches; ${figures}`,
  ]);
  const lines = [
    await table([{ title: '' }, { title: 'promise' }, { title: 'figures' }], rows, undefined),
    '',
  ];
  if (breaches.length === 0) return [...lines, colors.green('No breach.')].join('\n');
  // A few of each kind say more than many of the first.
  const shown = checks.flatMap(({ breaches: own }) => own.slice(0, 5)).slice(0, SHOWN);
  for (const { check, server, key, what } of shown)
    lines.push(
      `${colors.red('✗')} ${check}: ${[server, key].filter((part) => part !== undefined).join(' ')} ${what}`,
    );
  if (breaches.length > shown.length)
    lines.push(`… and ${breaches.length - shown.length} more (--json lists all)`);
  lines.push('', colors.red(`${breaches.length} breaches.`));
  return lines.join('\n');
}
