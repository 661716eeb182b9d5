import type { ResolvedRest, RestErrorMeaning } from '../../../config/rest-settings.ts';
import type { SignalboxErrorCode } from '../../../core/error-codes.ts';
import { messageWithoutHead, SignalboxError } from '../../../core/errors.ts';
import { sanitizePeerText } from '../../../core/peer-text.ts';
import type { JsonRpcErrorObject } from '../../../wire/json-rpc.ts';
import { refusalError } from '../../http/exchange/refusal.ts';
import { meansSessionLost } from '../../http/session-id.ts';
import type { RestAnswer } from '../rest-exchange.ts';
import { refusalJson } from '../results/rest-content.ts';
import { type ServiceError, serviceError } from './error-shape.ts';

/** What a request was about, as far as its failure depends on it. */
export interface RequestFacts {
  readonly method: string;
  /** What it names: a tool, a prompt, a resource. Undefined: it names nothing. */
  readonly subject: { readonly kind: 'tool' | 'prompt' | 'resource'; readonly name: string } | undefined;
  /** Whether it carries arguments of a caller. */
  readonly hasArguments: boolean;
  /** Whether it carried the id of a session. */
  readonly hasSession: boolean;
  /** Whether the same operation has succeeded in this session. */
  readonly isProven: boolean;
}

/** What all errors of one service are made with. */
export interface ErrorContext {
  readonly server: string;
  readonly errors: ResolvedRest['errors'];
  /** Text of the service without the credentials that it was sent. */
  conceal(text: string): string;
  /** In ms since the epoch. */
  wallNowMs(): number;
}

/** Statuses by which a service says that it has no such route. */
export const NO_ROUTE: ReadonlySet<number> = new Set([404, 405, 501]);

/** What a server error is called in JSON-RPC where the service has no number of its own. */
const SERVICE_ERROR = -32_000;

/** The typed error for an answer whose status does not mean success. */
export function statusError(answer: RestAnswer, facts: RequestFacts, context: ErrorContext): SignalboxError {
  const { status } = answer;
  const json = refusalJson(answer);
  const said = saidBy(json, context);
  const text = json === undefined ? answer.body.toString('utf8') : (said.message ?? '');
  if (facts.hasSession && isSessionLost(status, said, answer, facts)) return sessionLost(answer, context);
  const plain = plainError(answer, said, text, context);
  // These headers and statuses say it better than any body.
  if (status === 401 || status === 403 || status === 429) return plain;
  const meaning = said.meaning ?? statusMeaning(status, facts);
  if (meaning !== undefined) return meant(meaning, plain, said, facts, context);
  return NO_ROUTE.has(status) ? withCure(plain, facts) : plain;
}

/**
 * The typed error for a status by which an operation of an OpenAPI document does not succeed. A 404 is about what was asked
 * for, not about the tool: its route stands in the document.
 *
 * @param hint which credentials the document asks for
 */
export function operationError(
  answer: RestAnswer,
  tool: string,
  hint: string | undefined,
  context: ErrorContext,
): SignalboxError {
  const { status } = answer;
  const facts = { method: 'tools/call', hasArguments: true, hasSession: false, isProven: false };
  if (status !== 404 && status !== 410) {
    const error = statusError(answer, { ...facts, subject: { kind: 'tool', name: tool } }, context);
    if (status !== 401 || hint === undefined) return error;
    return withWords(error, `; the OpenAPI document asks for ${hint}`);
  }
  const json = refusalJson(answer);
  const said = saidBy(json, context);
  const text = json === undefined ? answer.body.toString('utf8') : (said.message ?? '');
  return plainError(answer, said, text, context);
}

function withWords(error: SignalboxError, words: string): SignalboxError {
  const { code, server, retryable, delivered, details } = error;
  const message = `${messageWithoutHead(error)}${words}`;
  return new SignalboxError(code, message, { server, retryable, delivered, details });
}

/**
 * An answer of success that holds an error. Where the code of the service has a meaning it is that error; otherwise it is
 * what the service answered, and becomes a `RemoteError`.
 */
