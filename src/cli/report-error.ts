import { RemoteError, SignalboxError } from '../core/errors.ts';
import type { CommandContext } from './command-context.ts';
import { hintFor } from './error-hints.ts';
import { jsonLine } from './output/json.ts';
import { serviceProblems } from './service-problems.ts';

/** Longest line of an error message; paths and suggestions can be long. */
const MAX_LINE = 2000;

/** The facts of an error, for `--json` and for tables. */
export interface ErrorFacts {
  readonly code: string;
  readonly message: string;
  readonly server: string | undefined;
  readonly retryable: boolean;
  readonly delivered: string;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;
}

/** What is to be said of anything that was thrown. The message is not yet safe for a terminal. */
export function factsOf(thrown: unknown): ErrorFacts {
  if (SignalboxError.is(thrown)) {
    const { code, server, retryable, delivered, details } = thrown;
    const message = withoutHead(thrown);
    return { code, message, server, retryable, delivered, hint: hintFor(thrown), details };
  }
  if (thrown instanceof RemoteError) {
    const details = { rpcCode: thrown.code, httpStatus: thrown.httpStatus };
    const message = `the server answered with an error: ${thrown.remoteMessage} (${thrown.code})`;
    const { server } = thrown;
    return {
      code: 'REMOTE_ERROR',
      message,
      server,
      retryable: false,
      delivered: 'yes',
      hint: undefined,
      details,
    };
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const hint = 'this is a defect of Signalbox; please report it with the output of --log-level debug';
  return {
    code: 'INTERNAL',
    message,
    server: undefined,
    retryable: false,
    delivered: 'no',
    hint,
    details: undefined,
  };
}

/** Writes one line about an error to stderr, and a second one with a hint where there is one; JSON in one line. */
export function reportError(context: CommandContext, thrown: unknown): void {
  const { terminal, logger } = context;
  const facts = factsOf(thrown);
  if (context.json) {
    terminal.note(errorEnvelope(context, facts));
  } else {
    const [first = '', ...more] = facts.message.split('\n').map((line) => indented(line, context));
    const where = facts.server === undefined ? '' : `${terminal.peer(facts.server, 64)}: `;
    terminal.note(
      `${terminal.err.red('signalbox:')} ${where}${first} ${terminal.err.dim(`(${facts.code})`)}`,
    );
    for (const problem of problemsOf(facts)) terminal.note(`  ${terminal.peer(problem, MAX_LINE)}`);
    const hint = [...more, ...(facts.hint === undefined ? [] : [facts.hint])].filter((line) => line !== '');
    for (const line of hint) terminal.note(`  ${terminal.err.dim(line)}`);
  }
  if (thrown instanceof Error) logger.debug('stack of the error', { stack: stackOf(thrown) });
}

/** What a service found wrong with the arguments. Of a config, the message tells it already. */
function problemsOf({ code, details }: ErrorFacts): readonly string[] {
  return code === 'INVALID_ARGUMENT' && details?.['status'] !== undefined
    ? serviceProblems(details['problems'])
    : [];
}

/** A line of an example keeps its place. */
function indented(line: string, { terminal }: CommandContext): string {
  return `${/^ {0,8}/u.exec(line)?.[0] ?? ''}${terminal.peer(line, MAX_LINE)}`;
}

/** `{"error":{…}}` on one line, safe and without secrets. */
export function errorEnvelope(context: CommandContext, facts: ErrorFacts): string {
  const message = context.terminal.peer(facts.message.replaceAll('\n', ' '), MAX_LINE);
  return jsonLine({ error: context.io.redactor.value({ ...facts, message }) });
}

/** The message of an error without the code and server that stand before it. */
export function withoutHead(error: SignalboxError): string {
  let { message } = error;
  for (const head of [`[${error.code}] `, ...(error.server === undefined ? [] : [`${error.server}: `])]) {
    if (message.startsWith(head)) message = message.slice(head.length);
  }
  return message;
}

function stackOf(error: Error): string {
  const own = error.stack ?? error.message;
  return error.cause instanceof Error ? `${own}\ncaused by: ${stackOf(error.cause)}` : own;
}
