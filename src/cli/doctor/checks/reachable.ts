import type { SignalboxError } from '../../../core/errors.ts';
import { hintFor } from '../../error-hints.ts';
import { withoutHead } from '../../report-error.ts';
import type { Finding } from '../finding.ts';
import { splitCure } from '../split-cure.ts';

const NEEDS_AUTH: ReadonlySet<string> = new Set(['AUTH_REQUIRED', 'FORBIDDEN']);

/** Where no message says it. */
const CURES: ReadonlyMap<string, string> = new Map([
  ['SPAWN_FAILED', 'install the program or correct "command"; `signalbox logs` shows what it printed'],
  ['LAUNCH_FAILED', 'start the program by hand to see what it prints'],
  ['CONNECT_FAILED', 'start the server, or correct "url" or "command"'],
  ['CONNECT_TIMEOUT', 'give it more time with --timeout MS, or "x-signalbox.timeouts.connect" in its entry'],
  ['PROTOCOL_UNSUPPORTED', 'update the server: it speaks no revision of MCP that is known here'],
  ['TLS_ERROR', 'check its certificate, or "x-signalbox.http.tls"'],
  ['HTTP_ERROR', 'check the path of "url", and what stands before the server'],
  ['BAD_RESPONSE', 'check the path of "url": what answers there may be no MCP server'],
]);

/** Why a server could not be connected. */
export function checkUnreachable(error: SignalboxError): Finding[] {
  const { code } = error;
  const otherwise = CURES.get(code) ?? `docs/errors.md explains ${code}`;
  const { what, cure } = splitCure(withoutHead(error).replaceAll('\n', ' '), otherwise);
  const check = NEEDS_AUTH.has(code) ? 'auth' : 'reachable';
  return [{ check, level: 'error', what: `${what} (${code})`, cure: hintFor(error) ?? cure }];
}
