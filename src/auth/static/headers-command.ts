import { validateHeaderName, validateHeaderValue } from 'node:http';
import { SignalboxError } from '../../core/errors.ts';
import { runProgram } from '../program/run-program.ts';
import type { FetchedHeaders } from './fetched-source.ts';
import type { StaticSourceContext } from './static-context.ts';

const TIMEOUT_MS = 10_000;
const REFRESH_MS = 300_000;
const MAX_HEADERS = 32;
/** Headers of HTTP itself and of the protocol, in lower case. */
const RESERVED =
  /^(?:accept|accept-encoding|connection|content-length|content-type|expect|host|keep-alive|last-event-id|te|trailer|transfer-encoding|upgrade|mcp-.*)$/u;

/** A program that prints headers. */
export interface HeadersCommand {
  readonly command: readonly string[];
  readonly timeoutMs?: number | undefined;
  readonly refreshMs?: number | undefined;
}

/**
 * Runs the program and reads the headers that it prints: an object of them, or `{"headers": {…}, "expiresInSeconds": 300}`.
 * @throws SignalboxError CONFIG_INVALID
 */
export async function headersCommand(
  { command, timeoutMs = TIMEOUT_MS, refreshMs = REFRESH_MS }: HeadersCommand,
  context: StaticSourceContext,
): Promise<FetchedHeaders> {
  const { clock, server, onSecret } = context;
  const purpose = 'the command of "x-signalbox.auth"';
  const startedAt = clock.wallNow();
  const text = await runProgram({ command, timeoutMs, clock, purpose, server });
  const fault = (what: string): SignalboxError =>
    new SignalboxError('CONFIG_INVALID', `${purpose} ${what}`, { server });
  const printed = parsed(text);
  const inner = printed?.['headers'];
  const map = isRecord(inner) ? inner : printed;
  if (map === undefined) throw fault('printed no JSON object of headers');
  const names = Object.keys(map);
  if (names.length === 0 || names.length > MAX_HEADERS) throw fault(`printed ${names.length} headers`);
  const headers: string[] = [];
  const secrets: string[] = [];
  for (const [given, value] of Object.entries(map)) {
    const name = given.toLowerCase();
    if (!isHeader(name, value)) throw fault('printed a header with a name or value that HTTP does not allow');
    if (RESERVED.test(name)) throw fault(`printed the header ${name}, which the protocol sets itself`);
    if (context.taken.has(name)) throw fault(`printed the header ${name}, which "headers" sets already`);
    headers.push(name, value);
    // Of `Bearer abc` the second word is the secret.
    const word = /^[A-Za-z][\w-]*\s+(\S.*)$/u.exec(value)?.[1] ?? value;
    secrets.push(value, word);
  }
  for (const secret of secrets) onSecret(secret);
  const seconds = isRecord(inner) ? printed?.['expiresInSeconds'] : undefined;
  const lifeMs = typeof seconds === 'number' && seconds >= 0 ? seconds * 1000 : refreshMs;
  return { headers, secrets, expiresAtMs: startedAt + lifeMs };
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isHeader(name: string, value: unknown): value is string {
  if (typeof value !== 'string') return false;
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}
