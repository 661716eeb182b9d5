/**
 * What a REST service is asked for. `health` and `end` are of this kind only; the others are named as the method of MCP
 * that they carry out.
 */
export type RestOperationName =
  | 'health'
  | 'initialize'
  | 'tools/list'
  | 'tools/call'
  | 'resources/list'
  | 'resources/templates/list'
  | 'resources/read'
  | 'prompts/list'
  | 'prompts/get'
  | 'completion/complete'
  | 'logging/setLevel'
  | 'notifications/initialized'
  | 'notifications/cancelled'
  | 'end';

/** Where in an answer something stands: a JSON pointer (RFC 6901), `''` for all of it; of several the first that is there. */
export type RestPointer = string | readonly string[];

/**
 * What a part of a request is made of. Text: a JSON pointer into the parameters of the MCP request, such as `/name` or
 * `/arguments`; what is not there is left out. `{ "const": … }`: this value. In a body also objects of such parts.
 */
export type RestPart = string | { readonly const: unknown } | { readonly [field: string]: RestPart };

/** How one operation is carried out. What is not given is as in the default of the operation. */
export interface RestOperation {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | undefined;
  /** URI template (RFC 6570), appended to the `url` of the entry: `/tools/{name}/call`. Begins with `/`, or is empty. */
  readonly path?: string | undefined;
  /** Query parameters, by name. Default: none beside those of `path`. */
  readonly query?: Readonly<Record<string, RestPart>> | undefined;
  /** Headers, by name. Default: none. */
  readonly headers?: Readonly<Record<string, RestPart>> | undefined;
  /** JSON body; `false`: none. */
  readonly body?: RestPart | false | undefined;
  /** HTTP status, or statuses, that mean success. Default: 200 for `health`, else 200 to 299. */
  readonly expect?: number | readonly number[] | undefined;
  /** Where in the answer the result stands: of a list, its items. */
  readonly result?: RestPointer | undefined;
  /**
   * Fields of the result, or of each item of a list, by their names in MCP: `{ "name": "/id" }`. It then has these fields
   * only. Default: the result is taken as it is.
   */
  readonly fields?: Readonly<Record<string, RestPointer>> | undefined;
  /** Where in the answer of a list the cursor of the next page stands. Default `/nextCursor`. */
  readonly nextCursor?: RestPointer | undefined;
}

/** How the session that a service opens is carried on. */
export interface RestSession {
  /** Where in the answer to `initialize` its id stands. Default `/sessionId`. */
  readonly from?: RestPointer | undefined;
  /** Header of that answer that holds it, where there is one. Default: none. */
  readonly fromHeader?: string | undefined;
  /** Where later requests carry it. `auto`, the default: in the body where that is an object, else in the query. */
  readonly in?: 'auto' | 'body' | 'query' | 'header' | undefined;
  /** What it is called there. Default `sessionId`. */
  readonly name?: string | undefined;
}

/** What the error codes of a service can mean. */
export type RestErrorMeaning =
  | 'invalid-arguments'
  | 'unknown-name'
  | 'auth-required'
  | 'forbidden'
  | 'rate-limited'
  | 'session-lost'
  | 'failed';

/** How a service says what went wrong. */
export interface RestErrors {
  /** What makes an answer of success an error, if it is there and neither null nor false. Default `/error`; `false`: nothing. */
  readonly present?: RestPointer | false | undefined;
  /** Where its code stands. Default `/error/code`, `/code`. */
  readonly code?: RestPointer | undefined;
  /** Where its words stand. Default `/error/message`, `/message`, `/error_description`, `/detail`, `/title`, `/error`. */
  readonly message?: RestPointer | undefined;
  /** Where its details stand. Default `/error/details`, `/error/data`, `/details`, `/errors`, `/detail`. */
  readonly details?: RestPointer | undefined;
  /** What the codes of the service mean. Default: what the HTTP status says. */
  readonly codes?: Readonly<Record<string, RestErrorMeaning>> | undefined;
}

/** The endpoint map of a server of type `rest`. */
export interface RestSettings {
  /** How each operation is carried out; `false` or `null`: it is not there. Default: {@link REST_OPERATIONS}. */
  readonly operations?:
    | { readonly [Name in RestOperationName]?: RestOperation | false | null | undefined }
    | undefined;
  /** `false`: no session is opened. */
  readonly session?: RestSession | false | undefined;
  readonly errors?: RestErrors | undefined;
}

