import { homedir } from 'node:os';

/** Home folder of the user: by the environment, as that of a command is given to it, else by the system. */
export function homeOf(env: Readonly<Record<string, string | undefined>>): string {
  const named = process.platform === 'win32' ? env['USERPROFILE'] : env['HOME'];
  if (named !== undefined && named !== '') return named;
  try {
    return homedir();
  } catch {
    return '';
  }
}
