import { describe, expect, it } from 'vitest';
import { rejection, testFactories } from '../helpers/clients.ts';
import { trackProcesses } from '../helpers/leak-check.ts';
import { EVERYWHERE, testPeers } from '../helpers/protocol-peer.ts';
import { until } from '../helpers/until.ts';

trackProcesses();
const startPeer = testPeers();
const makeFactory = testFactories();

describe.each(EVERYWHERE)('the heartbeat of a $era server over $wire', ({ era, wire }) => {
  const method = era === 'modern' ? 'server/discover' : 'ping';

  it('H25-16b pings again and again while nothing else is said', async () => {
    const peer = await startPeer({ era, wire });
    const client = makeFactory().create('s', peer.entry({ heartbeat: { intervalMs: 20 } }));
    await client.connect();
    const before = peer.of(method).length;
    await until('it has pinged five times', () => peer.of(method).length >= before + 5);
    expect(client.state).toBe('connected');
    expect(peer.connections).toBeLessThanOrEqual(1);
    await client.disconnect();
  });

  it('makes a connection anew on which nobody answers, and fails what was in flight', async () => {
    const peer = await startPeer({ era, wire });
    const heartbeat = { intervalMs: 20, timeoutMs: 60, misses: 2 };
    const client = makeFactory().create('s', peer.entry({ heartbeat }));
    await client.connect();
    const changes: string[] = [];
    client.on('state', ({ to, reason }) => changes.push(`${to}: ${reason}`));
    let asked = 0;
    peer.on.set('tools/call', () => {});
    peer.on.set(method, (exchange) => {
      // The third is of the new connection, where the method sets it up.
      if (++asked > 2) exchange.proceed();
    });
    const call = rejection(client.callTool('echo'));
    await until('it is connected again', () => changes.some((change) => change.startsWith('connected')));
    expect(changes[0]).toMatch(/^reconnecting: .*2 pings in a row had no answer within 60 ms/u);
    expect(await call).toMatchObject({ code: 'OUTCOME_UNKNOWN', delivered: 'unknown' });
    peer.on.delete('tools/call');
    expect(await client.callTool('echo')).toMatchObject({ content: [{ type: 'text' }] });
    await client.disconnect();
  });

  it('is off unless it is asked for', async () => {
    const peer = await startPeer({ era, wire });
    const client = makeFactory().create('s', peer.entry());
    await client.connect();
    const before = peer.of(method).length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(peer.of(method)).toHaveLength(before);
    await client.disconnect();
  });
});
