import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { WireTap } from '../../src/core/log.ts';
import { isObject } from '../../src/wire/json-rpc.ts';

/** The machine-readable specification lies beside the project, not in it. */
const SCHEMAS: string = join(import.meta.dirname, '../../../shared/spec/schema');
const MODERN = '2026-07-28';

/** What a test that needs the schemas is told to do without them. */
export const NO_SCHEMAS: string | undefined = existsSync(join(SCHEMAS, MODERN, 'schema.json'))
  ? undefined
  : 'the schemas of the specification are not beside the project (../shared/spec/schema)';

/** One official example message. */
export interface SchemaExample {
  /** Name of the definition that it is an example of. */
  readonly type: string;
  readonly file: string;
  readonly value: Record<string, unknown>;
}

/** The official example messages of 2026-07-28; none where the schemas are missing. */
export function schemaExamples(): SchemaExample[] {
  if (NO_SCHEMAS !== undefined) return [];
  const root = join(SCHEMAS, MODERN, 'examples');
  return readdirSync(root).flatMap((type) =>
    readdirSync(join(root, type)).map((file) => ({
      type,
      file,
      value: JSON.parse(readFileSync(join(root, type, file), 'utf8')) as Record<string, unknown>,
    })),
  );
}

type Definitions = Readonly<Record<string, Record<string, unknown>>>;

/** The schema of one revision: which definition a message must meet, and whether it does. */
export class RevisionSchema {
  static readonly #loaded: Map<string, RevisionSchema> = new Map();
  readonly revision: string;
  readonly #ajv: Ajv;
  readonly #key: '$defs' | 'definitions';
  readonly #definitions: Definitions;
  readonly #validators: Map<string, ValidateFunction> = new Map();

  static of(revision: string): RevisionSchema {
    let schema = RevisionSchema.#loaded.get(revision);
    if (schema === undefined) {
      schema = new RevisionSchema(revision);
      RevisionSchema.#loaded.set(revision, schema);
    }
    return schema;
  }

  private constructor(revision: string) {
    this.revision = revision;
    const schema = JSON.parse(readFileSync(join(SCHEMAS, revision, 'schema.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    this.#key = '$defs' in schema ? '$defs' : 'definitions';
    this.#definitions = schema[this.#key] as Definitions;
    const options = { strict: false, allErrors: true };
    this.#ajv = String(schema['$schema']).includes('2020-12') ? new Ajv2020(options) : new Ajv(options);
    this.#ajv.addFormat('uri', (text) => URL.canParse(text));
    this.#ajv.addFormat('uri-template', true);
    this.#ajv.addFormat('byte', /^[A-Za-z0-9+/]*={0,2}$/u);
    this.#ajv.addSchema(schema, 'mcp');
  }

  /** Why a value does not meet a definition; empty if it does. */
  problems(definition: string, value: unknown): string[] {
    let validate = this.#validators.get(definition);
    if (validate === undefined) {
      validate = this.#ajv.compile({ $ref: `mcp#/${this.#key}/${definition}` });
      this.#validators.set(definition, validate);
    }
    if (validate(value)) return [];
    return validate.errors!.map((error) => `${error.instancePath || '/'} ${error.message}`);
  }

  /** The definition of a request or notification that a client may send; undefined if it may not. */
  clientMessage(method: string, isRequest: boolean): string | undefined {
    return this.#members(isRequest ? 'ClientRequest' : 'ClientNotification').find((name) => {
      const properties = this.#definitions[name]?.['properties'];
      return (
        isObject(properties) && isObject(properties['method']) && properties['method']['const'] === method
      );
    });
  }

  has(definition: string): boolean {
    return Object.hasOwn(this.#definitions, definition);
  }

  #members(union: string): string[] {
    const definition = this.#definitions[union] ?? {};
    const { anyOf, properties } = definition;
    if (isObject(properties)) return [union];
    const members = Array.isArray(anyOf) ? anyOf : [definition];
    return members.map((member: { $ref?: string }) => String(member.$ref).split('/').at(-1)!);
  }
}

/** Which result answers a request of the server. */
const ANSWERS: Readonly<Record<string, string>> = {
  ping: 'EmptyResult',
  'sampling/createMessage': 'CreateMessageResult',
  'roots/list': 'ListRootsResult',
  'elicitation/create': 'ElicitResult',
};

/** The same inside a retry of the modern era. */
const INPUT_ANSWERS: readonly string[] = ['CreateMessageResult', 'ListRootsResult', 'ElicitResult'];

const keyOf = (server: string, id: unknown): string => `${server} ${JSON.stringify(id)}`;

/** Holds every message that clients send against the schema of the revision that was negotiated for it. */
export class WireSchemaTap implements WireTap {
  readonly violations: string[] = [];
  /** What was checked: `revision method`, or `revision response METHOD`. */
  readonly checked: Set<string> = new Set();
  readonly #revisions: Map<string, string> = new Map();
  readonly #asked: Map<string, string> = new Map();

