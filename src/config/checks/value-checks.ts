import { type Findings, type KeyPath, kindOf, shown } from './findings.ts';
import { nearestKey } from './nearest-key.ts';

/** What JSON Schema (draft-07) can say of a value. `default` and words are added where documentation is made. */
export type Shape = Readonly<Record<string, unknown>>;

/** Reads one value: reports what is wrong with it, and returns it in its normal form. */
export interface Check {
  (value: unknown, at: KeyPath, findings: Findings): unknown;
  /** For editors and tables. What it leaves open, the check still decides. */
  readonly shape?: Shape;
}

/** A check together with its shape. */
export function shaped(shape: Shape | undefined, check: Check): Check {
  const copy: Check = (value, at, findings) => check(value, at, findings);
  return shape === undefined ? copy : Object.assign(copy, { shape });
}

/** True for what JSON calls an object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `true` or `false`. */
export const flag: Check = shaped({ type: 'boolean' }, (value, at, findings) =>
  typeof value === 'boolean' ? value : findings.problem(at, `is ${shown(value)}; write true or false`),
);

/** How a number must be. */
export interface NumberRange {
  readonly min: number;
  readonly max: number;
  /** What it counts, in the plural: `milliseconds`, `bytes`. */
  readonly unit: string;
  /** Whether fractions are allowed. Default `false`. */
  readonly fractions?: boolean;
  /** What `false` (or Infinity) means; without it the number cannot be switched off. */
  readonly off?: string;
}

/** A number within a range, or `false` where that has a meaning. */
export function count({ min, max, unit, off, fractions = false }: NumberRange): Check {
  const number = fractions ? 'number' : 'whole number';
  const orOff = off === undefined ? '' : `, or false: ${off}`;
  const range = { type: fractions ? 'number' : 'integer', minimum: min, maximum: max };
  return shaped(off === undefined ? range : orConstant(false, off, range), (value, at, findings) => {
    if (off !== undefined && (value === false || value === Number.POSITIVE_INFINITY)) return value;
    if (typeof value === 'number' && value >= min && value <= max && (fractions || Number.isInteger(value))) {
      return value;
    }
    return findings.problem(
      at,
      `is ${shown(value)}; write a ${number} of ${unit} from ${min} to ${max}${orOff}`,
    );
  });
}

/** Another value beside a shape, and what it means. */
export function orConstant(value: unknown, meaning: string, shape: Shape | undefined): Shape {
  return { anyOf: [...(shape === undefined ? [] : [shape]), { const: value, description: meaning }] };
}

/** What `check` takes, or `false`. @param meaning of that, for people */
export function orFalse(check: Check, meaning: string = 'off'): Check {
  return shaped(orConstant(false, meaning, check.shape), (value, at, findings) =>
    value === false ? value : check(value, at, findings),
  );
}

/** Above this a timer means never; `false` says so. */
export const MAX_DURATION_MS: number = 2 ** 31 - 1;

/** A time in ms that is never 0. `off` tells what `false` means. */
export function duration(off?: string, max: number = MAX_DURATION_MS): Check {
  const range = { min: 1, max, unit: 'milliseconds', fractions: true };
  return count(off === undefined ? range : { ...range, off });
}

/** One of a few words. */
export function oneOf(...words: readonly string[]): Check {
  return shaped({ enum: words }, (value, at, findings) =>
    typeof value === 'string' && words.includes(value)
      ? value
      : findings.problem(
          at,
          `is ${shown(value)}; write ${words.map((word) => JSON.stringify(word)).join(' or ')}`,
        ),
  );
}

/** Text that can be a program argument, a path or a name: no NUL. What it holds is never quoted. */
export const text: Check = shaped({ type: 'string' }, (value, at, findings) => {
  if (typeof value !== 'string') return findings.problem(at, `is ${kindOf(value)}; write text`);
  if (value.includes('\0')) return findings.problem(at, 'contains a NUL character; remove it');
  return value;
});

/** Text with something in it. */
export const someText: Check = shaped({ type: 'string', minLength: 1 }, (value, at, findings) =>
  typeof value === 'string' && value.trim() === ''
    ? findings.problem(at, 'is empty; fill it in or remove the key')
    : text(value, at, findings),
);

/** A list whose items all pass `item`. */
export function listOf(item: Check): Check {
  return shaped({ type: 'array', items: item.shape ?? {} }, (value, at, findings) =>
    Array.isArray(value)
      ? value.map((one: unknown, index) => item(one, [...at, index], findings))
      : findings.problem(at, `is ${kindOf(value)}; write a list of texts in [ ]`),
  );
}

/** An object of which every name and value is checked. The result has no prototype (S20). */
export function mapOf(item: (name: string, ...rest: Parameters<Check>) => unknown): Check {
  return shaped({ type: 'object' }, (value, at, findings) => {
    if (!isRecord(value)) return findings.problem(at, `is ${kindOf(value)}; write an object of texts in { }`);
    const map = Object.create(null) as Record<string, unknown>;
    for (const [name, one] of Object.entries(value)) {
      if (name === '__proto__') findings.warn([...at, name], 'is ignored: no setting can have this name');
      else if (one !== undefined) map[name] = item(name, one, [...at, name], findings);
    }
    return map;
  });
}

/** An object with known keys only. `foreign` says what to write in place of spellings from elsewhere. */
export function group(
  keys: Readonly<Record<string, Check>>,
  foreign: Readonly<Record<string, string>> = {},
): Check {
  const known = Object.keys(keys);
  const properties = Object.fromEntries(known.map((key) => [key, keys[key]?.shape ?? {}]));
  return shaped({ type: 'object', properties, additionalProperties: false }, (value, at, findings) => {
    if (!isRecord(value)) return findings.problem(at, `is ${kindOf(value)}; write an object in { }`);
    const result: Record<string, unknown> = {};
    for (const [key, one] of Object.entries(value)) {
      const check = Object.hasOwn(keys, key) ? keys[key] : undefined;
      if (check !== undefined) {
        if (one !== undefined) result[key] = check(one, [...at, key], findings);
      } else if (one !== undefined) {
        findings.problem([...at, key], unknownKey(key, known, foreign));
      }
    }
    return result;
  });
}

function unknownKey(
  key: string,
  known: readonly string[],
  foreign: Readonly<Record<string, string>>,
): string {
  if (Object.hasOwn(foreign, key)) return `is not a key of Signalbox; write ${foreign[key]}`;
  const nearest = nearestKey(key, known);
  if (nearest !== undefined) return `is not a known key; did you mean "${nearest}"?`;
  return `is not a known key; the keys here are ${known.join(', ')}`;
}
