import { SignalboxError } from '../../../core/errors.ts';
import { quoted } from './document-fault.ts';

/** Names of arguments that a message lists. */
const MAX_LISTED = 10;

/** Arguments that no request can be made of, by what is wrong with them. */
export interface ArgumentFaults {
  /** Needed, and not given. */
  readonly missing?: readonly string[] | undefined;
  /** Given, and not known. */
  readonly unknown?: readonly string[] | undefined;
  /** Given in a form that cannot be sent: name and reason. */
  readonly unusable?: readonly (readonly [name: string, why: string])[] | undefined;
}

/** INVALID_ARGUMENT for a call that was not sent, because of its arguments. */
export function argumentError(server: string, tool: string, faults: ArgumentFaults): SignalboxError {
  const { missing = [], unknown = [], unusable = [] } = faults;
  const parts = [
    ...(missing.length === 0 ? [] : [`needs ${listed(missing)}`]),
    ...(unknown.length === 0 ? [] : [`does not know ${listed(unknown)}`]),
    ...unusable.slice(0, MAX_LISTED).map(([name, why]) => `cannot send "${quoted(name)}": ${why}`),
  ];
  return new SignalboxError('INVALID_ARGUMENT', `the tool ${quoted(tool)} ${parts.join('; ')}`, {
    server,
    delivered: 'no',
    details: {
      tool,
      ...named('missing', missing),
      ...named('unknown', unknown),
      ...named(
        'unusable',
        unusable.map(([name]) => name),
      ),
    },
  });
}

function named(key: string, names: readonly string[]): Readonly<Record<string, unknown>> {
  return names.length === 0 ? {} : { [key]: names.slice(0, MAX_LISTED).map(quoted) };
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_LISTED).map((name) => `"${quoted(name)}"`);
  const more = names.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Thrown where a value turns out to be unusable; becomes an {@link argumentError} with the name of the argument. */
export class UnusableValue extends Error {}
