import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { ControlConnection } from '../../src/cli/control/control-connection.ts';
import { EVENT_TYPES } from '../../src/cli/control/control-protocol.ts';
import { removeDead, socketState } from '../../src/cli/control/stale-socket.ts';
import type { RegistryEvents } from '../../src/registry/events/registry-events.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { temporaryDirectory } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

const directory = temporaryDirectory();
const open: (Server | Socket)[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) {
    if ('listen' in one) await new Promise((resolve) => one.close(resolve));
    else one.destroy();
  }
});
let sockets = 0;

/** A server that makes connections on a clock of the test, and one asker. */
async function pair(
  clock: FakeClock,
  asked: (connection: ControlConnection, line: string) => Promise<void>,
): Promise<{ readonly socket: Socket; readonly connection: () => ControlConnection }> {
  let made: ControlConnection | undefined;
  const server = createServer((socket) => {
    const connection: ControlConnection = new ControlConnection(socket, clock, (line) =>
      asked(connection, line),
    );
    made = connection;
  });
  const path = join(directory, `connection-${++sockets}.sock`);
  server.listen(path);
  await until('it listens', () => server.listening);
  const socket = connect(path);
  // Destroyed first, or the server would wait for it.
  open.push(socket, server);
  await until('it is there', () => made !== undefined);
  return { socket, connection: () => made! };
}

it('an asker that never finishes its request is dropped after 10 s', async () => {
  const clock = new FakeClock();
  const { socket, connection } = await pair(clock, () => Promise.resolve());
  socket.on('error', () => undefined).write('{"signalbox":1,');
  await clock.advance(9_999);
  expect(connection().gone.aborted).toBe(false);
  await clock.advance(1);
  await until('it is dropped', () => connection().gone.aborted);
  expect(clock.pendingTimers).toBe(0);
});

it('a reader that does not read is dropped 10 s after there was no more room, and nothing waits for it', async () => {
  const clock = new FakeClock();
  const lines: string[] = [];
  const outcomes: boolean[] = [];
  const { socket, connection } = await pair(clock, async (asker, line) => {
    lines.push(line);
    while (await asker.write(`${'x'.repeat(64 * 1024)}\n`)) outcomes.push(true);
    outcomes.push(false);
  });
  socket.on('error', () => undefined).pause();
  socket.write('one\ntwo\n');
  let [seen, calm] = [-1, 0];
  await until('there is no more room', () => {
    calm = outcomes.length > 0 && outcomes.length === seen ? calm + 1 : 0;
    seen = outcomes.length;
    return calm > 20;
  });
  expect(lines).toEqual(['one']);
  // As much as the system takes, and no more: a slow reader costs no memory.
  expect(outcomes.length).toBeLessThan(100);
  await clock.advance(10_000);
  await until('it is dropped', () => connection().gone.aborted);
  await until('nobody writes any more', () => outcomes.at(-1) === false);
  expect(clock.pendingTimers).toBe(0);
});

it('a socket that somebody listens at is not removed, even if it is taken for dead', async () => {
  const path = join(directory, 'alive.sock');
  const server = createServer((socket) => socket.on('error', () => undefined).end('here'));
  server.listen(path);
  await until('it listens', () => server.listening);
  open.push(server);
  expect(await socketState(path)).toBe('alive');
  await removeDead(path);
  expect(await socketState(path)).toBe('alive');
  expect(await socketState(join(directory, 'nothing.sock'))).toBe('none');
  expect(await socketState(directory)).toBe('foreign');
});

it('every kind of event can be asked for', () => {
  const kinds: Record<keyof RegistryEvents, true> = {
    server: true,
    catalog: true,
    circuit: true,
    drift: true,
    applied: true,
    shutdown: true,
  };
  expect([...EVENT_TYPES].toSorted()).toEqual(Object.keys(kinds).toSorted());
});
