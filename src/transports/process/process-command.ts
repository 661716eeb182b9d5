import { SignalboxError } from '../../core/errors.ts';
import type { Environment } from './environment.ts';

/** What is started, and where. No shell ever reads it (S01). */
export interface ProcessCommand {
  /** Program: a path, or a name that is looked up in PATH. */
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the process; nothing is added to it. */
  readonly env: Environment;
  /** Working directory; default: the one of this process. */
  readonly cwd?: string | undefined;
}

/** Throws INVALID_ARGUMENT for a command that no operating system could start as it stands. */
export function checkCommand(server: string, { command, args, env, cwd }: ProcessCommand): void {
  const refuse = (what: string): never => {
    throw new SignalboxError('INVALID_ARGUMENT', `${what}; correct the entry of this server`, { server });
  };
  if (typeof command !== 'string' || command.trim() === '') refuse('the command is not a non-empty string');
  if (command.includes('\0')) refuse('the command contains a NUL character');
  if (!Array.isArray(args)) refuse('the arguments are not a list');
  for (const [index, argument] of args.entries()) {
    if (typeof argument !== 'string') refuse(`argument ${index} is not a string`);
    // A C string ends at NUL: what stands behind it would be cut off silently.
    if (argument.includes('\0')) refuse(`argument ${index} contains a NUL character`);
  }
  for (const [name, value] of Object.entries(env)) {
    if (name === '' || name.includes('=') || name.includes('\0')) {
      refuse('an environment variable has an unusable name');
    }
    // The value may be a secret: only the name is told.
    if (value?.includes('\0') === true)
      refuse(`the environment variable ${JSON.stringify(name)} contains a NUL character`);
  }
  if (cwd !== undefined && (typeof cwd !== 'string' || cwd === '' || cwd.includes('\0'))) {
    refuse('the working directory is empty or contains a NUL character');
  }
}
