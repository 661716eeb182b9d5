import { SignalboxError } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import type { DelayMs } from '../faults/fault.ts';
import { seededRandom } from '../seeded-random.ts';
import type { MetFaults, TransportFault, TransportFaultKind } from './transport-fault.ts';

const MAX_DELAY_MS = 2 ** 31 - 1;
const KINDS: readonly TransportFaultKind[] = [
  'latency',
  'drop',
  'duplicate',
  'truncate',
  'corrupt',
  'reset',
  'hang',
];
const AT_OPENING: ReadonlySet<TransportFaultKind> = new Set(['latency', 'reset', 'hang']);
const NONE: MetFaults = { delayMs: 0, kind: undefined };

/**
 * The faults of one transport, or of all that one builder makes: set, changed and switched while they run. Each
 * message meets each `latency` that is drawn for it, and the first of the other faults.
 */
export class TransportFaults {
  readonly #random: Random;
  readonly #used: Map<TransportFault, number> = new Map();
  readonly #happened: Map<TransportFaultKind, number> = new Map();
  readonly #onRelease: Set<() => void> = new Set();
  #faults: readonly TransportFault[] = [];
  #isOn = true;

  /**
   * @param faults to begin with; default: none
   * @param random what rates and random delays are drawn from; default: `seededRandom(1)`, the same in every run
   * @throws SignalboxError INVALID_ARGUMENT for a fault that cannot work
   */
  constructor(faults: TransportFault | readonly TransportFault[] = [], random: Random = seededRandom(1)) {
    this.#random = random;
    this.set(faults);
  }

  /**
   * Puts these faults in place of all others. What `hang` had stopped goes on.
   * @throws SignalboxError INVALID_ARGUMENT for a fault that cannot work
   */
  set(faults: TransportFault | readonly TransportFault[]): void {
    const list = Array.isArray(faults) ? (faults as readonly TransportFault[]) : [faults as TransportFault];
    for (const fault of list) check(fault);
    this.#used.clear();
    this.#faults = list.map((fault) => ({ ...fault }));
    this.#release();
  }

  /** No faults from now on. What `hang` had stopped goes on. */
  clear(): void {
    this.set([]);
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** As if there were no faults, until {@link switchOn}. What `hang` had stopped goes on. */
  switchOff(): void {
    this.#isOn = false;
    this.#release();
  }

  switchOn(): void {
    this.#isOn = true;
  }

  /** How often a fault of this kind has happened. */
  happened(kind: TransportFaultKind): number {
    return this.#happened.get(kind) ?? 0;
  }

  /** Draws what a message meets. For the transport. */
  draw(direction: 'out' | 'in' | 'open'): MetFaults {
    if (!this.#isOn || this.#faults.length === 0) return NONE;
    let delayMs = 0;
    let kind: MetFaults['kind'];
    for (const fault of this.#faults) {
      if (!appliesTo(fault, direction) || (fault.kind !== 'latency' && kind !== undefined)) continue;
      const used = this.#used.get(fault) ?? 0;
      if (used >= (fault.times ?? Number.POSITIVE_INFINITY)) continue;
      if (fault.rate !== undefined && this.#random() >= fault.rate) continue;
      this.#used.set(fault, used + 1);
      this.#happened.set(fault.kind, this.happened(fault.kind) + 1);
      if (fault.kind === 'latency') delayMs += this.#delay(fault.ms);
      else kind = fault.kind;
    }
    return { delayMs, kind };
  }

  /** Calls `listener` whenever what hangs is to go on; the returned function takes it away. For the transport. */
  onRelease(listener: () => void): () => void {
    this.#onRelease.add(listener);
    return () => void this.#onRelease.delete(listener);
  }

  /** A whole number below `limit`. For the transport. */
  pick(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #delay(ms: DelayMs): number {
    if (typeof ms === 'number') return ms;
    const [from, to] = ms;
    return from + (to - from) * this.#random();
  }

  #release(): void {
    for (const listener of [...this.#onRelease]) listener();
  }
}

function appliesTo({ direction = 'both' }: TransportFault, to: 'out' | 'in' | 'open'): boolean {
  return direction === to || (direction === 'both' && to !== 'open');
}

function check(fault: TransportFault): void {
  const refuse = (why: string): never => {
    throw new SignalboxError('INVALID_ARGUMENT', `the transport fault ${JSON.stringify(fault)} ${why}`);
  };
  const { kind, rate = 1, times = 1, direction = 'both' } = fault;
  if (!KINDS.includes(kind)) refuse(`has an unknown kind; known are ${KINDS.join(', ')}`);
  if (!(rate >= 0 && rate <= 1)) refuse('needs a rate from 0 to 1');
  if (!(Number.isSafeInteger(times) && times >= 1)) refuse('needs an integer from 1 as times');
  if (!['out', 'in', 'both', 'open'].includes(direction)) refuse('has an unknown direction');
  if (direction === 'open' && !AT_OPENING.has(kind)) refuse('cannot happen to an opening');
  if (fault.kind !== 'latency') return;
  const delays = [fault.ms].flat();
  const inBounds = delays.every((ms) => Number(ms) >= 0 && Number(ms) <= MAX_DELAY_MS);
  if (!inBounds || Number(delays[0]) > Number(delays.at(-1)))
    refuse(`needs ms from 0 to ${MAX_DELAY_MS}, or two in ascending order`);
}
