import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SignalboxError } from '../../core/errors.ts';
import { type ConnectionEvent, type ConnectionState, transition } from './connection-machine.ts';

const cause = new SignalboxError('CONNECTION_LOST', 'gone');

const states: Record<ConnectionState['kind'], ConnectionState> = {
  disconnected: { kind: 'disconnected' },
  sleeping: { kind: 'sleeping' },
  connecting: { kind: 'connecting', attempt: 1 },
  initializing: { kind: 'initializing', attempt: 1, again: false },
  connected: { kind: 'connected' },
  reconnecting: { kind: 'reconnecting', attempt: 1, cause },
  error: { kind: 'error', cause, retryAt: undefined },
  unauthorized: { kind: 'unauthorized', cause },
  closing: { kind: 'closing' },
};

const events: Record<ConnectionEvent['type'], ConnectionEvent> = {
  connect: { type: 'connect' },
  opened: { type: 'opened' },
  ready: { type: 'ready' },
  lost: { type: 'lost', cause },
  retry: { type: 'retry', cause },
  'gave-up': { type: 'gave-up', cause, retryAt: 5000 },
  denied: { type: 'denied', cause },
  disconnect: { type: 'disconnect' },
  closed: { type: 'closed' },
  sleep: { type: 'sleep' },
};

// Every legal transition; whatever is not here must be refused.
const legal: Record<string, Partial<Record<ConnectionEvent['type'], ConnectionState['kind']>>> = {
  disconnected: { connect: 'connecting', sleep: 'sleeping' },
  sleeping: { connect: 'connecting', disconnect: 'closing' },
  connecting: {
    opened: 'initializing',
    retry: 'connecting',
    'gave-up': 'error',
    denied: 'unauthorized',
    disconnect: 'closing',
  },
  initializing: {
    ready: 'connected',
    retry: 'connecting',
    'gave-up': 'error',
    denied: 'unauthorized',
    disconnect: 'closing',
  },
  connected: { lost: 'reconnecting', 'gave-up': 'error', denied: 'unauthorized', disconnect: 'closing' },
  reconnecting: {
    opened: 'initializing',
    retry: 'reconnecting',
    'gave-up': 'error',
    denied: 'unauthorized',
    disconnect: 'closing',
  },
  error: { connect: 'connecting', disconnect: 'closing' },
  unauthorized: { connect: 'connecting', disconnect: 'closing' },
  closing: { closed: 'disconnected', sleep: 'sleeping' },
};

describe('connection machine', () => {
  for (const [from, state] of Object.entries(states)) {
    for (const [type, event] of Object.entries(events)) {
      const expected = legal[from]?.[type as ConnectionEvent['type']];
      it(`${from} + ${type} → ${expected ?? 'refused'}`, () => {
        expect(transition(state, event)?.kind).toBe(expected);
      });
    }
  }

  it('leads a failed re-initialisation back to reconnecting, counting attempts', () => {
    const initializing = transition(states.reconnecting, events.opened)!;
    expect(transition(initializing, events.retry)).toEqual({ kind: 'reconnecting', attempt: 2, cause });
  });

  it('says in the error state when it is tried again', () => {
    expect(transition(states.connecting, events['gave-up'])).toEqual({ kind: 'error', cause, retryAt: 5000 });
  });

  it('always ends disconnected after disconnect and closed, whatever came before', () => {
    const anyEvent = fc.constantFrom(...Object.values(events));
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (sequence) => {
        let state: ConnectionState = { kind: 'disconnected' };
        for (const event of sequence) state = transition(state, event) ?? state;
        state = transition(state, events.disconnect) ?? state;
        state = transition(state, events.closed) ?? state;
        expect(state.kind).toBe('disconnected');
      }),
    );
  });
});
