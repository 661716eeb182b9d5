import { nearestKey } from '../../config/checks/nearest-key.ts';
import { SignalboxError } from '../../core/errors.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';
import type { Tool } from '../../protocol/mcp-types.ts';
import type { GivenArgument } from './tool-arguments.ts';

/** Names in a message that lists what a tool takes. */
const MAX_NAMES = 12;

/**
 * The arguments of a call: the object of `--input`, overlaid with what stands on the command line. Text becomes a
 * number or a boolean where the schema of the tool says so, and stays text everywhere else.
 * @throws SignalboxError INVALID_ARGUMENT for text that is not what the schema wants, or a key that it does not allow
 */
export function toolArguments(
  tool: Tool,
  input: Readonly<Record<string, unknown>>,
  given: readonly GivenArgument[],
): Record<string, unknown> {
  const properties = recordOf(tool.inputSchema?.['properties']);
  const values = new Map<string, unknown>(Object.entries(input));
  for (const argument of given) {
    const isKnown = Object.hasOwn(properties, argument.key);
    if (!isKnown) refuseUnknown(tool, argument.key, Object.keys(properties));
    const schema = isKnown ? properties[argument.key] : undefined;
    values.set(
      argument.key,
      'json' in argument ? argument.json : converted(argument.key, argument.text, schema),
    );
  }
  // `fromEntries` defines properties, so that a key `__proto__` is an ordinary one (S20).
  return Object.fromEntries(values);
}

function converted(key: string, text: string, schema: unknown): unknown {
  const types = typesOf(schema);
  // Where text is allowed, it is what was meant.
  if (types.size === 0 || types.has('string')) return text;
  if (types.has('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  if (types.has('null') && text === 'null') return null;
  if (types.has('integer') && /^[-+]?\d+$/u.test(text)) return exactly(key, text);
  if (types.has('number') && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  const isStructured = types.has('object') || types.has('array');
  const cure = isStructured ? `; write it as JSON: ${key}:='…'` : '';
  throw new SignalboxError(
    'INVALID_ARGUMENT',
    `"${key}" must be ${article([...types].join(' or '))}, not "${sanitizePeerText(text, 80)}"${cure}`,
  );
}

function exactly(key: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  throw new SignalboxError(
    'INVALID_ARGUMENT',
    `"${key}" is too large to be an exact number: ${text.slice(0, 80)}`,
  );
}

/** The JSON types that a schema allows as far as it says so plainly; empty if it does not. */
function typesOf(schema: unknown): Set<string> {
  const { type, anyOf, oneOf } = recordOf(schema);
  if (typeof type === 'string') return new Set([type]);
  if (Array.isArray(type)) return new Set(type.filter((item): item is string => typeof item === 'string'));
  const choices: unknown = anyOf ?? oneOf;
  if (!Array.isArray(choices)) return new Set();
  const types = choices.map((choice) => recordOf(choice)['type']);
  // One choice that says nothing allows everything.
  return types.every((item): item is string => typeof item === 'string') ? new Set(types) : new Set();
}

function refuseUnknown(tool: Tool, key: string, known: readonly string[]): void {
  if (tool.inputSchema?.['additionalProperties'] !== false) return;
  const names = known.slice(0, MAX_NAMES).map((name) => sanitizePeerText(name, 64));
  const meant = nearestKey(key, names);
  const cure =
    meant === undefined
      ? `it takes ${names.length === 0 ? 'no arguments' : names.join(', ')}`
      : `did you mean "${meant}"?`;
  throw new SignalboxError('INVALID_ARGUMENT', `the tool does not take "${key}"; ${cure}`);
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function article(noun: string): string {
  return /^[aeiou]/u.test(noun) ? `an ${noun}` : `a ${noun}`;
}
