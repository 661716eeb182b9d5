import { Evaluation } from './evaluation/evaluation.ts';
import type { PreparedSchema } from './evaluation/prepared-schema.ts';
import { prepareSchema } from './preparation/prepare-schema.ts';
import type { SchemaBounds } from './schema-bounds.ts';
import { UnusableSchema } from './unusable-schema.ts';
import type { ValidationOutcome } from './validation-outcome.ts';

/** Prepared schemas, and why others cannot be, by identity. */
export type PreparedCache = WeakMap<object, PreparedSchema | UnusableSchema>;

/** Checks a value against a schema. Never throws. */
export function checkValue(
  schema: unknown,
  value: unknown,
  bounds: SchemaBounds,
  cache: PreparedCache,
): ValidationOutcome {
  try {
    const prepared = preparedOf(schema, bounds, cache);
    return prepared instanceof UnusableSchema
      ? { unusable: prepared.message }
      : new Evaluation(prepared, bounds).run(value);
  } catch (thrown) {
    // Anything else comes from a value that is no plain JSON: a getter that throws, a proxy, a cycle.
    return {
      unusable: thrown instanceof UnusableSchema ? thrown.message : 'the schema or the value is no JSON',
    };
  }
}

function preparedOf(
  schema: unknown,
  bounds: SchemaBounds,
  cache: PreparedCache,
): PreparedSchema | UnusableSchema {
  const isCacheable = typeof schema === 'object' && schema !== null;
  const known = isCacheable ? cache.get(schema) : undefined;
  const prepared = known ?? attempt(schema, bounds);
  if (isCacheable && known === undefined) cache.set(schema, prepared);
  return prepared;
}

function attempt(schema: unknown, bounds: SchemaBounds): PreparedSchema | UnusableSchema {
  try {
    return prepareSchema(schema, bounds);
  } catch (thrown) {
    if (thrown instanceof UnusableSchema) return thrown;
    throw thrown;
  }
}
