import { sanitizePeerText } from '../../core/peer-text.ts';
import { isObject } from '../../wire/json-rpc.ts';
import type { ModelSchema } from './model-schema.ts';

/** What all providers take as the name of an argument; one refuses a whole request for any other. */
const MAX_LENGTH = 64;
const PLAIN = new RegExp(`^[A-Za-z0-9_.-]{1,${MAX_LENGTH}}$`, 'u');

/** A schema whose arguments have names that all providers take. */
export interface PlainArguments {
  readonly schema: ModelSchema;
  /** By the name that the model knows: the server's own, of those that differ. */
  readonly ownNames: ReadonlyMap<string, string>;
}

/**
 * Gives arguments another name where their own is none that all providers take, as `$select` or `filter[name]`: other
 * characters become `_`, and a number is added where that name is taken. The own name stands as title, where there is none.
 */
export function plainArguments(schema: ModelSchema): PlainArguments {
  const names = Object.keys(schema.properties);
  if (names.every((name) => PLAIN.test(name))) return { schema, ownNames: new Map() };
  const taken = new Set(names.filter((name) => PLAIN.test(name)));
  const counts = new Map<string, number>();
  const ownNames = new Map<string, string>();
  const shown = new Map<string, string>();
  for (const name of names) {
    const plain = PLAIN.test(name) ? name : free(name, taken, counts);
    taken.add(plain);
    shown.set(name, plain);
    if (plain !== name) ownNames.set(plain, name);
  }
  const properties = names.map((name): [string, unknown] => [
    shown.get(name)!,
    PLAIN.test(name) ? schema.properties[name] : titled(name, schema.properties[name]),
  ]);
  const required = schema.required?.map((name) => shown.get(name) ?? name);
  return {
    schema: {
      ...schema,
      properties: Object.fromEntries(properties),
      ...(required === undefined ? {} : { required }),
    },
    ownNames,
  };
}

/** What a model gave, under the server's own names. */
export function withOwnNames(
  args: Readonly<Record<string, unknown>>,
  ownNames: ReadonlyMap<string, string>,
): Readonly<Record<string, unknown>> {
  if (ownNames.size === 0) return args;
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [ownNames.get(name) ?? name, value]));
}

/** `counts` goes on where the last name of the same kind has ended, so that many of them cost no more than few. */
function free(name: string, taken: ReadonlySet<string>, counts: Map<string, number>): string {
  const plain = name.replace(/[^A-Za-z0-9_.-]/gu, '_').slice(0, MAX_LENGTH) || '_';
  let found = plain;
  let count = counts.get(plain) ?? 1;
  while (taken.has(found)) {
    count++;
    const suffix = `_${count}`;
    found = `${plain.slice(0, MAX_LENGTH - suffix.length)}${suffix}`;
  }
  counts.set(plain, count);
  return found;
}

function titled(name: string, property: unknown): unknown {
  return isObject(property) ? { title: sanitizePeerText(name), ...property } : property;
}
