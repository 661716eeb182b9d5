import { statSync } from 'node:fs';
import { messageOf, SignalboxError } from '../../core/errors.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';

/** Which start failed. */
export interface FailedSpawn {
  readonly server: string;
  readonly command: string;
  readonly cwd?: string | undefined;
}

/** The only place where an error of starting a process gets its code, its retryability and its advice. */
export function spawnError(cause: unknown, { server, command, cwd }: FailedSpawn): SignalboxError {
  if (SignalboxError.is(cause)) return cause;
  const code = nodeCode(cause);
  const name = JSON.stringify(sanitizePeerText(command));
  const fail = (message: string, retryable = false): SignalboxError =>
    new SignalboxError('SPAWN_FAILED', message, {
      server,
      retryable,
      cause,
      details: { command: sanitizePeerText(command), errno: code },
    });
  // F-002: Node reports a missing working directory as ENOENT of the command.
  const badCwd = cwd === undefined ? undefined : directoryFault(cwd);
  if (badCwd !== undefined) return fail(`the working directory ${badCwd}; correct "cwd"`);
  switch (code) {
    case 'ENOENT':
      return fail(
        command.includes('/') || command.includes('\\')
          ? `there is no program ${name}; check the path`
          : `the command ${name} was not found; install it, or give its full path if it is not in PATH`,
      );
    case 'EACCES':
    case 'EPERM':
      return fail(`${name} may not be executed; check its permissions (chmod +x)`);
    case 'ENOTDIR':
      return fail(`the path of ${name} leads through something that is not a directory; check the path`);
    case 'E2BIG':
      return fail('the arguments and environment are too long for this system; shorten them');
    // F-024: our own shortage, which passes.
    case 'EMFILE':
    case 'ENFILE':
      return fail(
        'no file descriptors are left to start it; close some, or raise the limit (ulimit -n)',
        true,
      );
    case 'EAGAIN':
    case 'ENOMEM':
      return fail('the system has no room for another process now; try again later', true);
    default:
      return fail(`${name} could not be started: ${messageOf(cause)}`);
  }
}

function nodeCode(cause: unknown): string | undefined {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

function directoryFault(cwd: string): string | undefined {
  const name = JSON.stringify(sanitizePeerText(cwd));
  try {
    return statSync(cwd).isDirectory() ? undefined : `${name} is not a directory`;
  } catch (error) {
    return nodeCode(error) === 'EACCES' ? `${name} cannot be entered` : `${name} does not exist`;
  }
}
