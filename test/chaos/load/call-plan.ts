import type { Dice } from '../../runs/dice.ts';

/** One call of the workload. */
export interface CallPlan {
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** The text that answers it and no other call. */
  readonly answer: string | RegExp;
  readonly isSafe: boolean;
  readonly timeoutMs: number;
  /** Asks for progress: its time is prolonged by it, up to {@link totalMs}. */
  readonly wantsProgress: boolean;
  readonly totalMs: number;
  /** When its caller loses interest, in ms; undefined: never. */
  readonly abortAfterMs: number | undefined;
  /** By its exposed name over the registry, or at the client itself. */
  readonly overRegistry: boolean;
}

/** Answers that take no time at the server: their latency can be compared. */
const QUICK_TOOLS: ReadonlySet<string> = new Set(['echo', 'add', 'count']);

export function isQuick({ tool }: Pick<CallPlan, 'tool'>): boolean {
  return QUICK_TOOLS.has(tool);
}

const TIMEOUTS_MS = [400, 1000, 2500];
/** On servers without faults a timeout would be that of the machine. */
const STEADY_TIMEOUT_MS = 15_000;

export interface CallPlanOptions {
  readonly key: string;
  /** A number that no other call to this server has. */
  readonly number: number;
  readonly isSteady: boolean;
  /** This one is to take its time, so that there is always something in flight. */
  readonly isLong: boolean;
}

export function planCall(dice: Dice, { key, number, isSteady, isLong }: CallPlanOptions): CallPlan {
  const tool = isLong ? 'slow' : dice.one(['echo', 'echo', 'echo', 'add', 'add', 'count', 'big']);
  const timeoutMs = isSteady ? STEADY_TIMEOUT_MS : dice.one(TIMEOUTS_MS);
  const isSafe = dice.chance(0.25);
  return {
    tool,
    ...work(tool, dice, key, number, isSafe),
    isSafe,
    timeoutMs,
    wantsProgress: isLong && dice.chance(0.5),
    totalMs: timeoutMs * 2,
    abortAfterMs: dice.chance(0.04) ? dice.between(0, 300) : undefined,
    overRegistry: dice.chance(0.5),
  };
}

function work(
  tool: string,
  dice: Dice,
  key: string,
  number: number,
  isSafe: boolean,
): Pick<CallPlan, 'arguments' | 'answer'> {
  switch (tool) {
    case 'add':
      return { arguments: { key, a: number, b: 0.5 }, answer: String(number + 0.5) };
    case 'count':
      return { arguments: { key }, answer: isSafe ? /^[1-9]$/u : '1' };
    case 'big': {
      // As long as no other: the text of this tool says nothing else.
      const bytes = 20_000 + (number % 50_000);
      return { arguments: { key, bytes }, answer: 'b'.repeat(bytes) };
    }
    case 'slow': {
      const ms = Math.round(dice.between(100, 600)) + (number % 100_000) / 1e6;
      return { arguments: { key, ms, steps: 4 }, answer: `${ms} ms in 4 steps` };
    }
    default:
      return { arguments: { key, message: `this is ${key}` }, answer: `this is ${key}` };
  }
}

export function isAnswer(plan: CallPlan, text: string): boolean {
  return typeof plan.answer === 'string' ? text === plan.answer : plan.answer.test(text);
}
