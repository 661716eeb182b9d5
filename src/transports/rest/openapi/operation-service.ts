import { SignalboxError } from '../../../core/errors.ts';
import { sanitizePeerText } from '../../../core/peer-text.ts';
import { isObject, type Params } from '../../../wire/json-rpc.ts';
import { answerError } from '../../http/unusable-answer.ts';
import { isErrorBody } from '../errors/error-shape.ts';
import { bodyError, type ErrorContext, operationError } from '../errors/rest-error.ts';
import type { RestAnswer } from '../rest-exchange.ts';
import type { CancelledRequest, RestResult, RestService, RestStep } from '../rest-service.ts';
import { restContent } from '../results/rest-content.ts';
import { toolResult } from '../results/tool-result.ts';
import type { OperationBook } from './load-operations.ts';

/** What an {@link OperationService} is made of. */
export interface OperationServiceOptions {
  readonly book: OperationBook;
  /** What the entry has routes for beside the operations: health, resources, prompts. */
  readonly routes: RestService;
  /** `url` of the entry. */
  readonly url: URL;
  readonly context: ErrorContext;
  /** Whether an answer of success can be an error by its body: only where the entry says by what. */
  readonly readsErrors: boolean;
}

/** A service that an OpenAPI document describes: each operation is a tool. */
export class OperationService implements RestService {
  readonly sessionId = undefined;
  readonly #options: OperationServiceOptions;

  constructor(options: OperationServiceOptions) {
    this.#options = options;
  }

  health(): (RestStep & { readonly kind: 'ask' }) | undefined {
    return this.#options.routes.health();
  }

  step(method: string, params: Params, cancelled?: CancelledRequest): RestStep {
    const { book, routes } = this.#options;
    switch (method) {
      case 'initialize':
        return this.#initialize(routes.step(method, params));
      case 'ping':
        return this.health() ?? this.#signOfLife();
      case 'tools/list':
        return { kind: 'answer', result: { tools: book.tools } };
      case 'tools/call':
        return this.#call(params);
      default:
        return routes.step(method, params, cancelled);
    }
  }

  end(): undefined {
    return undefined;
  }

  /** No request: who the service is, its document says; what it offers beside tools, the routes of the entry. */
  #initialize(step: RestStep): RestStep {
    const { title, version, description } = this.#options.book;
    const result = step.kind === 'answer' && 'result' in step && isObject(step.result) ? step.result : {};
    const info = isObject(result['serverInfo']) ? result['serverInfo'] : {};
    const capabilities = isObject(result['capabilities']) ? result['capabilities'] : {};
    return {
      kind: 'answer',
      result: {
        ...result,
        capabilities: { ...capabilities, tools: {} },
        serverInfo: {
          ...info,
          ...(title === undefined || title === '' ? {} : { name: title }),
          ...(version === undefined || version === '' ? {} : { version }),
          ...(description === undefined || description === '' ? {} : { description }),
        },
      },
    };
  }

  /** Without a route for health: whoever answers is there, unless it is a gateway that reaches nobody. */
  #signOfLife(): RestStep & { readonly kind: 'ask' } {
    const { url, context } = this.#options;
    return {
      kind: 'ask',
      request: { method: 'HEAD', url, headers: {}, body: undefined },
      read: (answer) => {
        if (answer.status < 500 || answer.status === 501) return { result: {} };
        throw operationError(answer, 'ping', undefined, context);
      },
    };
  }

  #call({ name, arguments: given }: Params): RestStep {
    const { book, context } = this.#options;
    const operation = typeof name === 'string' ? book.find(name) : undefined;
    if (operation === undefined) {
      const shown = JSON.stringify(sanitizePeerText(String(name), 128));
      throw new SignalboxError(
        'UNKNOWN_NAME',
        `the OpenAPI document has no operation for the tool ${shown}`,
        {
          server: context.server,
        },
      );
    }
    return {
      kind: 'ask',
      request: operation.request(isObject(given) ? given : {}),
      read: (answer) => this.#read(answer, operation.tool.name),
    };
  }

  #read(answer: RestAnswer, tool: string): RestResult {
    const { book, context, readsErrors } = this.#options;
    const { server } = context;
    const { status, requestId } = answer;
    if (status >= 400) throw operationError(answer, tool, book.securityHint, context);
    if (status >= 300) {
      throw answerError('BAD_RESPONSE', `the service answered HTTP ${status}, which is no result`, {
        server,
        status,
        requestId,
      });
    }
    const content = restContent(answer, server);
    if (content.kind !== 'json') return { result: toolResult(content, answer.url) };
    const { value } = content;
    if (readsErrors && isErrorBody(value, context.errors)) {
      const facts = { method: 'tools/call', hasArguments: true, hasSession: false, isProven: false };
      const error = bodyError(answer, value, { ...facts, subject: { kind: 'tool', name: tool } }, context);
      if (SignalboxError.is(error)) throw error;
      return { error };
    }
    // An object with an array "content" is what this service means by it (a page, a document), not a result of MCP.
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const block = { type: 'text', text };
    return { result: { content: [block], ...(isObject(value) ? { structuredContent: value } : {}) } };
  }
}
