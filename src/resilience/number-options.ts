import { SignalboxError } from '../core/errors.ts';

/** What the number of an option must be like. */
export interface NumberRule {
  readonly min?: number;
  /** The number must be greater than this. */
  readonly above?: number;
  readonly max?: number;
  readonly whole?: boolean;
  /** Infinity, which means "off" or "without limit", is allowed whatever the other bounds say. */
  readonly orInfinity?: boolean;
}

/**
 * The defaults of a piece with what is given laid over them, each number held against its rule. A name that the
 * piece does not know is refused: a limit that was misspelt would not be there. What is frozen and says everything is
 * returned as it is, so that many pieces share it.
 *
 * @throws SignalboxError INVALID_ARGUMENT
 */
export function resolveNumbers<Name extends string>(
  piece: string,
  defaults: Readonly<Record<Name, number>>,
  rules: Readonly<Record<Name, NumberRule>>,
  given: { readonly [Key in Name]?: number | undefined },
): Readonly<Record<Name, number>> {
  const result: Record<Name, number> = { ...defaults };
  let isOwn = false;
  let missing = Object.keys(defaults).length;
  for (const [key, value] of Object.entries(given)) {
    if (!Object.hasOwn(rules, key)) {
      throw invalid(`${piece} has no option "${key}"; it knows ${Object.keys(rules).join(', ')}`);
    }
    if (value === undefined) continue;
    missing--;
    const name = key as Name;
    result[name] = checkNumber(`${piece}.${name}`, value, rules[name]);
    isOwn ||= result[name] !== defaults[name];
  }
  // One object for all who want nothing else.
  if (!isOwn && Object.isFrozen(defaults)) return defaults;
  return missing === 0 && Object.isFrozen(given)
    ? (given as Readonly<Record<Name, number>>)
    : Object.freeze(result);
}

/** @throws SignalboxError INVALID_ARGUMENT */
export function checkNumber(path: string, value: unknown, rule: NumberRule): number {
  if (typeof value === 'number' && fits(value, rule)) return value;
  const got = typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value);
  throw invalid(`${path} must be ${describe(rule)}, not ${got}`);
}

function fits(value: number, rule: NumberRule): boolean {
  if (value === Number.POSITIVE_INFINITY) return rule.orInfinity === true;
  if (!Number.isFinite(value) || (rule.whole === true && !Number.isInteger(value))) return false;
  return (
    value >= (rule.min ?? Number.NEGATIVE_INFINITY) &&
    value > (rule.above ?? Number.NEGATIVE_INFINITY) &&
    value <= (rule.max ?? Number.POSITIVE_INFINITY)
  );
}

function describe(rule: NumberRule): string {
  const bounds = [
    rule.min === undefined ? '' : ` of at least ${rule.min}`,
    rule.above === undefined ? '' : ` greater than ${rule.above}`,
    rule.max === undefined ? '' : ` up to ${rule.max}`,
    rule.orInfinity === true ? ', or Infinity' : '',
  ];
  return `${rule.whole === true ? 'a whole number' : 'a number'}${bounds.join('')}`;
}

function invalid(message: string): SignalboxError {
  return new SignalboxError('INVALID_ARGUMENT', message);
}
