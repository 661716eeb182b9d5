import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Clock } from '../../core/clock.ts';
import { SignalboxError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { runProgram } from '../program/run-program.ts';
import { Secret } from '../secret.ts';
import { keyringCommand } from './keyring.ts';

/** A secret itself, or where it is looked up each time it is needed. */
export type SecretOrigin =
  | string
  | { readonly env: string }
  | { readonly file: string }
  | { readonly command: readonly string[] }
  | { readonly keyring: { readonly service: string; readonly account?: string | undefined } };

/** What looking a secret up needs. */
export interface SecretReaderContext {
  readonly server: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Default: `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
}

const MAX_FILE = 64 * 1024;
/** How long a command or a keyring, which may ask a person, has, in ms. */
const LOOKUP_MS = 30_000;

/** Looks a secret up. @throws SignalboxError CONFIG_INVALID; no message holds any part of a secret */
export async function readSecret(origin: SecretOrigin, context: SecretReaderContext): Promise<Secret> {
  if (typeof origin === 'string') return new Secret(origin);
  const text = (await lookedUp(origin, context)).replace(/\r?\n$/u, '');
  if (text === '') throw fault(context, 'the place of a secret in "x-signalbox.auth" is empty');
  return new Secret(text);
}

function lookedUp(origin: Exclude<SecretOrigin, string>, context: SecretReaderContext): Promise<string> {
  const { server, clock } = context;
  const run = (command: readonly string[], purpose: string): Promise<string> =>
    runProgram({ command, timeoutMs: LOOKUP_MS, clock, purpose, server });
  if ('env' in origin) return fromEnvironment(origin.env, context);
  if ('file' in origin) return fromFile(origin.file, context);
  if ('command' in origin) return run(origin.command, 'the command of a secret in "x-signalbox.auth"');
  const command = keyringCommand(origin.keyring, process.platform);
  if (command === undefined) {
    const message = `there is no keyring on ${process.platform} that Signalbox can ask; use "env", "file" or "command"`;
    return Promise.reject(fault(context, message));
  }
  return run(command, `the keyring (${command[0]})`);
}

function fromEnvironment(name: string, context: SecretReaderContext): Promise<string> {
  const value = (context.environment ?? process.env)[name];
  return value === undefined
    ? Promise.reject(fault(context, `"x-signalbox.auth" needs the variable ${name}, which is not set`))
    : Promise.resolve(value);
}

async function fromFile(path: string, context: SecretReaderContext): Promise<string> {
  const named = JSON.stringify(path);
  try {
    // A FIFO in its place would hold us for ever without O_NONBLOCK.
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const info = await file.stat();
      if (!info.isFile() || info.size > MAX_FILE) {
        throw fault(context, `the secret ${named} is no file, or larger than ${MAX_FILE} bytes`);
      }
      if (process.getuid !== undefined && (info.mode & 0o077) !== 0) {
        const message = 'others can read the file of a secret; chmod 600 it';
        context.logger.warn(message, { server: context.server, file: path });
      }
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (SignalboxError.is(error)) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw fault(context, `the file of a secret ${named} cannot be read (${code ?? 'unknown'})`, error);
  }
}

function fault({ server }: SecretReaderContext, message: string, cause?: unknown): SignalboxError {
  return new SignalboxError('CONFIG_INVALID', message, { server, cause });
}