export function bodyError(
  answer: RestAnswer,
  value: unknown,
  facts: RequestFacts,
  context: ErrorContext,
): SignalboxError | JsonRpcErrorObject {
  const said = saidBy(value, context);
  if (said.meaning === 'session-lost' && facts.hasSession) return sessionLost(answer, context);
  if (said.meaning !== undefined && said.meaning !== 'failed') {
    return meant(said.meaning, plainError(answer, said, said.message ?? '', context), said, facts, context);
  }
  const { code, details } = said;
  return {
    code: said.number ?? SERVICE_ERROR,
    message: said.message ?? 'the service answered with an error',
    data: withoutGaps({ code, details, requestId: answer.requestId }),
  };
}

function saidBy(body: unknown, context: ErrorContext): ServiceError {
  return serviceError(body, context.errors, (text) => context.conceal(text));
}

/** Nothing that the request names can be missing: so it is the route. */
function withCure(plain: SignalboxError, { method }: RequestFacts): SignalboxError {
  const operation = method === 'ping' ? 'health' : method;
  const cure = `is the route right? It is that of x-signalbox.rest.operations.${operation}`;
  return withWords(plain, `; ${cure}`);
}

/** The error by status alone, with what the service says about it. */
function plainError(
  answer: RestAnswer,
  { code, details }: ServiceError,
  text: string,
  context: ErrorContext,
): SignalboxError {
  const { status, headers, requestId, more } = answer;
  const told = withoutGaps({ serviceCode: code, problems: details });
  return refusalError({
    server: context.server,
    status,
    headers,
    text,
    requestId,
    conceal: (said) => context.conceal(said),
    wallNowMs: context.wallNowMs(),
    more: { ...more, ...told },
  });
}

/** What a status says of the request, where it says more than that it failed. */
function statusMeaning(
  status: number,
  { subject, hasArguments }: RequestFacts,
): RestErrorMeaning | undefined {
  if ((status === 404 || status === 410) && subject !== undefined) return 'unknown-name';
  if ((status === 400 || status === 422) && hasArguments) return 'invalid-arguments';
  return undefined;
}

/**
 * The service no longer knows the session: it says so by a code of the map or in words, or by 410. A 404 says it where the
 * request names nothing else that could be missing, and its route is known to exist.
 */
function isSessionLost(
  status: number,
  said: ServiceError,
  { body }: RestAnswer,
  { subject, isProven }: RequestFacts,
): boolean {
  if (said.meaning !== undefined) return said.meaning === 'session-lost';
  const inWords = meansSessionLost(400, body.toString('utf8'), undefined);
  if (status === 404) return inWords || (subject === undefined && isProven);
  return status === 410 || (status === 400 && inWords);
}

function sessionLost({ status, requestId }: RestAnswer, { server }: ErrorContext): SignalboxError {
  return new SignalboxError('SESSION_LOST', `the service no longer knows the session (HTTP ${status})`, {
    server,
    details: withoutGaps({ status, requestId }),
  });
}

const CODES: Readonly<Record<RestErrorMeaning, SignalboxErrorCode>> = {
  'invalid-arguments': 'INVALID_ARGUMENT',
  'unknown-name': 'UNKNOWN_NAME',
  'auth-required': 'AUTH_REQUIRED',
  forbidden: 'FORBIDDEN',
  'rate-limited': 'RATE_LIMITED',
  'session-lost': 'SESSION_LOST',
  failed: 'HTTP_ERROR',
};

function meant(
  meaning: RestErrorMeaning,
  plain: SignalboxError,
  said: ServiceError,
  { subject, method }: RequestFacts,
  { server }: ErrorContext,
): SignalboxError {
  if (meaning === 'failed') return plain;
  const words = said.message === undefined ? '' : `: ${sanitizePeerText(said.message)}`;
  const status = `HTTP ${String(plain.details['status'])}`;
  const about =
    subject === undefined
      ? method
      : `the ${subject.kind} ${JSON.stringify(sanitizePeerText(subject.name, 128))}`;
  const messages: Readonly<Record<typeof meaning, string>> = {
    'invalid-arguments': `the service refuses what ${about} was given (${status})${words}`,
    'unknown-name': `the service does not know ${about} (${status})${words}`,
    'auth-required': `the service wants a credential (${status})${words}`,
    forbidden: `the credential does not allow this (${status})${words}`,
    'rate-limited': `the service asks to slow down (${status})${words}`,
    'session-lost': `the service wants a session, and none is open (${status})${words}`,
  };
  return new SignalboxError(CODES[meaning], messages[meaning], { server, details: plain.details });
}

function withoutGaps(facts: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}
