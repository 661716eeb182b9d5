import type { Finding } from '../finding.ts';
import { splitCure } from '../split-cure.ts';

/** What is odd in a config file: its warnings begin with file and line, and go on with the server. */
export interface ConfigWarning {
  /** Undefined: it is about the file. */
  readonly server: string | undefined;
  readonly finding: Finding;
}

export function configWarnings(
  warnings: readonly string[],
  file: string,
  servers: Iterable<string>,
): readonly ConfigWarning[] {
  const names = [...servers];
  return warnings.map((warning) => {
    const rest = warning.startsWith(`${file}:`) ? warning.slice(file.length + 1) : warning;
    const [, line, text = rest] = /^(\d+): ([^]*)$/u.exec(rest) ?? [];
    const server = names.find((name) => text.startsWith(`${name}: `));
    return {
      server,
      finding: {
        check: 'config',
        level: 'warning',
        ...splitCure(
          server === undefined ? text.trim() : text.slice(server.length + 2),
          'change it, or take it out',
        ),
        place: line === undefined ? file : `${file}:${line}`,
      },
    };
  });
}