  sent(server: string, text: string): void {
    const message = JSON.parse(text) as unknown;
    if (!isObject(message)) {
      this.violations.push(`${server}: not an object: ${text}`);
      return;
    }
    const { method } = message;
    if (typeof method === 'string') this.#sentMethod(server, message, method);
    else this.#sentResponse(server, message);
  }

  received(server: string, text: string): void {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return;
    }
    for (const message of Array.isArray(value) ? value : [value]) {
      if (!isObject(message)) continue;
      const { id, method, result } = message;
      if (typeof method === 'string' && id !== undefined) this.#asked.set(keyOf(server, id), method);
      if (isObject(result) && typeof result['protocolVersion'] === 'string')
        this.#revisions.set(server, result['protocolVersion']);
    }
  }

  #sentMethod(server: string, message: Record<string, unknown>, method: string): void {
    const revision = this.#revisionOf(server, message, method);
    const isRequest = 'id' in message;
    const schema = RevisionSchema.of(revision);
    const definition = schema.clientMessage(method, isRequest);
    this.checked.add(`${revision} ${method}`);
    if (definition === undefined) {
      this.violations.push(`${revision}: a client must not send ${method}: ${JSON.stringify(message)}`);
      return;
    }
    this.#check(schema, definition, message);
    this.#check(schema, isRequest ? 'JSONRPCRequest' : 'JSONRPCNotification', message);
    const { params } = message;
    const responses = isObject(params) ? params['inputResponses'] : undefined;
    if (!isObject(responses)) return;
    for (const [key, response] of Object.entries(responses)) {
      const meets = INPUT_ANSWERS.some((answer) => schema.problems(answer, response).length === 0);
      if (!meets) this.violations.push(`${revision}: no answer to "${key}": ${JSON.stringify(response)}`);
    }
  }

  #sentResponse(server: string, message: Record<string, unknown>): void {
    const revision = this.#revisions.get(server) ?? MODERN;
    const asked = this.#asked.get(keyOf(server, message['id']));
    this.checked.add(`${revision} response ${asked}`);
    if (revision === MODERN || asked === undefined) {
      this.violations.push(`${revision}: a response that nobody may send: ${JSON.stringify(message)}`);
      return;
    }
    const schema = RevisionSchema.of(revision);
    if ('error' in message) {
      this.#check(schema, schema.has('JSONRPCError') ? 'JSONRPCError' : 'JSONRPCErrorResponse', message);
      return;
    }
    this.#check(schema, schema.has('JSONRPCResponse') ? 'JSONRPCResponse' : 'JSONRPCResultResponse', message);
    const answer = ANSWERS[asked];
    if (answer === undefined || !schema.has(answer)) {
      this.violations.push(`${revision}: a result for ${asked}: ${JSON.stringify(message)}`);
    } else this.#check(schema, answer, message['result']);
  }

  /** A request says itself what it is; anything else belongs to what was negotiated last. */
  #revisionOf(server: string, message: Record<string, unknown>, method: string): string {
    const { params } = message;
    const meta = isObject(params) ? params['_meta'] : undefined;
    const modern = isObject(meta) ? meta['io.modelcontextprotocol/protocolVersion'] : undefined;
    if (typeof modern === 'string') {
      this.#revisions.set(server, modern);
      return modern;
    }
    if (method === 'initialize' && isObject(params)) return String(params['protocolVersion']);
    return this.#revisions.get(server) ?? MODERN;
  }

  #check(schema: RevisionSchema, definition: string, value: unknown): void {
    for (const problem of schema.problems(definition, value)) {
      this.violations.push(`${schema.revision} ${definition}: ${problem}: ${JSON.stringify(value)}`);
    }
  }
}
