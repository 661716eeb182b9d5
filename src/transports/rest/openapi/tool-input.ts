import { isRecord } from '../../../config/checks/value-checks.ts';
import { bodyProperties } from './body-properties.ts';
import type { OpenApiRevision } from './check-document.ts';
import { textAt } from './data-access.ts';
import type { Operation, Parameter, RequestBody } from './operation.ts';
import type { References } from './references.ts';
import { SchemaConverter, type SchemaSize } from './schema-converter.ts';
import { cleanName, unusedName } from './tool-name.ts';
import type { Unsettable } from './unsettable.ts';

/** Where one argument of a tool goes. */
export type ArgumentTarget =
  | { readonly kind: 'parameter'; readonly parameter: Parameter }
  /** A property of the body. */
  | { readonly kind: 'property'; readonly property: string; readonly schema: unknown }
  /** The body as a whole. */
  | { readonly kind: 'body' };

/** One argument of a tool. */
export interface ToolArgument {
  readonly name: string;
  readonly required: boolean;
  readonly target: ArgumentTarget;
}

/** The arguments of a tool, and the schema that describes them. */
export interface ToolInput {
  readonly arguments: readonly ToolArgument[];
  readonly schema: Readonly<Record<string, unknown>>;
}

/** What the schema of a tool is made from. */
export interface InputContext {
  readonly references: References;
  readonly revision: OpenApiRevision;
  readonly size: SchemaSize;
  readonly unsettable: Unsettable;
}

/** Root, `properties`, the schema of an argument. */
const ARGUMENT_LEVEL = 3;
/** Bytes of the schema beside its properties. */
const FRAME_BYTES = 128;

/** Path, query, header, cookie: of two parameters of one name the one that stands first keeps it. */
const PLACES: readonly string[] = ['path', 'query', 'header', 'cookie'];

interface DescribedArgument extends ToolArgument {
  readonly schema: unknown;
}

/**
 * One flat object of all arguments: parameters by their names, and beside them the properties of the body, where it is an
 * object and no name is there twice; else the body is the argument `body`.
 */
export function toolInput(operation: Operation, context: InputContext): ToolInput {
  const { references, revision, size } = context;
  const converter = new SchemaConverter(references, revision, 'request', size);
  const taken = new Set<string>();
  const settable = operation.parameters.filter((parameter) => !context.unsettable.has(parameter));
  const parameters = settable
    .toSorted((a, b) => PLACES.indexOf(a.place) - PLACES.indexOf(b.place))
    .map((parameter) => parameterArgument(parameter, taken, converter));
  const body =
    operation.body === undefined ? [] : bodyArguments(operation.body, taken, converter, references);
  const all: readonly DescribedArgument[] = [...parameters, ...body];
  const properties = Object.fromEntries(all.map(({ name, schema }) => [name, schema]));
  const required = all.filter((one) => one.required).map(({ name }) => name);
  const used = Buffer.byteLength(JSON.stringify(properties)) + Buffer.byteLength(JSON.stringify(required));
  const definitions = converter.definitions(used + FRAME_BYTES);
  return {
    arguments: all.map(({ name, required: isRequired, target }) => ({ name, required: isRequired, target })),
    schema: {
      type: 'object',
      properties,
      ...(required.length === 0 ? {} : { required }),
      additionalProperties: false,
      ...(definitions === undefined ? {} : { $defs: definitions }),
    },
  };
}

function parameterArgument(
  parameter: Parameter,
  taken: Set<string>,
  converter: SchemaConverter,
): DescribedArgument {
  const { name, place, required, schema, description, deprecated, examples } = parameter;
  const clean = cleanName(name) || place;
  const argument = unusedName(taken.has(clean) ? cleanName(`${place}_${clean}`) : clean, taken);
  const converted = converter.convert(schema, ARGUMENT_LEVEL);
  const words: Record<string, unknown> = {};
  if (description !== undefined) words['description'] = description;
  if (deprecated) words['deprecated'] = true;
  if (examples.length > 0) words['examples'] = examples;
  return {
    name: argument,
    required,
    target: { kind: 'parameter', parameter },
    schema: isRecord(converted) ? { ...converted, ...words } : words,
  };
}

function bodyArguments(
  body: RequestBody,
  taken: Set<string>,
  converter: SchemaConverter,
  references: References,
): readonly DescribedArgument[] {
  const found =
    body.kind === 'text' || body.kind === 'binary' ? undefined : bodyProperties(body.schema, references);
  const carried = [...(found?.properties ?? [])].filter(([, schema]) => converter.isCarried(schema));
  const isFlat =
    carried.length > 0 && carried.every(([name]) => cleanName(name) !== '' && !taken.has(cleanName(name)));
  if (found === undefined || !isFlat) return [wholeBody(body, taken, converter)];
  return carried.map(([property, schema]) => ({
    name: unusedName(cleanName(property), taken),
    required: body.required && found.required.has(property),
    target: { kind: 'property', property, schema },
    schema: converter.convert(schema, ARGUMENT_LEVEL),
  }));
}

function wholeBody(body: RequestBody, taken: Set<string>, converter: SchemaConverter): DescribedArgument {
  const converted = converter.convert(bodySchema(body), ARGUMENT_LEVEL);
  const schema = isRecord(converted) ? converted : {};
  const described = body.description === undefined || textAt(schema, 'description') !== undefined;
  return {
    name: unusedName('body', taken),
    required: body.required,
    target: { kind: 'body' },
    schema: described ? schema : { ...schema, description: body.description },
  };
}

/** Text and bytes are given as text, whatever the document says of them. */
function bodySchema({ kind, schema, type }: RequestBody): unknown {
  if (kind === 'text') return { type: 'string', contentMediaType: type };
  if (kind === 'binary') return { type: 'string', contentEncoding: 'base64', contentMediaType: type };
  return schema;
}
