import { messageOf } from '../../core/errors.ts';
import { isObject, type Params } from '../../wire/json-rpc.ts';
import { isElicitable } from './elicited-url.ts';
import { formProblem, withDefaults } from './form-content.ts';
import type {
  CreateMessageRequest,
  ElicitAnswer,
  ElicitFormRequest,
  ElicitUrlRequest,
  InputContext,
  InputHandlers,
} from './input-handlers.ts';

/** Why there is no answer. `undeclared`: it should not have been asked. */
export type RefusalKind =
  | 'unknown-method'
  | 'undeclared'
  | 'undeclared-mode'
  | 'malformed'
  | 'refused'
  | 'failed';

/** A request for input that gets no answer. Handlers may throw it with `refused`: a person said no. */
export class InputRefusal extends Error {
  override readonly name: string = 'InputRefusal';
  readonly kind: RefusalKind;

  constructor(kind: RefusalKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** A path that goes up on its way, however it is written: whoever checks such a root by its beginning is misled. */
const CLIMBS = /(?:[\\/]|%2f|%5c)(?:\.|%2e){2}(?:[\\/?#]|%2f|%5c|$)/iu;

/**
 * Lets the handlers answer one request for input. The result is what goes on the wire.
 * @throws InputRefusal whatever goes wrong
 */
export async function answerInput(
  handlers: InputHandlers,
  method: string,
  params: Params,
  context: InputContext,
): Promise<Record<string, unknown>> {
  switch (method) {
    case 'elicitation/create':
      return await answerElicitation(handlers, params, context);
    case 'sampling/createMessage':
      return await answerSampling(handlers, params, context);
    case 'roots/list':
      return await answerRoots(handlers, context);
    default:
      throw new InputRefusal('unknown-method', 'this client does not offer this method');
  }
}

async function answerElicitation(
  handlers: InputHandlers,
  params: Params,
  context: InputContext,
): Promise<Record<string, unknown>> {
  const { elicitForm, elicitUrl } = handlers;
  if (elicitForm === undefined && elicitUrl === undefined) throw undeclared('elicitation');
  const mode = params['mode'] ?? 'form'; // a missing mode means form
  if (mode === 'url') {
    if (elicitUrl === undefined) throw undeclaredMode('url');
    const { url } = params;
    if (typeof url !== 'string' || !isElicitable(url)) throw malformed('url');
    return bare(await handled(() => elicitUrl(params as ElicitUrlRequest, context)));
  }
  if (mode !== 'form' || elicitForm === undefined) {
    throw undeclaredMode(typeof mode === 'string' ? mode : 'unknown');
  }
  const { requestedSchema } = params;
  if (!isObject(requestedSchema)) throw malformed('requestedSchema');
  const answer = await handled(() => elicitForm(params as ElicitFormRequest, context));
  if (answer.action !== 'accept') return bare(answer);
  const content = withDefaults(requestedSchema, answer.content ?? {});
  const problem = formProblem(requestedSchema, content);
  if (problem !== undefined) throw new InputRefusal('failed', `the answer does not fit the form: ${problem}`);
  return { action: 'accept', content };
}

async function answerSampling(
  { createMessage }: InputHandlers,
  params: Params,
  context: InputContext,
): Promise<Record<string, unknown>> {
  if (createMessage === undefined) throw undeclared('sampling');
  if (!Array.isArray(params['messages'])) throw malformed('messages');
  return { ...(await handled(() => createMessage(params as CreateMessageRequest, context))) };
}

async function answerRoots(
  { listRoots }: InputHandlers,
  context: InputContext,
): Promise<Record<string, unknown>> {
  if (listRoots === undefined) throw undeclared('roots');
  const roots = await handled(() => listRoots(context));
  for (const { uri } of roots) {
    if (!uri.startsWith('file://') || !URL.canParse(uri))
      throw new InputRefusal('failed', 'a root must be a file:// URI');
    if (CLIMBS.test(uri)) throw new InputRefusal('failed', 'a root must not climb with ".."');
  }
  return { roots };
}

/** Declining and cancelling carry no content. */
function bare({ action }: ElicitAnswer): Record<string, unknown> {
  return { action };
}

/** F-063: what a handler throws is told to nobody outside in detail, but it is an answer. */
async function handled<T>(handler: () => T | Promise<T>): Promise<T> {
  try {
    return await handler();
  } catch (error) {
    if (error instanceof InputRefusal) throw error;
    throw new InputRefusal('failed', messageOf(error));
  }
}

function undeclared(capability: string): InputRefusal {
  return new InputRefusal('undeclared', `this client does not offer ${capability}`);
}

function undeclaredMode(mode: string): InputRefusal {
  return new InputRefusal(
    'undeclared-mode',
    `this client does not offer elicitation of mode "${mode.slice(0, 20)}"`,
  );
}

function malformed(key: string): InputRefusal {
  return new InputRefusal('malformed', `the request lacks a usable "${key}"`);
}
