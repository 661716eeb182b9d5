import { parseArgs } from 'node:util';
import { IN_FLIGHT, SIZES } from './plan/cells.ts';
import { CONTENDERS, type Contender, contenderOf, WIRES, type Wire } from './plan/contenders.ts';

const PARTS = ['calls', 'connect', 'memory', 'package'] as const;

/** What is measured. */
export type Part = (typeof PARTS)[number];

export interface BenchOptions {
  readonly isQuick: boolean;
  readonly rounds: number;
  readonly windowMs: number;
  /** Calls before the first window that counts. */
  readonly warmCalls: number;
  readonly parts: readonly Part[];
  readonly contenders: readonly Contender[];
  readonly wires: readonly Wire[];
  readonly sizes: readonly number[];
  readonly inFlight: readonly number[];
  /** Where results are written to; undefined: only to stdout. */
  readonly out: string | undefined;
}

export const HELP = `Usage: npm run bench -- [options]

Measures Signalbox, the official clients and the floor below them side by side, each in a process of its own and with
the same echo server, in interleaved windows. Results are written to docs/performance.json, docs/performance.svg and
the tables of docs/performance.md.

  --quick              the hot paths only, in less than a minute; one line of JSON with the ratios on stdout
  --rounds N           windows of each contender in each cell (1 to 50; default 5)
  --window MS          length of a window (20 to 10000; default 400)
  --warm N             calls before the first window that counts (default 4000; 2000 with --quick)
  --part A,B           only these parts: ${PARTS.join(', ')}
  --wire A,B           only these wires: ${WIRES.join(', ')}
  --contender A,B      only these: ${CONTENDERS.map(({ id }) => id).join(', ')}
  --size N,N           only these sizes in bytes (default ${SIZES.join(',')})
  --in-flight N,N      only these numbers of calls in flight (default ${IN_FLIGHT.join(',')})
  --against FOLDER     another build of Signalbox (its dist folder) takes part, as signalbox@other
  --node RELEASE       on that release of Node.js, fetched once, with @ai-sdk/mcp and mcporter, which need 24; writes
                       performance-node.json, .svg and .md instead
  --out FOLDER         where results are written to (default docs; "-": nowhere, the tables go to stdout)
  --help               this text

Compare only figures of one run: the machine changes its mind over hours. Ends with 0, or with 1 and a reason.
`;

/** @throws Error that says what is wrong; undefined if help is wanted */
export function readOptions(args: readonly string[]): BenchOptions | undefined {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '5' },
      window: text,
      warm: text,
      part: text,
      wire: text,
      contender: text,
      size: text,
      'in-flight': text,
      against: text,
      out: { type: 'string', default: 'docs' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const isQuick = values.quick;
  const chosen = list(values.contender)?.map(contenderOf);
  const contenders = chosen ?? (isQuick ? QUICK_CONTENDERS.map(contenderOf) : CONTENDERS);
  return {
    isQuick,
    rounds: whole('--rounds', values.rounds, 1, 50),
    windowMs: whole('--window', values.window ?? (isQuick ? '120' : '400'), 20, 10_000),
    warmCalls: whole('--warm', values.warm ?? (isQuick ? '2000' : '4000'), 1, 1_000_000),
    parts: oneOf('--part', list(values.part), PARTS) ?? (isQuick ? ['calls'] : PARTS),
    contenders: values.against === undefined ? contenders : [...contenders, otherBuild(values.against)],
    wires: oneOf('--wire', list(values.wire), WIRES) ?? (isQuick ? ['stdio', 'json', 'sse'] : WIRES),
    sizes: numbers('--size', values.size, 64 << 20) ?? (isQuick ? [100, 100_000] : SIZES),
    inFlight: numbers('--in-flight', values['in-flight'], 1024) ?? (isQuick ? [16] : IN_FLIGHT),
    out: isQuick || values.out === '-' ? undefined : values.out,
  };
}

const QUICK_CONTENDERS = ['floor', 'signalbox', 'registry', 'v2-legacy'];

function otherBuild(build: string): Contender {
  return {
    id: 'signalbox@other',
    label: 'Signalbox, other build',
    program: 'signalbox',
    wires: WIRES,
    build,
  };
}

function list(value: string | undefined): readonly string[] | undefined {
  return value?.split(',').map((item) => item.trim());
}

function oneOf<Item extends string>(
  name: string,
  values: readonly string[] | undefined,
  known: readonly Item[],
): readonly Item[] | undefined {
  return values?.map((value) => {
    const found = known.find((item) => item === value);
    if (found === undefined) throw new Error(`${name} must be of ${known.join(', ')}, not "${value}"`);
    return found;
  });
}

function numbers(name: string, value: string | undefined, most: number): readonly number[] | undefined {
  return list(value)?.map((item) => whole(name, item, 1, most));
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = /^\d+$/u.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new Error(`${name} must be a whole number from ${least} to ${most}, not "${text}"`);
}
