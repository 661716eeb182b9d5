import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, resolve } from 'node:path';

/** Where a program can be looked for. */
export interface ProgramScope {
  /** Like the variable PATH. */
  readonly path: string | undefined;
  /** Folder that relative paths start at. */
  readonly cwd: string;
}

/** Why a program cannot be started, as the system would say it. */
export type ProgramFault = 'ENOENT' | 'EACCES';

/** The absolute path of a program, as `execvp` would find it, or why it would not. */
export function findProgram(
  command: string,
  { path, cwd }: ProgramScope,
): { readonly program: string } | ProgramFault {
  const places = command.includes('/')
    ? [command]
    : placesIn(path ?? '').map((place) => `${place}/${command}`);
  let fault: ProgramFault = 'ENOENT';
  for (const place of places) {
    const program = resolve(cwd, place);
    try {
      if (!statSync(program).isFile()) continue;
      fault = 'EACCES';
      accessSync(program, constants.X_OK);
      return { program };
    } catch {
      // Not here; a later folder may have it.
    }
  }
  return fault;
}

/** Entries that are not absolute are left out: what they find would depend on where we stand. */
function placesIn(path: string): string[] {
  return path.split(delimiter).filter((place) => isAbsolute(place));
}
