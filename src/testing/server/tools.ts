import type { Clock } from '../../core/clock.ts';
import { sleep } from '../../core/sleep.ts';

/** One run of a tool. */
export interface ToolRun {
  readonly arguments: Readonly<Record<string, unknown>>;
  /** How often this `key` argument was executed, this time included; 0 without a key. */
  readonly timesRun: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly progress: (progress: number, total: number) => void;
}

type ToolResult = Readonly<Record<string, unknown>>;

/** A tool of a fault server. `run` rejects only when its signal fires. */
export interface FaultServerTool {
  readonly definition: Readonly<Record<string, unknown>>;
  run(run: ToolRun): ToolResult | Promise<ToolResult>;
}

const MAX_BIG_BYTES = 64 * 1024 * 1024;
const KEY = {
  type: 'string',
  description: 'Names this call in the journal, so that a test can count its runs',
};

function text(value: string): ToolResult {
  return { content: [{ type: 'text', text: value }] };
}

function refusal(why: string): ToolResult {
  return { ...text(why), isError: true };
}

function schema(properties: Readonly<Record<string, unknown>>, required: readonly string[]): object {
  return { type: 'object', properties: { ...properties, key: KEY }, required };
}

const echo: FaultServerTool = {
  definition: {
    name: 'echo',
    description: 'Answers with its argument `message`',
    inputSchema: schema({ message: { type: 'string' } }, ['message']),
  },
  run: ({ arguments: { message } }) =>
    typeof message === 'string' ? text(message) : refusal('message must be a string'),
};

const add: FaultServerTool = {
  definition: {
    name: 'add',
    description: 'Adds two numbers',
    inputSchema: schema({ a: { type: 'number' }, b: { type: 'number' } }, ['a', 'b']),
    outputSchema: { type: 'object', properties: { sum: { type: 'number' } }, required: ['sum'] },
  },
  run: ({ arguments: { a, b } }) => {
    if (typeof a !== 'number' || typeof b !== 'number') return refusal('a and b must be numbers');
    return { ...text(String(a + b)), structuredContent: { sum: a + b } };
  },
};

const count: FaultServerTool = {
  definition: {
    name: 'count',
    description: 'Answers how often it was executed with this key, this time included',
    inputSchema: schema({}, ['key']),
  },
  run: ({ arguments: { key }, timesRun }) =>
    typeof key === 'string' ? text(String(timesRun)) : refusal('key must be a string'),
};

const slow: FaultServerTool = {
  definition: {
    name: 'slow',
    description:
      'Takes `ms` milliseconds (default 1000) in `steps` steps (default 10), and tells its progress',
    inputSchema: schema({ ms: { type: 'number' }, steps: { type: 'integer' } }, []),
  },
  run: async ({ arguments: { ms = 1000, steps = 10 }, clock, signal, progress }) => {
    if (!(Number(ms) >= 0) || !(Number(steps) >= 1)) return refusal('ms and steps must be positive numbers');
    const total = Math.trunc(Number(steps));
    for (let step = 1; step <= total; step++) {
      await sleep(clock, Number(ms) / total, signal);
      progress(step, total);
    }
    return text(`${Number(ms)} ms in ${total} steps`);
  },
};

const big: FaultServerTool = {
  definition: {
    name: 'big',
    description: `Answers with a text of \`bytes\` bytes (default 1 MiB, at most ${MAX_BIG_BYTES})`,
    inputSchema: schema({ bytes: { type: 'integer' } }, []),
  },
  run: ({ arguments: { bytes = 1024 * 1024 } }) => {
    const size = Number(bytes);
    if (!(Number.isInteger(size) && size >= 0 && size <= MAX_BIG_BYTES))
      return refusal(`bytes must be an integer from 0 to ${MAX_BIG_BYTES}`);
    return text('b'.repeat(size));
  },
};

/** What a fault server offers, by name. */
export const FAULT_SERVER_TOOLS: ReadonlyMap<string, FaultServerTool> = new Map([
  ['echo', echo],
  ['add', add],
  ['count', count],
  ['slow', slow],
  ['big', big],
]);
