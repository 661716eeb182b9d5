import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { rejection, testFactories } from '../helpers/clients.ts';
import { EVERYWHERE, testPeers } from '../helpers/protocol-peer.ts';

const startPeer = testPeers();
const makeFactory = testFactories();
const ROUNDS = 20;
const AT_ONCE = 50;

describe.each(EVERYWHERE)('one signal for all calls to a $era server over $wire', ({ era, wire }) => {
  it('F-137 has one listener while a thousand calls are made, and none after them, however they end', async () => {
    const peer = await startPeer({
      era,
      wire,
      on: {
        'tools/call': (exchange) => {
          const { n } = exchange.params['arguments'] as { n: number };
          if (n % 50 === 1) exchange.error(-32_602, 'not like this');
          else if (n % 50 !== 2) exchange.proceed();
        },
      },
    });
    const client = makeFactory().create('s', peer.entry());
    await client.connect();
    const { signal } = new AbortController();
    const listeners = (): number => getEventListeners(signal, 'abort').length;
    const outcomes = { fulfilled: 0, rejected: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      const calls = Array.from({ length: AT_ONCE }, (_, index) => {
        const n = round * AT_ONCE + index;
        // One of each round fails, one is never answered.
        return client.callTool('echo', { n }, { signal, timeoutMs: n % 50 === 2 ? 50 : 20_000 });
      });
      expect(listeners()).toBeLessThanOrEqual(1);
      for (const { status } of await Promise.allSettled(calls)) outcomes[status]++;
      expect(listeners()).toBe(0);
    }
    expect(outcomes).toEqual({ fulfilled: ROUNDS * (AT_ONCE - 2), rejected: ROUNDS * 2 });
    await client.disconnect();
  });

  it('F-137 ends all calls in flight when it fires, and has no listener then', async () => {
    const peer = await startPeer({ era, wire, on: { 'tools/call': () => {} } });
    const client = makeFactory().create('s', peer.entry());
    await client.connect();
    const controller = new AbortController();
    const { signal } = controller;
    const calls = Array.from({ length: AT_ONCE }, (_, n) =>
      rejection(client.callTool('echo', { n }, { signal })),
    );
    controller.abort();
    for (const error of await Promise.all(calls)) expect(error).toMatchObject({ code: 'REQUEST_ABORTED' });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    await client.disconnect();
  });
});