/** {@link RestOperation} with every default filled in; a single pointer has become a list. */
export interface ResolvedOperation {
  readonly method: NonNullable<RestOperation['method']>;
  readonly path: string;
  readonly query: Readonly<Record<string, RestPart>>;
  readonly headers: Readonly<Record<string, RestPart>>;
  readonly body: RestPart | false;
  /** Undefined: 200 to 299. */
  readonly expect: readonly number[] | undefined;
  readonly result: readonly string[];
  readonly fields: Readonly<Record<string, readonly string[]>> | undefined;
  readonly nextCursor: readonly string[];
}

/** {@link RestSettings} with every default filled in. */
export interface ResolvedRest {
  /** What is not there is not offered. */
  readonly operations: { readonly [Name in RestOperationName]?: ResolvedOperation };
  /** Undefined: no session is opened. */
  readonly session:
    | {
        readonly from: readonly string[];
        /** In lower case. */
        readonly fromHeader: string | undefined;
        readonly in: 'auto' | 'body' | 'query' | 'header';
        /** In lower case where it is a header. */
        readonly name: string;
      }
    | undefined;
  readonly errors: {
    /** Empty: nothing makes an answer of success an error. */
    readonly present: readonly string[];
    readonly code: readonly string[];
    readonly message: readonly string[];
    readonly details: readonly string[];
    /** Without prototype: its keys are those of a service (S20). */
    readonly codes: Readonly<Record<string, RestErrorMeaning>>;
  };
}

const NOTHING = Object.freeze({});
const WHOLE: readonly string[] = Object.freeze(['']);
const NEXT_CURSOR: readonly string[] = Object.freeze(['/nextCursor']);
const PAGED = Object.freeze({ cursor: '/cursor' });
const ARGUMENTS = Object.freeze({ arguments: '/arguments' });

function operation(
  method: ResolvedOperation['method'],
  path: string,
  more: RestOperation = {},
): ResolvedOperation {
  return Object.freeze({
    method,
    path,
    query: frozen(more.query ?? NOTHING),
    headers: NOTHING,
    body: frozen(more.body ?? false),
    expect: more.expect === undefined ? undefined : listOf(more.expect),
    result: more.result === undefined ? WHOLE : listOf(more.result),
    fields: undefined,
    nextCursor: NEXT_CURSOR,
  });
}

/** The default of each operation. A body that is its own result needs no envelope: `''` stands last. */
export const REST_OPERATIONS: Readonly<Record<RestOperationName, ResolvedOperation>> = Object.freeze({
  health: operation('GET', '/health', { expect: 200 }),
  initialize: operation('POST', '/initialize', {
    body: { protocolVersion: '/protocolVersion', clientInfo: '/clientInfo' },
  }),
  'tools/list': operation('GET', '/tools/list', { query: PAGED, result: ['/tools', ''] }),
  'tools/call': operation('POST', '/tools/{name}/call', { body: ARGUMENTS, result: ['/result', ''] }),
  'resources/list': operation('GET', '/resources/list', { query: PAGED, result: ['/resources', ''] }),
  'resources/templates/list': operation('GET', '/resources/templates/list', {
    query: PAGED,
    result: ['/resourceTemplates', ''],
  }),
  'resources/read': operation('GET', '/resources/read', {
    query: { uri: '/uri' },
    result: ['/contents', '/content', '/result', ''],
  }),
  'prompts/list': operation('GET', '/prompts/list', { query: PAGED, result: ['/prompts', ''] }),
  'prompts/get': operation('POST', '/prompts/{name}/get', { body: ARGUMENTS, result: ['/result', ''] }),
  'completion/complete': operation('POST', '/completion/complete', {
    body: { ref: '/ref', argument: '/argument', context: '/context' },
    result: ['/completion', '/result', ''],
  }),
  'logging/setLevel': operation('POST', '/logging/setLevel', { body: { level: '/level' } }),
  'notifications/initialized': operation('POST', '/notifications/initialized', { body: {} }),
  'notifications/cancelled': operation('POST', '/notifications/cancelled', {
    body: { requestId: '/requestId', reason: '/reason' },
  }),
  end: operation('DELETE', '/session'),
});

