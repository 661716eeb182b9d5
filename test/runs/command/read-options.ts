import { parseArgs } from 'node:util';

/** A whole number that a run can be given. */
export interface NumberOption {
  readonly least: number;
  readonly most: number;
  readonly default: number;
}

/** What every run can be told. */
export interface RunOptions {
  /** What everything that is left to chance is drawn from. */
  readonly seed: number;
  /** The report as JSON. */
  readonly json: boolean;
  /** Keeps the folder of the run also where all is well. */
  readonly keep: boolean;
}

const FLAG = { type: 'boolean', default: false } as const;

/** @throws Error that says what is wrong; undefined if help is wanted */
export function readOptions<Name extends string>(
  args: readonly string[],
  numbers: Readonly<Record<Name, NumberOption>>,
): (RunOptions & Readonly<Record<Name, number>>) | undefined {
  const named = Object.entries<NumberOption>(numbers);
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...Object.fromEntries(named.map(([name]) => [name, { type: 'string' }] as const)),
      seed: { type: 'string' },
      json: FLAG,
      keep: FLAG,
      help: FLAG,
    },
  });
  if (values.help) return undefined;
  const given = values as Readonly<Record<string, string | boolean | undefined>>;
  const read = named.map(([name, option]) => {
    const value = whole(`--${name}`, String(given[name] ?? option.default), option);
    return [name, value] as const;
  });
  const seed = values.seed ?? String(Date.now() % 1_000_000);
  return {
    ...(Object.fromEntries(read) as Record<Name, number>),
    seed: whole('--seed', seed, { least: 0, most: 2 ** 31 - 1 }),
    json: values.json,
    keep: values.keep,
  };
}

function whole(name: string, text: string, { least, most }: Pick<NumberOption, 'least' | 'most'>): number {
  const value = /^\d+$/u.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new Error(`${name} must be a whole number from ${least} to ${most}, not "${text}"`);
}
