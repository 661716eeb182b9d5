import { describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import type { ServerEntry, SignalboxSettings } from '../../src/config/entry.ts';
import { faultyTransportBuilder, type TransportFault, TransportFaults } from '../../src/testing/index.ts';
import { QUICK, rejection, testFactories, withSettings } from '../helpers/clients.ts';
import { EVERYWHERE } from '../helpers/protocol-peer.ts';
import { until } from '../helpers/until.ts';
import { type AnyFaultServer, testFaultServers } from './fault-servers.ts';
import { LOST, outcome, TIMEOUT } from './outcome.ts';

const servers = testFaultServers();
const makeFactory = testFactories();

type Place = (typeof EVERYWHERE)[number];

interface Setup {
  readonly server: AnyFaultServer;
  readonly client: McpClient;
  readonly faults: TransportFaults;
}

async function prepared({ era, wire }: Place): Promise<Setup> {
  const server = await servers.on(wire, { era });
  const faults = new TransportFaults();
  const factory = makeFactory();
  factory.registerTransport('faulty', faultyTransportBuilder(wire === 'connect-rpc' ? 'sse' : wire, faults));
  const retry = { maxAttempts: 5, baseMs: 10, maxMs: 30 };
  const settings: SignalboxSettings = { ...QUICK, retry, breaker: false };
  const entry: ServerEntry = { ...withSettings(server.entry, settings), type: 'faulty' };
  return { server, client: factory.create('s', entry), faults };
}

async function connected(place: Place): Promise<Setup> {
  const setup = await prepared(place);
  await setup.client.connect();
  return setup;
}

interface Expected {
  readonly fault: TransportFault;
  readonly seen?: unknown;
  readonly stdio?: unknown;
  readonly http?: unknown;
  readonly sse?: unknown;
  /** How often the tool was executed. */
  readonly ran: number;
}

/** What one message meets on its way out, or its answer on its way in. */
const EXPECTED: readonly Expected[] = [
  { fault: { kind: 'latency', ms: 20, direction: 'out' }, seen: '1', ran: 1 },
  { fault: { kind: 'latency', ms: [5, 20], direction: 'in' }, seen: '1', ran: 1 },
  { fault: { kind: 'drop', direction: 'out' }, seen: TIMEOUT, ran: 0 },
  { fault: { kind: 'drop', direction: 'in' }, seen: TIMEOUT, ran: 1 },
  { fault: { kind: 'duplicate', direction: 'in' }, seen: '1', ran: 1 },
  { fault: { kind: 'truncate', direction: 'in' }, stdio: TIMEOUT, sse: TIMEOUT, http: 'BAD', ran: 1 },
  { fault: { kind: 'corrupt', direction: 'in' }, stdio: TIMEOUT, sse: TIMEOUT, http: 'BAD', ran: 1 },
  { fault: { kind: 'reset', direction: 'out' }, seen: LOST, ran: 0 },
  { fault: { kind: 'reset', direction: 'in' }, seen: LOST, ran: 1 },
];

describe.each(EVERYWHERE)('a faulty transport, $era era over $wire', (place) => {
  const cases = EXPECTED.map(({ fault, ran, ...seen }) => {
    const own = seen[place.wire === 'connect-rpc' ? 'sse' : place.wire] ?? seen.seen;
    return {
      fault,
      ran,
      title: JSON.stringify(fault),
      seen: own === 'BAD' ? ['OUTCOME_UNKNOWN', 'BAD_RESPONSE'] : own,
    };
  });

  it.each(cases)('has $title, once', async ({ fault, ran, seen }) => {
    const { server, client, faults } = await connected(place);
    faults.set({ ...fault, times: 1 });
    expect(await outcome(client, seen === TIMEOUT ? 300 : 5000)).toEqual(seen);
    // On a busy machine the client's patience may end before the server has begun.
    await until('it ran', () => server.journal.timesRun('k') >= ran);
    expect(server.journal.timesRun('k')).toBe(ran);
    expect(faults.happened(fault.kind)).toBe(1);
    // It is over, and the client gets over it.
    expect(await outcome(client, 5000)).toBe(String(ran + 1));
    expect(faults.happened(fault.kind)).toBe(1);
  });

  it.each(['truncate', 'corrupt'] as const)('a request that is out by %s is not executed', async (kind) => {
    const { server, client, faults } = await connected(place);
    faults.set({ kind, direction: 'out', times: 1 });
    expect(await outcome(client, 300)).not.toBe('1');
    expect(server.journal.calls()).toEqual([]);
    expect(await outcome(client, 5000)).toBe('1');
  });

  it('a request that leaves twice is executed twice, and answered once', async () => {
    const { server, client, faults } = await connected(place);
    faults.set({ kind: 'duplicate', direction: 'out', times: 1 });
    expect(await outcome(client, 5000)).toMatch(/^[12]$/u);
    await until('both were executed', () => server.journal.timesRun('k') === 2);
    expect(await outcome(client, 5000)).toBe('3');
  });

  it.each(['in', 'out'] as const)(
    'what hangs on its way %s goes on when the faults are over',
    async (direction) => {
      const { server, client, faults } = await connected(place);
      faults.set({ kind: 'hang', direction, times: 1 });
      const call = outcome(client, 5000);
      await until('it hangs', () => faults.happened('hang') === 1);
      expect(server.journal.calls()).toHaveLength(direction === 'in' ? 1 : 0);
      if (direction === 'in') faults.clear();
      else faults.switchOff();
      expect(await call).toBe('1');
      faults.switchOn();
      expect(await outcome(client, 5000)).toBe('2');
    },
  );

  it('ends in good order while everything hangs', async () => {
    const { client, faults } = await connected(place);
    faults.set({ kind: 'hang', direction: 'in' });
    const call = outcome(client, 60_000);
    await until('it hangs', () => faults.happened('hang') > 0);
    await client.disconnect({ drainMs: 0 });
    expect(await call).toContain('CONNECTION_CLOSED');
  });

  it('hinders the connecting', async () => {
    const { client, faults } = await prepared(place);
    faults.set([
      { kind: 'latency', ms: 10, direction: 'open', times: 1 },
      { kind: 'reset', direction: 'open', times: 1 },
    ]);
    // The first attempt fails, one of the next succeeds.
    await client.connect();
    expect([faults.happened('latency'), faults.happened('reset')]).toEqual([1, 1]);
    await client.disconnect();
    faults.set({ kind: 'hang', direction: 'open' });
    const abort = new AbortController();
    const aborted = rejection(client.connect({ signal: abort.signal }));
    await until('it hangs', () => faults.happened('hang') === 1);
    abort.abort();
    expect(await aborted).toMatchObject({ code: 'REQUEST_ABORTED' });
    const connecting = client.connect();
    await until('it hangs again', () => faults.happened('hang') === 2);
    faults.clear();
    await connecting;
    expect(await outcome(client, 5000)).toBe('1');
  });

  it('with a rate, everything settles, and nothing runs twice', async () => {
    const { server, client, faults } = await connected(place);
    faults.set([
      { kind: 'latency', ms: [0, 3], rate: 0.3 },
      { kind: 'drop', rate: 0.05 },
      { kind: 'corrupt', rate: 0.05, direction: 'in' },
      { kind: 'reset', rate: 0.05 },
    ]);
    const keys = Array.from({ length: 30 }, (_, index) => `key-${index}`);
    const results = await Promise.all(
      keys.map((key) =>
        client.callTool('count', { key }, { timeoutMs: 800 }).catch((error: unknown) => error),
      ),
    );
    expect(results).toHaveLength(30);
    expect(server.journal.repeatedKeys()).toEqual([]);
    faults.switchOff();
    await until('the client is back', () => client.state === 'connected');
    expect(await outcome(client, 5000)).toBe('1');
  });
});
