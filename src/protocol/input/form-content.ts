import { isObject } from '../../wire/json-rpc.ts';

type Content = Readonly<Record<string, unknown>>;

/** What an accepted form answers: the content with the defaults of the schema where nothing was entered (SEP-1034). */
export function withDefaults(schema: Content, content: Content): Record<string, unknown> {
  const filled: Record<string, unknown> = { ...content };
  for (const [name, property] of Object.entries(propertiesOf(schema))) {
    if (filled[name] === undefined && isObject(property) && property['default'] !== undefined) {
      filled[name] = property['default'];
    }
  }
  return filled;
}

/** Why a form answer does not fit its schema; undefined if it does. Flat, as the schema is; no pattern is compiled. */
export function formProblem(schema: Content, content: Content): string | undefined {
  const properties = propertiesOf(schema);
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  for (const name of required) {
    if (typeof name === 'string' && content[name] === undefined) return `"${name}" is missing`;
  }
  for (const [name, value] of Object.entries(content)) {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const problem = isObject(property) ? valueProblem(property, value) : undefined;
    if (problem !== undefined) return `"${name}" ${problem}`;
  }
  return undefined;
}

function propertiesOf(schema: Content): Content {
  const { properties } = schema;
  return isObject(properties) ? properties : {};
}

function valueProblem(property: Content, value: unknown): string | undefined {
  switch (property['type']) {
    case 'string':
      return typeof value === 'string' ? stringProblem(property, value) : 'must be text';
    case 'integer':
      return Number.isSafeInteger(value)
        ? numberProblem(property, value as number)
        : 'must be a whole number';
    case 'number':
      return typeof value === 'number' ? numberProblem(property, value) : 'must be a number';
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'must be true or false';
    case 'array':
      return arrayProblem(property, value);
    default:
      return undefined;
  }
}

function stringProblem(property: Content, value: string): string | undefined {
  const { minLength, maxLength } = property;
  const choices = choicesOf(property);
  if (choices !== undefined && !choices.includes(value)) return 'is none of the choices';
  const { length } = Array.from(value); // JSON Schema counts characters, not UTF-16 units
  if (typeof minLength === 'number' && length < minLength) return `is shorter than ${minLength} characters`;
  if (typeof maxLength === 'number' && length > maxLength) return `is longer than ${maxLength} characters`;
  return undefined;
}

function numberProblem(property: Content, value: number): string | undefined {
  const { minimum, maximum } = property;
  if (typeof minimum === 'number' && value < minimum) return `is below ${minimum}`;
  if (typeof maximum === 'number' && value > maximum) return `is above ${maximum}`;
  return undefined;
}

function arrayProblem(property: Content, value: unknown): string | undefined {
  if (!Array.isArray(value)) return 'must be a list';
  const { minItems, maxItems, items } = property;
  if (typeof minItems === 'number' && value.length < minItems) return `has fewer than ${minItems} choices`;
  if (typeof maxItems === 'number' && value.length > maxItems) return `has more than ${maxItems} choices`;
  const choices = isObject(items) ? choicesOf(items) : undefined;
  return choices === undefined || value.every((item) => choices.includes(item))
    ? undefined
    : 'holds what is no choice';
}

/** The values of `enum`, or of `oneOf`/`anyOf` with `const`. */
function choicesOf(property: Content): unknown[] | undefined {
  if (Array.isArray(property['enum'])) return property['enum'] as unknown[];
  const titled = property['oneOf'] ?? property['anyOf'];
  return Array.isArray(titled)
    ? titled.map((choice: unknown) => (isObject(choice) ? choice['const'] : undefined))
    : undefined;
}
