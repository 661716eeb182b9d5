import { describe, expect, it } from 'vitest';
import type { ConnectionStateName } from '../../client/connection/connection-machine.ts';
import { isOutOfService, serverStep, WANTED_STATES, type WantedState } from './server-machine.ts';
import type { ServerState } from './server-status.ts';

const CONNECTION: readonly ConnectionStateName[] = [
  'disconnected',
  'sleeping',
  'connecting',
  'initializing',
  'connected',
  'reconnecting',
  'error',
  'unauthorized',
  'closing',
];

/** The table of the machine: what is done, and the state where it changes at once. `-`: refused. */
const TABLE: readonly (readonly [ServerState, ...string[]])[] = [
  // from              connected        disconnected    sleeping  unavailable          disabled
  ['disconnected', 'connect', 'none', 'sleep', 'unavailable none', 'disabled none'],
  ['sleeping', 'connect', 'close', 'none', 'unavailable close', 'disabled close'],
  ['connecting', 'connect', 'close', 'sleep', 'unavailable close', 'disabled close'],
  ['initializing', 'connect', 'close', 'sleep', 'unavailable close', 'disabled close'],
  ['connected', 'connect', 'close', 'sleep', 'unavailable close', 'disabled close'],
  ['reconnecting', 'connect', 'close', 'sleep', 'unavailable close', 'disabled close'],
  ['error', 'connect', 'close', '-', 'unavailable close', 'disabled close'],
  ['unauthorized', 'connect', 'close', '-', 'unavailable close', 'disabled close'],
  ['closing', 'connect', 'close', '-', 'unavailable close', 'disabled close'],
  ['unavailable', 'closing connect', 'closing close', '-', 'unavailable close', 'disabled close'],
  ['disabled', '-', 'closing close', '-', '-', 'disabled close'],
];

const CELLS = TABLE.flatMap(([from, ...cells]) =>
  cells.map((cell, column): [ServerState, WantedState, string] => [from, WANTED_STATES[column]!, cell]),
);

describe('serverStep', () => {
  it('knows every state and every wish', () => {
    expect(TABLE.map(([from]) => from)).toEqual([...CONNECTION, 'unavailable', 'disabled']);
    expect(CELLS).toHaveLength(TABLE.length * WANTED_STATES.length);
  });

  it.each(CELLS)('a server that is %s and wanted %s: %s', (from, wanted, cell) => {
    // What is out of service may still be closing; otherwise it is in the state of its connection.
    const connection = isOutOfService(from) ? 'closing' : from;
    const step = serverStep(from, { type: 'wanted', state: wanted, connection });
    const [state, work] = cell.includes(' ') ? cell.split(' ') : [from, cell];
    expect(step).toEqual(cell === '-' ? undefined : { state, work });
  });

  it('has nothing to close where the connection is closed', () => {
    for (const from of ['disconnected', 'unavailable', 'disabled'] as const) {
      const event = { type: 'wanted', state: 'disabled', connection: 'disconnected' } as const;
      expect(serverStep(from, event)).toEqual({ state: 'disabled', work: 'none' });
      const back = { type: 'wanted', state: 'disconnected', connection: 'disconnected' } as const;
      expect(serverStep(from, back)).toEqual({ state: 'disconnected', work: 'none' });
    }
  });

  it('is in the state of its connection while it is in service', () => {
    for (const from of CONNECTION) {
      for (const connection of CONNECTION) {
        expect(serverStep(from, { type: 'moved', connection })).toEqual({ state: connection, work: 'none' });
      }
    }
  });

  it('refuses to follow its connection while it is out of service', () => {
    for (const from of ['disabled', 'unavailable'] as const) {
      for (const connection of CONNECTION) {
        expect(serverStep(from, { type: 'moved', connection })).toBeUndefined();
      }
    }
  });
});
