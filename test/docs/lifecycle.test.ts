import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type ConnectionEvent,
  type ConnectionState,
  transition,
} from '../../src/client/connection/connection-machine.ts';
import { SignalboxError } from '../../src/core/errors.ts';

const text = readFileSync(join(import.meta.dirname, '../../docs/lifecycle.md'), 'utf8');
const cause = new SignalboxError('CONNECT_FAILED', 'no');

const STATES: readonly ConnectionState[] = [
  { kind: 'disconnected' },
  { kind: 'sleeping' },
  { kind: 'connecting', attempt: 1 },
  { kind: 'initializing', attempt: 1, again: false },
  { kind: 'initializing', attempt: 1, again: true },
  { kind: 'connected' },
  { kind: 'reconnecting', attempt: 1, cause },
  { kind: 'error', cause, retryAt: undefined },
  { kind: 'unauthorized', cause },
  { kind: 'closing' },
];
const EVENTS: Readonly<Record<ConnectionEvent['type'], ConnectionEvent>> = {
  connect: { type: 'connect' },
  opened: { type: 'opened' },
  ready: { type: 'ready' },
  lost: { type: 'lost', cause },
  retry: { type: 'retry', cause },
  'gave-up': { type: 'gave-up', cause, retryAt: undefined },
  denied: { type: 'denied', cause },
  disconnect: { type: 'disconnect' },
  closed: { type: 'closed' },
  sleep: { type: 'sleep' },
};

describe('docs/lifecycle.md', () => {
  it('draws every change of the machine, and no other', () => {
    const drawn = [...text.matchAll(/^ {2}(\w+) --> (\w+): ([\w-]+)$/gmu)].map(([line]) => line.trim());
    const actual = STATES.flatMap((state) =>
      Object.values(EVENTS).flatMap((event) => {
        const next = transition(state, event);
        return next === undefined ? [] : [`${state.kind} --> ${next.kind}: ${event.type}`];
      }),
    );
    expect(drawn.toSorted()).toEqual([...new Set(actual)].toSorted());
  });

  it('has a row for every state', () => {
    const rows = [...text.matchAll(/^\| `(\w+)` \|/gmu)].map(([, state]) => state);
    expect(rows).toEqual([...new Set(STATES.map(({ kind }) => kind))]);
  });
});
