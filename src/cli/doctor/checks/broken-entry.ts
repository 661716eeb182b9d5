import type { EntryProblem } from '../../../config/entry-error.ts';
import type { SignalboxError } from '../../../core/errors.ts';
import { withoutHead } from '../../report-error.ts';
import type { Finding } from '../finding.ts';
import { splitCure } from '../split-cure.ts';

const CURE = 'correct the entry; docs/configuration.md tells every key';

/** Everything that is wrong with an entry that cannot be used, each with its line. */
export function checkBrokenEntry(error: SignalboxError, file: string): Finding[] {
  const problems = error.details['problems'];
  const listed = Array.isArray(problems) ? (problems as EntryProblem[]) : [];
  if (listed.length === 0)
    return [{ check: 'config', level: 'error', ...splitCure(withoutHead(error), CURE) }];
  return listed.map(({ message, line }) => {
    return {
      check: message.includes('needs the variable') ? 'variables' : 'config',
      level: 'error',
      ...splitCure(message, CURE),
      place: line === undefined ? file : `${file}:${line}`,
    };
  });
}
