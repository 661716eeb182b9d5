import type { ResolvedRest } from '../../../config/rest-settings.ts';
import { SignalboxError } from '../../../core/errors.ts';
import { isObject, JSON_RPC_ERROR, type Params } from '../../../wire/json-rpc.ts';
import { firstHeader } from '../../http/exchange/response-headers.ts';
import { MAX_SESSION_ID_LENGTH } from '../../http/session-id.ts';
import { answerError } from '../../http/unusable-answer.ts';
import { isErrorBody } from '../errors/error-shape.ts';
import {
  bodyError,
  type ErrorContext,
  NO_ROUTE,
  type RequestFacts,
  statusError,
} from '../errors/rest-error.ts';
import type { RestAnswer } from '../rest-exchange.ts';
import type { RestRequest } from '../rest-request.ts';
import type { CancelledRequest, RestResult, RestService, RestStep } from '../rest-service.ts';
import { LIST_KEYS, listPage } from '../results/list-page.ts';
import { mapFields } from '../results/map-fields.ts';
import { promptResult } from '../results/prompt-result.ts';
import { resourceContents } from '../results/resource-contents.ts';
import { jsonOf, type RestContent, restContent } from '../results/rest-content.ts';
import { mappedToolResult, toolResult } from '../results/tool-result.ts';
import { handshake } from './handshake.ts';
import { firstAt } from './json-pointer.ts';
import { Route, type RouteOwner } from './route.ts';

/** What a {@link MappedService} asks of whoever it works for. */
export interface MappedServiceOwner extends ErrorContext, RouteOwner {
  readonly rest: ResolvedRest;
  debug(message: string): void;
}

/** What a request names, by its method. */
const SUBJECTS = {
  'tools/call': ['tool', 'name'],
  'prompts/get': ['prompt', 'name'],
  'resources/read': ['resource', 'uri'],
} as const;

/** Requests that bring what a caller has put together. */
const WITH_ARGUMENTS: ReadonlySet<string> = new Set([...Object.keys(SUBJECTS), 'completion/complete']);

/** A service that an endpoint map describes. */
export class MappedService implements RestService {
  readonly #owner: MappedServiceOwner;
  /** Of the operations that were asked for so far. */
  readonly #routes: Map<string, Route> = new Map();
  /** Operations that have succeeded in the session that is open: their routes exist. */
  readonly #proven: Set<string> = new Set();
  #sessionId: string | undefined;
  /** Whether what the service offers is known from its routes only. */
  #isInferred = true;

  constructor(owner: MappedServiceOwner) {
    this.#owner = owner;
  }

  get sessionId(): string | undefined {
    return this.#sessionId;
  }

  health(): (RestStep & { readonly kind: 'ask' }) | undefined {
    const route = this.#route('health');
    return route === undefined ? undefined : this.#ask('ping', {}, route, undefined);
  }

