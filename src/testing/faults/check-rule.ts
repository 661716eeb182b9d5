import { SignalboxError } from '../../core/errors.ts';
import { isObject } from '../../wire/json-rpc.ts';
import { type FaultKind, type FaultRule, REPLACING } from './fault.ts';

/** What carries the messages of a fault server. `sse` is HTTP+SSE of 2024-11-05, `connect-rpc` a dialect of it; `rest` plain REST. */
export type FaultWire = 'stdio' | 'http' | 'sse' | 'connect-rpc' | 'rest';

const MAX_DELAY_MS = 2 ** 31 - 1;
const MAX_HUGE_BYTES = 256 * 1024 * 1024;
const WEB: readonly FaultWire[] = ['http', 'sse', 'connect-rpc', 'rest'];
const EVERYWHERE: readonly FaultWire[] = ['stdio', ...WEB];
/** A body of REST has no id, stands alone, and may hold anything. */
const MESSAGES: readonly FaultWire[] = EVERYWHERE.filter((wire) => wire !== 'rest');

/** Where each fault can happen. */
const WIRES: Readonly<Record<FaultKind, readonly FaultWire[]>> = {
  none: EVERYWHERE,
  late: EVERYWHERE,
  hang: EVERYWHERE,
  disconnect: EVERYWHERE,
  exit: ['stdio'],
  truncate: EVERYWHERE,
  noise: MESSAGES,
  duplicate: MESSAGES,
  'wrong-id': MESSAGES,
  error: EVERYWHERE,
  'wrong-shape': MESSAGES,
  'not-json': EVERYWHERE,
  status: WEB,
  'session-lost': WEB,
  trickle: EVERYWHERE,
  huge: EVERYWHERE,
};

/** The kinds of faults that a wire can have. */
export function faultKinds(wire: FaultWire): readonly FaultKind[] {
  return (Object.keys(WIRES) as FaultKind[]).filter((kind) => WIRES[kind].includes(wire));
}

/** The numbers of each fault: name, least, most. */
const NUMBERS: readonly (readonly [name: string, least: number, most: number])[] = [
  ['times', 1, Number.MAX_SAFE_INTEGER],
  ['copies', 2, 1000],
  ['status', 400, 599],
  ['chunkBytes', 1, Number.MAX_SAFE_INTEGER],
  ['everyMs', 0, MAX_DELAY_MS],
  ['bytes', 1, MAX_HUGE_BYTES],
];

/**
 * A test whose fault never happens proves nothing, so a rule that cannot work is refused at once.
 * @throws SignalboxError INVALID_ARGUMENT
 */
export function checkRule(target: string, rule: FaultRule, wire: FaultWire): void {
  const refuse = (why: string): never => {
    throw new SignalboxError('INVALID_ARGUMENT', `the fault for ${JSON.stringify(target)} ${why}`);
  };
  if (target === '') refuse('has no target; name a method, a tool as in "tools/call:echo", or "*"');
  if (!isObject(rule) || !Object.hasOwn(WIRES, String(rule.kind)))
    refuse(`has an unknown kind; known are ${Object.keys(WIRES).join(', ')}`);
  if (!WIRES[rule.kind].includes(wire)) refuse(`is of the kind "${rule.kind}", which ${wire} cannot have`);
  const values = rule as unknown as Readonly<Record<string, unknown>>;
  for (const [name, least, most] of NUMBERS) {
    const value = values[name];
    if (value !== undefined && !(Number.isInteger(value) && Number(value) >= least && Number(value) <= most))
      refuse(`needs an integer from ${least} to ${most} as ${name}`);
  }
  if (rule.kind === 'exit' && !(Number.isInteger(rule.code) && rule.code >= 0 && rule.code <= 255))
    refuse('needs an exit code from 0 to 255');
  if (rule.kind === 'huge' && rule.bytes === undefined) refuse('needs bytes');
  if (rule.kind === 'status' && rule.status === undefined) refuse('needs a status');
  if ((rule.kind === 'noise' || rule.kind === 'not-json') && /[\r\n]/u.test(rule.text ?? ''))
    refuse('needs a text of one line');
  const { probability, delayMs } = rule;
  if (probability !== undefined && !(probability >= 0 && probability <= 1))
    refuse('needs a probability from 0 to 1');
  if (rule.kind === 'late' && delayMs === undefined) refuse('needs delayMs');
  const delays = delayMs === undefined ? [] : [delayMs].flat();
  const isDelay = (delay: unknown): boolean => Number(delay) >= 0 && Number(delay) <= MAX_DELAY_MS;
  if (!delays.every(isDelay) || Number(delays[0]) > Number(delays.at(-1)))
    refuse(`needs a delayMs from 0 to ${MAX_DELAY_MS}, or two in ascending order`);
  if (rule.executes !== undefined && !REPLACING.has(rule.kind))
    refuse(`is of the kind "${rule.kind}", for which \`executes\` is not a choice`);
}
