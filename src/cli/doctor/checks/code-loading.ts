import { codeLoadingVariables } from '../../../transports/process/code-loading.ts';
import type { Finding } from '../finding.ts';
import type { EntrySubject } from '../subject.ts';

/** Variables of an entry that make its program load code that is not its own (S02). Their values are not told. */
export function checkCodeLoading({ entry, place }: EntrySubject): Finding[] {
  const { launch } = entry['x-signalbox'] ?? {};
  const found = (env: Readonly<Record<string, string>> | undefined, ...key: string[]): Finding[] =>
    codeLoadingVariables(env ?? {}).map((name) => ({
      check: 'code',
      level: 'warning',
      what: `the variable ${name} makes the program load foreign code`,
      cure: 'take it out unless you put it there yourself and know what it loads',
      place: place(...key, name),
    }));
  return [...found(entry.env, 'env'), ...found(launch?.env, 'x-signalbox', 'launch', 'env')];
}
