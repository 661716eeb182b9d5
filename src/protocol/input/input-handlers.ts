import type { ClientCapabilities } from '../mcp-types.ts';

/** What a handler is told beside the request. */
export interface InputContext {
  /** Name of the server that asks. People must be told it before they answer. */
  readonly server: string;
  /** Fires when the answer is no longer wanted. */
  readonly signal: AbortSignal;
}

/** The server wants a person to fill in a form (`elicitation/create`, mode `form`). Its text is untrusted. */
export interface ElicitFormRequest {
  readonly message: string;
  /** A flat JSON Schema: strings, numbers, booleans, choices. */
  readonly requestedSchema: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

/**
 * The server wants a person to open a URL. Show the whole URL and who asks, get consent, open it in the system's
 * browser; never fetch it yourself. `accept` means consent, not that anything was done there.
 */
export interface ElicitUrlRequest {
  readonly message: string;
  readonly url: string;
  /** Legacy era only. */
  readonly elicitationId?: string;
  readonly [key: string]: unknown;
}

/** What one field of a form may hold. */
export type ElicitValue = string | number | boolean | readonly string[];

/** What a person did with a form or an address. */
export interface ElicitAnswer {
  readonly action: 'accept' | 'decline' | 'cancel';
  /** Only with `accept` of a form. Fields that are missing get the defaults of the schema. */
  readonly content?: Readonly<Record<string, ElicitValue>>;
}

/** The server wants a completion from a model (`sampling/createMessage`). Its text is untrusted. */
export interface CreateMessageRequest {
  readonly messages: readonly unknown[];
  readonly maxTokens?: number;
  readonly systemPrompt?: string;
  readonly tools?: readonly unknown[];
  readonly [key: string]: unknown;
}

/** What a model answered to a server that asked for sampling. */
export interface CreateMessageAnswer {
  readonly role: string;
  readonly content: unknown;
  readonly model: string;
  readonly stopReason?: string;
  readonly [key: string]: unknown;
}

/** A directory or file that the server may work on; `file://` only. */
export interface Root {
  readonly uri: string;
  readonly name?: string;
}

/**
 * What this client can give when a server asks. The same handlers serve a request of a legacy server and an input
 * request of a modern one. What has no handler is not declared, and is denied if it is asked for anyway (S28).
 */
export interface InputHandlers {
  readonly elicitForm?: (
    request: ElicitFormRequest,
    context: InputContext,
  ) => ElicitAnswer | Promise<ElicitAnswer>;
  readonly elicitUrl?: (
    request: ElicitUrlRequest,
    context: InputContext,
  ) => ElicitAnswer | Promise<ElicitAnswer>;
  readonly createMessage?: (
    request: CreateMessageRequest,
    context: InputContext,
  ) => CreateMessageAnswer | Promise<CreateMessageAnswer>;
  /** Declares that `createMessage` understands `tools` and `toolChoice`. Default `false`. */
  readonly samplingTools?: boolean;
  readonly listRoots?: (context: InputContext) => readonly Root[] | Promise<readonly Root[]>;
}

/** The capabilities that follow from the handlers, on top of what is declared anyway. */
export function capabilitiesOf(base: ClientCapabilities, handlers: InputHandlers): ClientCapabilities {
  const declared: Record<string, unknown> = { ...base };
  if (handlers.elicitForm !== undefined || handlers.elicitUrl !== undefined) {
    declared['elicitation'] = {
      ...base.elicitation,
      ...(handlers.elicitForm === undefined ? {} : { form: {} }),
      ...(handlers.elicitUrl === undefined ? {} : { url: {} }),
    };
  }
  if (handlers.createMessage !== undefined) {
    declared['sampling'] = { ...base.sampling, ...(handlers.samplingTools === true ? { tools: {} } : {}) };
  }
  if (handlers.listRoots !== undefined) declared['roots'] = { ...base.roots };
  return declared;
}
