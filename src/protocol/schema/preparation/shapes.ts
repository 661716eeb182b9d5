import { isObject } from '../../../wire/json-rpc.ts';
import { TYPE_NAMES } from '../keywords/values.ts';

/** What the operand of a keyword must look like; anything else makes a schema unusable instead of half understood. */
export interface Shape {
  readonly words: string;
  readonly fits: (operand: unknown) => boolean;
  /** The schemas within a fitting operand, with the names on the way to them. */
  readonly schemasIn?: (operand: unknown) => readonly SubschemaPlace[];
}

interface SubschemaPlace {
  readonly keys: readonly (string | number)[];
  readonly schema: unknown;
}

const isSchema = (operand: unknown): boolean => typeof operand === 'boolean' || isObject(operand);
const isString = (operand: unknown): boolean => typeof operand === 'string';
const isListOf = (operand: unknown, fits: (member: unknown) => boolean): boolean =>
  Array.isArray(operand) && operand.every(fits);
const isMapOf = (operand: unknown, fits: (member: unknown) => boolean): boolean =>
  isObject(operand) && Object.values(operand).every(fits);
const isSchemaList = (operand: unknown): boolean =>
  isListOf(operand, isSchema) && (operand as unknown[]).length > 0;
const isStringList = (operand: unknown): boolean => isListOf(operand, isString);

const listed = (operand: unknown): SubschemaPlace[] =>
  (operand as unknown[]).map((schema, index) => ({ keys: [index], schema }));
const mapped = (operand: unknown): SubschemaPlace[] =>
  Object.entries(operand as object)
    .filter(([, schema]) => isSchema(schema))
    .map(([name, schema]) => ({ keys: [name], schema: schema as unknown }));
const single = (operand: unknown): SubschemaPlace[] => [{ keys: [], schema: operand }];

export const SCHEMA: Shape = { words: 'a schema', fits: isSchema, schemasIn: single };

export const SCHEMA_LIST: Shape = { words: 'a list of schemas', fits: isSchemaList, schemasIn: listed };

export const SCHEMA_MAP: Shape = {
  words: 'an object of schemas',
  fits: (operand) => isMapOf(operand, isSchema),
  schemasIn: mapped,
};

export const SCHEMA_OR_LIST: Shape = {
  words: 'a schema or a list of schemas',
  fits: (operand) => isSchema(operand) || isListOf(operand, isSchema),
  schemasIn: (operand) => (Array.isArray(operand) ? listed(operand) : single(operand)),
};

export const DEPENDENCIES: Shape = {
  words: 'an object of schemas and lists of names',
  fits: (operand) => isMapOf(operand, (member) => isSchema(member) || isStringList(member)),
  schemasIn: mapped,
};

export const STRING_LIST_MAP: Shape = {
  words: 'an object of lists of names',
  fits: (operand) => isMapOf(operand, isStringList),
};

export const STRING_LIST: Shape = { words: 'a list of names', fits: isStringList };
export const STRING: Shape = { words: 'a string', fits: isString };
export const BOOLEAN: Shape = { words: 'true or false', fits: (operand) => typeof operand === 'boolean' };
export const NUMBER: Shape = { words: 'a number', fits: (operand) => Number.isFinite(operand) };
export const LIST: Shape = { words: 'a list', fits: (operand) => Array.isArray(operand) };
export const ANYTHING: Shape = { words: 'anything', fits: () => true };

export const POSITIVE: Shape = {
  words: 'a number above 0',
  fits: (operand) => Number.isFinite(operand) && (operand as number) > 0,
};

export const COUNT: Shape = {
  words: 'a whole number from 0',
  fits: (operand) => Number.isInteger(operand) && (operand as number) >= 0,
};

export const TYPES: Shape = {
  words: 'a type or a list of types',
  fits: (operand) =>
    TYPE_NAMES.has(operand) ||
    (isListOf(operand, (member) => TYPE_NAMES.has(member)) &&
      (operand as unknown[]).length > 0 &&
      new Set(operand as unknown[]).size === (operand as unknown[]).length),
};
