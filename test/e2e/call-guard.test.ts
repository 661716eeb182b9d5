import { describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import type { SignalboxSettings } from '../../src/config/entry.ts';
import type { Clock } from '../../src/core/clock.ts';
import { SignalboxError } from '../../src/core/errors.ts';
import type { BreakerChange } from '../../src/resilience/breaker/circuit-breaker.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { startFaultServer } from '../../src/testing/index.ts';
import { QUICK, recordStates, rejection, testFactories } from '../helpers/clients.ts';
import { EVERYWHERE, type Exchange, type ProtocolPeer, testPeers } from '../helpers/protocol-peer.ts';
import { until } from '../helpers/until.ts';

const startPeer = testPeers();
const makeFactory = testFactories();

interface Bench {
  readonly peer: ProtocolPeer;
  readonly client: McpClient;
  readonly circuit: BreakerChange[];
}

async function bench(
  where: (typeof EVERYWHERE)[number],
  settings: SignalboxSettings,
  on: Readonly<Record<string, (exchange: Exchange) => void>> = {},
  clock?: Clock,
): Promise<Bench> {
  const peer = await startPeer({ ...where, on });
  // Chance 1: an open circuit stays open for as long as it may; attempts wait as long as they may.
  const client = makeFactory({ random: () => 0.999, ...(clock && { clock }) }).create(
    's',
    peer.entry(settings),
  );
  const circuit: BreakerChange[] = [];
  client.on('circuit', (change) => circuit.push(change));
  await client.connect();
  return { peer, client, circuit };
}

const codeOf = async (call: Promise<unknown>): Promise<string> => {
  const error = await rejection(call);
  return SignalboxError.is(error) ? error.code : error.message;
};

const PING: Readonly<Record<string, string>> = { legacy: 'ping', modern: 'server/discover' };

describe.each(EVERYWHERE)('the guard of a server over $wire, $era', (where) => {
  it('refuses calls at once after failures, asks for a sign of life, and lets them out again', async () => {
    let isSilent = true;
    const clock = new FakeClock();
    const { peer, client, circuit } = await bench(
      where,
      { breaker: { consecutiveFailures: 3, openMs: 200, halfOpenCalls: 1 } },
      { 'tools/call': (exchange) => (isSilent ? undefined : exchange.proceed()) },
      clock,
    );
    for (let n = 1; n <= 3; n++) {
      const call = codeOf(client.callTool('echo', {}, { timeoutMs: 60 }));
      await peer.nth('tools/call', n);
      await clock.advance(100);
      expect(await call).toBe('REQUEST_TIMEOUT');
    }
    const seen = peer.of('tools/call').length;
    const { connections } = peer;
    for (let n = 0; n < 20; n++) expect(await codeOf(client.callTool('echo'))).toBe('CIRCUIT_OPEN');
    expect(await codeOf(client.listTools())).toBe('CIRCUIT_OPEN');
    expect(peer.of('tools/call')).toHaveLength(seen);
    expect(client.guard()).toMatchObject({ circuit: { state: 'open' }, refused: { breaker: 21 } });

    isSilent = false;
    const pings = peer.of(PING[where.era]!).length;
    await clock.advance(200);
    expect(client.circuit?.refusal).toBeUndefined();
    expect(await client.callTool('echo', { n: 1 })).toMatchObject({ content: [{ text: '{"n":1}' }] });
    expect(peer.of(PING[where.era]!)).toHaveLength(pings + 1);
    expect(circuit.map(({ to }) => to)).toEqual(['open', 'half-open', 'closed']);
    // It answered the sign of life: its connection was good, and is kept.
    expect(peer.connections).toBe(connections);
  });

  it('F-019 gives a server that does not even answer the sign of life a fresh connection', async () => {
    let hangs = false;
    const unlessHanging = (exchange: Exchange): void => (hangs ? undefined : exchange.proceed());
    const { client, peer } = await bench(
      where,
      { breaker: { consecutiveFailures: 2, openMs: 50, halfOpenCalls: 0 }, health: { timeoutMs: 300 } },
      { 'tools/call': unlessHanging, [PING[where.era]!]: unlessHanging },
    );
    hangs = true;
    const states = recordStates(client);
    for (let n = 0; n < 2; n++) await rejection(client.callTool('echo', {}, { timeoutMs: 60 }));
    await until('the circuit lets calls in', () => client.circuit?.refusal === undefined);
    const probed = codeOf(client.callTool('echo'));
    await peer.nth(PING[where.era]!, peer.of(PING[where.era]!).length + 1);
    // The one that hangs does so for ever; who connects anew finds it well.
    hangs = false;
    expect(await probed).toBe('CIRCUIT_OPEN');
    await until('it is connected again', () => states.at(-1)?.to === 'connected');
    expect(await client.callTool('echo')).toMatchObject({ content: [{ text: '{}' }] });
  });

  it('never has more requests in flight than allowed, and serves tools in turn', async () => {
    let inFlight = 0;
    let most = 0;
    const order: string[] = [];
    const { client } = await bench(
      where,
      { concurrency: { maxInFlight: 4, maxQueued: 100 } },
      {
        'tools/call': (exchange) => {
          most = Math.max(most, ++inFlight);
          order.push(String(exchange.params['name']));
          setTimeout(() => {
            inFlight--;
            exchange.proceed();
          }, 5);
        },
      },
    );
    const greedy = Array.from({ length: 60 }, () => client.callTool('greedy'));
    const modest = client.callTool('modest');
    await Promise.all([...greedy, modest]);
    expect(most).toBe(4);
    expect(order).toHaveLength(61);
    // It waited for one turn of the other tool, not for all that came before it.
    expect(order.indexOf('modest')).toBeLessThan(8);
    expect(client.guard().concurrency).toEqual({ inFlight: 0, queued: 0, keys: 0 });
  });

  it('refuses what exceeds the queue, and never sends what waited beyond its time', async () => {
    const held: Exchange[] = [];
    const { peer, client } = await bench(
      where,
      { concurrency: { maxInFlight: 1, maxQueued: 1 } },
      { 'tools/call': (exchange) => void held.push(exchange) },
    );
    const first = client.callTool('echo', { n: 1 });
    const second = rejection(client.callTool('echo', { n: 2 }, { timeoutMs: 100 }));
    expect(await rejection(client.callTool('echo', { n: 3 }))).toMatchObject({
      code: 'OVERLOADED',
      delivered: 'no',
      details: { guard: 'concurrency', inFlight: 1, queued: 1 },
    });
    expect(await second).toMatchObject({ code: 'REQUEST_TIMEOUT', delivered: 'no' });
    await until('the first call has arrived', () => held.length === 1);
    held[0]!.proceed();
    await first;
    expect(peer.of('tools/call').map(({ params }) => params['arguments'])).toEqual([{ n: 1 }]);
  });

  it('lets nobody wait for a client that is disconnected', async () => {
    const { peer, client } = await bench(
      where,
      { concurrency: { maxInFlight: 1 } },
      { 'tools/call': () => {} },
    );
    const calls = Array.from({ length: 5 }, () => rejection(client.callTool('echo')));
    await peer.nth('tools/call');
    await client.disconnect({ drainMs: 0 });
    const errors = await Promise.all(calls);
    expect(errors.slice(1).map((error) => (error as SignalboxError).code)).toEqual(
      Array.from({ length: 4 }, () => 'CONNECTION_CLOSED'),
    );
    expect(peer.of('tools/call')).toHaveLength(1);
  });

  it('keeps a rate: what is too much waits for its turn', async () => {
    const { peer, client } = await bench(where, { rateLimit: { perSecond: 50, burst: 2 } });
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: 12 }, () => client.callTool('echo')));
    // Ten had to wait for a token each; the last of them for 200 ms at least.
    expect(performance.now() - startedAt).toBeGreaterThan(190);
    expect(peer.of('tools/call')).toHaveLength(12);
  });

  it('does not make a call wait for a turn that comes too late', async () => {
    const { peer, client } = await bench(where, { rateLimit: { perSecond: 0.01, burst: 1 } });
    // Setting the connection up is not held back.
    await client.callTool('echo');
    expect(await rejection(client.callTool('echo'))).toMatchObject({
      code: 'RATE_LIMITED',
      delivered: 'no',
      details: { guard: 'rateLimit' },
    });
    expect(peer.of('tools/call')).toHaveLength(1);
  });

  it('is off where the entry says so', async () => {
    const { client } = await bench(
      where,
      { breaker: false, concurrency: false, rateLimit: false, retryBudget: false },
      { 'tools/call': (exchange) => (exchange.params['name'] === 'echo' ? exchange.proceed() : undefined) },
    );
    for (let n = 0; n < 6; n++) await rejection(client.callTool('silent', {}, { timeoutMs: 10 }));
    expect(await client.callTool('echo')).toMatchObject({ content: [{ text: '{}' }] });
    expect(client.guard()).toMatchObject({
      circuit: undefined,
      concurrency: undefined,
      rateLimit: undefined,
    });
    expect(client.circuit).toBeUndefined();
  });

  it('recovers the first call after a loss that took many calls along', async () => {
    const { peer, client, circuit } = await bench(
      where,
      { breaker: { consecutiveFailures: 3 } },
      {
        'tools/call': (exchange) => (exchange.params['name'] === 'echo' ? exchange.proceed() : undefined),
      },
    );
    if (where.wire === 'http') return; // each request has a connection of its own there
    const calls = Array.from({ length: 20 }, () => rejection(client.callTool('silent')));
    await peer.nth('tools/call', 20);
    peer.drop();
    for (const error of await Promise.all(calls)) expect(error).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(await client.callTool('echo')).toMatchObject({ content: [{ text: '{}' }] });
    expect(circuit).toEqual([]);
  });
});

describe('the guard of a server over sse', () => {
  it('recovers a call that comes right behind the one that met the end of its session', async () => {
    await using server = await startFaultServer({ wire: 'sse', era: 'legacy' });
    const client = await makeFactory().createAndConnect('s', { ...server.entry, 'x-signalbox': QUICK });
    for (let n = 0; n < 5; n++) {
      server.faults.set('tools/call:count', { kind: 'session-lost', times: 1 });
      await client.callTool('count', { key: `a${n}` }).catch(() => undefined);
      // Nothing lies between: whoever awaited that call makes the next at once.
      await client.callTool('count', { key: `b${n}` });
      expect(server.journal.timesRun(`b${n}`)).toBe(1);
    }
    expect(server.journal.repeatedKeys()).toEqual([]);
  });
});