  step(method: string, params: Params, cancelled?: CancelledRequest): RestStep {
    if (method === 'initialize') return this.#initialize(params);
    if (method === 'ping') return this.health() ?? notFound(method);
    if (method === 'notifications/cancelled') return this.#cancel(params, cancelled);
    const route = this.#route(method);
    if (route === undefined)
      return method.startsWith('notifications/') ? { kind: 'nothing' } : notFound(method);
    if (method.startsWith('notifications/')) return this.#ask(method, params, route, undefined);
    if (LIST_KEYS.has(method)) return this.#list(method, params, route);
    return this.#ask(method, params, route, (answer, content) =>
      this.#read(method, params, route, answer, this.#result(route, content, answer)),
    );
  }

  end(): RestRequest | undefined {
    if (this.#sessionId === undefined) return undefined;
    return this.#route('end')?.request({}, this.#sessionId);
  }

  #route(name: string): Route | undefined {
    const known = this.#routes.get(name);
    if (known !== undefined) return known;
    const { operations } = this.#owner.rest;
    // The name may be that of any method a caller thought of.
    const operation = Object.hasOwn(operations, name)
      ? operations[name as keyof typeof operations]
      : undefined;
    if (operation === undefined) return undefined;
    const route = new Route(operation, this.#owner);
    this.#routes.set(name, route);
    return route;
  }

  #initialize(params: Params): RestStep {
    this.#sessionId = undefined;
    this.#proven.clear();
    const { rest, url } = this.#owner;
    const offers = { operations: rest.operations, offered: params['protocolVersion'], url };
    const route = this.#route('initialize');
    if (route === undefined) return { kind: 'answer', result: handshake(undefined, offers).result };
    return this.#ask('initialize', params, route, (answer, content) => {
      const body = content.kind === 'json' ? content.value : undefined;
      this.#sessionId = this.#sessionIn(answer, body);
      const { fields, result } = route.operation;
      const { result: made, isInferred } = handshake(mapFields(firstAt(body, result), fields), offers);
      this.#isInferred = isInferred;
      return { result: made };
    });
  }

  #sessionIn(answer: RestAnswer, body: unknown): string | undefined {
    const { session } = this.#owner.rest;
    if (session === undefined) return undefined;
    const header =
      session.fromHeader === undefined ? undefined : firstHeader(answer.headers, session.fromHeader);
    const found = header ?? firstAt(body, session.from);
    if (found === undefined || found === null) return undefined;
    const id = typeof found === 'number' ? String(found) : found;
    // F-087: it goes into headers, queries and bodies, and is nothing that anybody would have to type.
    if (typeof id === 'string' && id.length <= MAX_SESSION_ID_LENGTH && /^[\u0021-\u007E]+$/u.test(id))
      return id;
    const { server } = this.#owner;
    const message = 'the service sent a session id that is not visible ASCII or too long';
    throw answerError('BAD_RESPONSE', message, {
      server,
      status: answer.status,
      requestId: answer.requestId,
    });
  }

  #list(method: string, params: Params, route: Route): RestStep {
    const step = this.#ask(method, params, route, (answer, content) => {
      const { server } = this.#owner;
      const value = jsonOf(content, answer, server);
      return { result: listPage(method, value, route.operation, server) };
    });
    // That it has tools is what a service is used for; of the rest many have nothing, and say so like this.
    const mayLack = method === 'resources/templates/list' || (this.#isInferred && method !== 'tools/list');
    if (!mayLack || params['cursor'] !== undefined || this.#proven.has(method)) return step;
    return {
      ...step,
      read: (answer) => {
        if (!NO_ROUTE.has(answer.status)) return step.read(answer);
        this.#owner.debug(`the service has no ${method} (HTTP ${answer.status})`);
        return { result: { [LIST_KEYS.get(method)!]: [] } };
      },
    };
  }

  #cancel(params: Params, cancelled: CancelledRequest | undefined): RestStep {
    const route = this.#route('notifications/cancelled');
    // The ids of JSON-RPC never reach the service: it knows its requests by the number in their header.
    if (route === undefined || cancelled?.requestId === undefined) return { kind: 'nothing' };
    const said = { ...params, requestId: cancelled.requestId };
    return this.#ask('notifications/cancelled', said, route, undefined);
  }

  #read(
    method: string,
    params: Params,
    { operation }: Route,
    answer: RestAnswer,
    content: RestContent,
  ): RestResult {
    switch (method) {
      case 'tools/call':
        return {
          result:
            operation.fields !== undefined && content.kind === 'json'
              ? mappedToolResult(content.value)
              : toolResult(content, answer.url),
        };
      case 'resources/read':
        return { result: resourceContents(content, String(params['uri'])) };
      case 'prompts/get':
        return { result: promptResult(content) };
      case 'completion/complete': {
        const value = jsonOf(content, answer, this.#owner.server);
        return { result: { completion: Array.isArray(value) ? { values: value } : value } };
      }
      default:
        return { result: content.kind === 'json' && isObject(content.value) ? content.value : {} };
    }
  }

  /** What of the body is the result; text and files have no envelope. */
  #result({ operation }: Route, content: RestContent, answer: RestAnswer): RestContent {
    if (content.kind !== 'json') return content;
    const value = firstAt(content.value, operation.result);
    if (value !== undefined) return { kind: 'json', value: mapFields(value, operation.fields) };
    const places = operation.result.map((pointer) => JSON.stringify(pointer)).join(', ');
    const { server } = this.#owner;
    throw new SignalboxError(
      'INVALID_RESULT',
      `the answer has nothing at ${places}; correct "result" of the operation in x-signalbox.rest`,
      { server, delivered: 'yes', details: { status: answer.status, requestId: answer.requestId } },
    );
  }

  /**
   * One exchange, with what holds for the answer of each: its status, and an error in its body.
   *
   * @param read undefined: the status is all that matters
   */
  #ask(
    method: string,
    params: Params,
    route: Route,
    read: ((answer: RestAnswer, content: RestContent) => RestResult) | undefined,
  ): RestStep & { readonly kind: 'ask' } {
    const owner = this.#owner;
    const { server, rest } = owner;
    const sessionId = this.#sessionId;
    const facts = (): RequestFacts => ({
      method,
      subject: subjectOf(method, params),
      hasArguments: WITH_ARGUMENTS.has(method),
      hasSession: sessionId !== undefined,
      isProven: this.#proven.has(method),
    });
    return {
      kind: 'ask',
      request: route.request(params, sessionId),
      read: (answer) => {
        if (!route.expects(answer.status))
          throw this.#noticed(this.#failure(answer, facts(), route), sessionId);
        if (read === undefined) return { result: {} };
        const content = restContent(answer, server);
        if (content.kind === 'json' && isErrorBody(content.value, rest.errors)) {
          const error = bodyError(answer, content.value, facts(), owner);
          if (SignalboxError.is(error)) throw this.#noticed(error, sessionId);
          return { error };
        }
        const result = read(answer, content);
        this.#proven.add(method);
        return result;
      },
    };
  }

  /** A session that is lost is not asked for again. */
  #noticed(error: SignalboxError, sessionId: string | undefined): SignalboxError {
    if (error.code === 'SESSION_LOST' && this.#sessionId === sessionId) this.#sessionId = undefined;
    return error;
  }

  #failure(answer: RestAnswer, facts: RequestFacts, { operation }: Route): SignalboxError {
    const { status, requestId } = answer;
    if (status >= 300) return statusError(answer, facts, this.#owner);
    const wanted = (operation.expect ?? []).join(' or ');
    const message = `the service answered ${facts.method} with HTTP ${status}, where ${wanted} is expected`;
    return answerError('BAD_RESPONSE', message, { server: this.#owner.server, status, requestId });
  }
}

function subjectOf(method: string, params: Params): RequestFacts['subject'] {
  if (!Object.hasOwn(SUBJECTS, method)) return undefined;
  const [kind, key] = SUBJECTS[method as keyof typeof SUBJECTS];
  const name = params[key];
  return typeof name === 'string' ? { kind, name } : undefined;
}

/** The service has no route for it, as a server of MCP says that it does not know a method. */
function notFound(method: string): RestStep {
  const message = `the endpoint map has no route for ${method}`;
  return { kind: 'answer', error: { code: JSON_RPC_ERROR.methodNotFound, message } };
}