/** Operations that are there only where the entry names them: few services have them. */
export const REST_OPTIONAL: ReadonlySet<RestOperationName> = new Set([
  'completion/complete',
  'logging/setLevel',
  'notifications/initialized',
  'notifications/cancelled',
  'end',
]);

/** The default of `session` and `errors`. */
export const REST_DEFAULTS: Pick<ResolvedRest, 'session' | 'errors'> = Object.freeze({
  session: Object.freeze({
    from: Object.freeze(['/sessionId']),
    fromHeader: undefined,
    in: 'auto',
    name: 'sessionId',
  }),
  errors: Object.freeze({
    present: Object.freeze(['/error']),
    code: Object.freeze(['/error/code', '/code']),
    message: Object.freeze([
      '/error/message',
      '/message',
      '/error_description',
      '/detail',
      '/title',
      '/error',
    ]),
    details: Object.freeze(['/error/details', '/error/data', '/details', '/errors', '/detail']),
    codes: Object.freeze(Object.create(null) as Record<string, RestErrorMeaning>),
  }),
});

/** Fills in the defaults. Expects checked settings. */
export function resolveRest(own: RestSettings = {}): ResolvedRest {
  const operations: { [Name in RestOperationName]?: ResolvedOperation } = {};
  for (const name of Object.keys(REST_OPERATIONS) as RestOperationName[]) {
    const given = own.operations?.[name];
    if (given === false || given === null || (given === undefined && REST_OPTIONAL.has(name))) continue;
    operations[name] = resolveOperation(REST_OPERATIONS[name], given ?? {});
  }
  const { session, errors } = own;
  return Object.freeze({
    operations: Object.freeze(operations),
    session: session === false ? undefined : resolveSession(session ?? {}),
    errors: resolveErrors(errors ?? {}),
  });
}

function resolveOperation(base: ResolvedOperation, given: RestOperation): ResolvedOperation {
  const { expect, result, fields, nextCursor } = given;
  const { method = base.method, path = base.path, query = base.query, headers = base.headers } = given;
  return Object.freeze({
    method,
    path,
    query: frozen(query),
    headers: frozen(headers),
    // A GET has none, whatever the default of the operation has.
    body: frozen(given.body ?? (method === 'GET' ? false : base.body)),
    expect: expect === undefined ? base.expect : listOf(expect),
    result: result === undefined ? base.result : listOf(result),
    fields:
      fields === undefined
        ? base.fields
        : Object.freeze(
            Object.fromEntries(Object.entries(fields).map(([name, from]) => [name, listOf(from)])),
          ),
    nextCursor: nextCursor === undefined ? base.nextCursor : listOf(nextCursor),
  });
}

function resolveSession(given: RestSession): NonNullable<ResolvedRest['session']> {
  const base = REST_DEFAULTS.session!;
  const place = given.in ?? base.in;
  const name = given.name ?? base.name;
  return Object.freeze({
    from: given.from === undefined ? base.from : listOf(given.from),
    fromHeader: given.fromHeader?.toLowerCase(),
    in: place,
    name: place === 'header' ? name.toLowerCase() : name,
  });
}

function resolveErrors(given: RestErrors): ResolvedRest['errors'] {
  const base = REST_DEFAULTS.errors;
  const { present, code, message, details, codes } = given;
  return Object.freeze({
    present: present === undefined ? base.present : present === false ? [] : listOf(present),
    code: code === undefined ? base.code : listOf(code),
    message: message === undefined ? base.message : listOf(message),
    details: details === undefined ? base.details : listOf(details),
    codes:
      codes === undefined
        ? base.codes
        : Object.freeze(Object.assign(Object.create(null) as Record<string, RestErrorMeaning>, codes)),
  });
}

/** A copy that nobody changes, of what a map holds: its depth is bounded by the check. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  const copy: unknown = Array.isArray(value)
    ? value.map((one: unknown) => frozen(one))
    : Object.fromEntries(Object.entries(value).map(([name, one]) => [name, frozen<unknown>(one)]));
  return Object.freeze(copy) as T;
}

function listOf<T>(value: T | readonly T[]): readonly T[] {
  return Object.freeze(Array.isArray(value) ? [...(value as readonly T[])] : [value as T]);
}
