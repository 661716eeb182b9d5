import type { FaultRule, FaultWire } from '../../../src/testing/index.ts';
import type { Dice } from '../../runs/dice.ts';
import type { ServerDeed } from '../../runs/hosts/server-deed.ts';
import { HUGE_BYTES } from '../settings.ts';
import type { Seat } from './roster.ts';

/** What is done to a server at one moment. */
export type Deed = ServerDeed | OperatorDeed;

/** What the application does with the server, in the middle of its calls. */
export type OperatorDeed =
  /** Drops the connection and makes it anew. */
  | { readonly do: 'reconnect' }
  /** Takes it out of service. */
  | { readonly do: 'retire' }
  | { readonly do: 'restore' };

/** A fault that begins, and how it is ended after its time; without an end it is over at once. */
export interface Trouble {
  readonly name: string;
  readonly begin: Deed;
  readonly end?: Deed;
}

type Item = readonly [weight: number, wires: readonly FaultWire[], draw: (dice: Dice, seat: Seat) => Trouble];

const ALL: readonly FaultWire[] = ['stdio', 'http', 'sse'];
const WEB: readonly FaultWire[] = ['http', 'sse'];

/** A fault of single requests, drawn for a share of them. */
function onRequests(name: string, share: number, rule: (dice: Dice, seat: Seat) => FaultRule): Item[2] {
  return (dice, seat) => {
    // The handshake, pings and lists are a part of life too.
    const target = dice.one(['tools/call', 'tools/call', 'tools/call', '*', 'tools/list']);
    const probability = target === 'tools/list' ? 0.7 : share * dice.between(0.5, 1.5);
    const rules = [{ ...rule(dice, seat), probability }];
    return {
      name: target === 'tools/call' ? name : `${name} ${target}`,
      begin: { do: 'set', target, rules },
      end: { do: 'clear' },
    };
  };
}

const either = (dice: Dice): { executes: boolean } => ({ executes: dice.chance(0.5) });

const MENU: readonly Item[] = [
  [3, ['stdio'], () => ({ name: 'kill', begin: { do: 'kill' } })],
  [1, ALL, () => ({ name: 'reconnect', begin: { do: 'reconnect' } })],
  [1, ALL, () => ({ name: 'retire', begin: { do: 'retire' }, end: { do: 'restore' } })],
  [2, ALL, () => ({ name: 'freeze', begin: { do: 'freeze' }, end: { do: 'thaw' } })],
  [3, WEB, () => ({ name: 'stop', begin: { do: 'stop' }, end: { do: 'start' } })],
  [2, WEB, () => ({ name: 'drop', begin: { do: 'drop' } })],
  [2, WEB, () => ({ name: 'forget', begin: { do: 'forget' } })],
  [2, ALL, onRequests('hang', 0.2, (dice) => ({ kind: 'hang', ...either(dice) }))],
  [2, ALL, onRequests('disconnect', 0.05, (dice) => ({ kind: 'disconnect', ...either(dice) }))],
  [
    1,
    ['stdio'],
    onRequests('exit', 0.05, (dice) => ({ kind: 'exit', code: dice.whole(0, 3), ...either(dice) })),
  ],
  [2, ALL, onRequests('truncate', 0.06, () => ({ kind: 'truncate' }))],
  [2, ALL, onRequests('noise', 0.6, () => ({ kind: 'noise' }))],
  [1, ALL, onRequests('duplicate', 0.5, (dice) => ({ kind: 'duplicate', copies: dice.whole(2, 5) }))],
  [1, ALL, onRequests('wrong id', 0.2, () => ({ kind: 'wrong-id' }))],
  [1, ALL, onRequests('error', 0.4, (dice) => ({ kind: 'error', ...either(dice) }))],
  [1, ALL, onRequests('wrong shape', 0.3, () => ({ kind: 'wrong-shape' }))],
  [1, ALL, onRequests('not json', 0.25, () => ({ kind: 'not-json' }))],
  [2, ALL, onRequests('slow', 0.5, () => ({ kind: 'late', delayMs: [20, 1200] }))],
  [1, ALL, onRequests('trickle', 0.3, () => ({ kind: 'trickle', chunkBytes: 16, everyMs: 2 }))],
  [1, ALL, onRequests('huge', 0.1, () => ({ kind: 'huge', bytes: HUGE_BYTES, times: 2 }))],
  // A refusal by 429 means that nothing was executed: a server that lies about it cannot be caught by any client.
  [2, WEB, onRequests('429', 0.3, (dice) => ({ kind: 'status', status: 429, ...pause(dice) }))],
  [
    3,
    WEB,
    onRequests('5xx', 0.3, (dice) => ({
      kind: 'status',
      status: dice.one([500, 502, 503]),
      ...either(dice),
    })),
  ],
  [2, WEB, onRequests('session lost', 0.1, () => ({ kind: 'session-lost' }))],
];

function pause(dice: Dice): { retryAfter?: number } {
  return dice.chance(0.5) ? { retryAfter: 1 } : {};
}

export function drawTrouble(dice: Dice, seat: Seat): Trouble {
  const items = MENU.filter(([, wires]) => wires.includes(seat.wire));
  const sum = items.reduce((total, [weight]) => total + weight, 0);
  let left = dice.between(0, sum);
  const item = items.find(([weight]) => (left -= weight) < 0) ?? items[0]!;
  return item[2](dice, seat);
}
