import { SignalboxError } from '../core/errors.ts';
import { sanitizePeerText } from '../core/peer-text.ts';
import { type Finding, findingText, type KeyPath, keyText } from './checks/findings.ts';
import { MAX_SERVER_NAME } from './checks/server-name.ts';
import type { TextPlace } from './file/file-error.ts';

/** A place in a config file. */
export interface FilePlace extends TextPlace {
  readonly file: string;
}

/** One thing that is wrong with an entry; `details.problems` of a CONFIG_INVALID error lists them (at most 100). */
export interface EntryProblem {
  /** Where: `x-signalbox.timeouts.request`, `args[2]`; empty for the entry as a whole. */
  readonly key: string;
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
}

/** Problems that `details` lists; the message counts all of them. */
const MAX_PROBLEMS = 100;

/** Further keys that a message names after its first problem. */
const MAX_FURTHER_KEYS = 5;

/** All problems of one entry as one error. The first is told in full, the others by their keys. */
export function entryError(
  name: string,
  problems: readonly [Finding, ...Finding[]],
  locate?: (path: KeyPath) => FilePlace,
): SignalboxError {
  const listed = problems.slice(0, MAX_PROBLEMS).map((problem): EntryProblem => {
    const text = { key: keyText(problem.path), message: findingText(problem) };
    if (locate === undefined) return text;
    const { line, column } = locate(problem.path);
    return { ...text, line, column };
  });
  const [first, ...others] = problems;
  const place = locate?.(first.path);
  const where = place === undefined ? '' : `${place.file}:${place.line}: `;
  return new SignalboxError('CONFIG_INVALID', `${where}${findingText(first)}${further(others)}`, {
    server: sanitizePeerText(name, MAX_SERVER_NAME),
    details: { ...place, key: keyText(first.path), problems: listed },
  });
}

function further(others: readonly Finding[]): string {
  if (others.length === 0) return '';
  const keys = [...new Set(others.map(({ path }) => keyText(path) || 'the entry'))];
  const named = keys.slice(0, MAX_FURTHER_KEYS).join(', ');
  const rest = keys.length > MAX_FURTHER_KEYS ? ', …' : '';
  return ` (and ${others.length} more problem${others.length === 1 ? '' : 's'}: ${named}${rest})`;
}
