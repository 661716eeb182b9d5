import { connect, type Socket } from 'node:net';
import { onAbort } from '../../core/abort.ts';
import { systemClock } from '../../core/clock.ts';
import { ERROR_CODES, type SignalboxErrorCode } from '../../core/error-codes.ts';
import { messageOf, SignalboxError } from '../../core/errors.ts';
import { folderFault } from '../../core/private-file.ts';
import type { ControlPath } from './control-path.ts';
import {
  type ControlReply,
  type ControlRequest,
  encodeLine,
  MAX_ANSWER_BYTES,
  readReply,
} from './control-protocol.ts';
import { removeDead, socketState } from './stale-socket.ts';

/** How long an answer may take, in ms: a process that is stopped never gives one. */
const ANSWER_MS = 5000;
/** The same for a server that is connected anew. */
const RESTART_MS = 120_000;

/**
 * Whether an `up` of the config listens. The socket of one that is dead is removed.
 * @throws SignalboxError CONFIG_INVALID if something else is in its place (S27)
 */
export async function isListening({ folder, path }: ControlPath): Promise<boolean> {
  // On Windows, whether somebody is there is known when it is asked.
  if (folder === undefined) return true;
  const fault = await folderFault(folder);
  if (fault !== undefined) throw refused(`the folder ${folder} ${fault}`);
  const state = await socketState(path);
  if (state === 'foreign') throw refused(`${path} is no socket of this user's; remove it`);
  if (state === 'dead') await removeDead(path);
  return state === 'alive';
}

/**
 * Asks a running `up` one thing.
 * @throws SignalboxError what it says; CONNECT_FAILED if it is gone; REQUEST_TIMEOUT, BAD_RESPONSE, REQUEST_ABORTED
 */
export async function ask(path: string, request: ControlRequest, signal: AbortSignal): Promise<unknown> {
  const limitMs = request.ask === 'restart' ? RESTART_MS : ANSWER_MS;
  for await (const reply of replies(path, request, signal, limitMs)) {
    if ('answer' in reply) return reply.answer;
  }
  throw new SignalboxError('BAD_RESPONSE', 'the running `signalbox up` gave no answer');
}

/** Events of a running `up`, until it ends or `signal` fires. Throws as {@link ask} does. */
export async function* follow(
  path: string,
  request: Extract<ControlRequest, { readonly ask: 'events' }>,
  signal: AbortSignal,
): AsyncGenerator<unknown, void, undefined> {
  for await (const reply of replies(path, request, signal, undefined)) {
    if ('event' in reply) yield reply.event;
  }
}

async function* replies(
  path: string,
  request: ControlRequest,
  signal: AbortSignal,
  limitMs: number | undefined,
): AsyncGenerator<Exclude<ControlReply, { readonly error: unknown }>, void, undefined> {
  signal.throwIfAborted();
  const socket = connect(path);
  const release = onAbort(signal, () => socket.destroy(signal.reason as Error));
  const timer =
    limitMs === undefined
      ? undefined
      : systemClock.setTimeout(() => socket.destroy(tooSlow(limitMs)), limitMs);
  try {
    socket.write(encodeLine(request));
    for await (const line of lines(socket)) {
      const reply = readReply(line);
      if ('error' in reply) throw toldError(reply.error);
      yield reply;
    }
  } catch (error) {
    if (SignalboxError.is(error)) throw error;
    throw new SignalboxError(
      'CONNECT_FAILED',
      `the running \`signalbox up\` cannot be asked: ${messageOf(error)}`,
      { cause: error },
    );
  } finally {
    timer?.cancel();
    release();
    socket.destroy();
  }
}

async function* lines(socket: Socket): AsyncGenerator<string, void, undefined> {
  let parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    let rest = chunk;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      yield Buffer.concat([...parts, rest.subarray(0, end)]).toString('utf8');
      rest = rest.subarray(end + 1);
      parts = [];
      bytes = 0;
    }
    bytes += rest.length;
    if (bytes > MAX_ANSWER_BYTES) {
      throw new SignalboxError('BODY_TOO_LARGE', 'the running `signalbox up` answers more than is read');
    }
    if (rest.length > 0) parts.push(rest);
  }
}

function tooSlow(limitMs: number): SignalboxError {
  const message = `the running \`signalbox up\` has not answered within ${limitMs} ms`;
  return new SignalboxError('REQUEST_TIMEOUT', message);
}

function toldError({ code, message }: { readonly code: string; readonly message: string }): SignalboxError {
  const known = Object.hasOwn(ERROR_CODES, code);
  return new SignalboxError(known ? (code as SignalboxErrorCode) : 'INTERNAL', message);
}

function refused(what: string): SignalboxError {
  return new SignalboxError('CONFIG_INVALID', `a running \`signalbox up\` cannot be looked for: ${what}`);
}
