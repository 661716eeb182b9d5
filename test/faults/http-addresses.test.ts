import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { describe, expect, it } from 'vitest';
import { PoolCache } from '../../src/transports/http/pool-cache.ts';
import { checkHttpClients, EXCHANGES, resultFor, sseClient } from '../helpers/http-client.ts';
import { type HttpFixture, sendJson, startHttpFixture } from '../helpers/http-fixture.ts';

checkHttpClients();

const IPV4 = { address: '127.0.0.1', family: 4 };
const IPV6 = { address: '::1', family: 6 };

/** A resolver that gives one answer after the other, and the last one from then on. */
function resolver(...answers: (readonly LookupAddress[])[]): { lookup: LookupFunction; names: string[] } {
  const names: string[] = [];
  const lookup: LookupFunction = (hostname, options, callback) => {
    names.push(hostname);
    const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
    if (options.all === true) callback(null, [...answer]);
    else callback(null, answer[0]!.address, answer[0]!.family);
  };
  return { lookup, names };
}

const answering = (): Promise<HttpFixture> =>
  startHttpFixture((request, response) => sendJson(response, resultFor(request.body)));
const named = (server: HttpFixture): string => server.url.replace('127.0.0.1', 'name.example');

describe.each(EXCHANGES)('F-095 %s: happy eyeballs', (_kind, openClient) => {
  it.each([
    ['first', [IPV6, IPV4]],
    ['last', [IPV4, IPV6]],
  ])('a server that is not there on IPv6, which is named %s, is reached on IPv4', async (_place, answer) => {
    const server = await answering();
    const { lookup, names } = resolver(answer);
    const { send } = await openClient(named(server), { pools: new PoolCache({ lookup }) });
    await expect(send().result).resolves.toMatchObject({ result: {} });
    expect(names).toEqual(['name.example']);
    expect(server.requests[0]?.headers.host).toMatch(/^name\.example:\d+$/u);
  });

  it('a server that is not there at all fails as CONNECT_FAILED', async () => {
    const server = await answering();
    const { lookup } = resolver([IPV6]);
    const { send } = await openClient(named(server), { pools: new PoolCache({ lookup }) });
    await expect(send().failure()).resolves.toMatchObject({ code: 'CONNECT_FAILED', delivered: 'no' });
    expect(server.requests).toEqual([]);
  });
});

describe.each(EXCHANGES)('%s: http.blockPrivate', (_kind, openClient) => {
  const http = { blockPrivate: true };
  const blocked = {
    code: 'CONNECT_FAILED',
    retryable: false,
    delivered: 'no',
    details: { reason: 'ADDRESS_BLOCKED' },
  };

  it.each(['127.0.0.1', '2130706433', '0x7f.1', '[::ffff:127.0.0.1]', 'localhost'])(
    'S06 no connection to %s',
    async (host) => {
      const server = await answering();
      const url = server.url.replace('127.0.0.1', host);
      const { send } = await openClient(url, { http });
      const error = await send().failure();
      expect(error).toMatchObject(blocked);
      expect(error.message).toContain('x-signalbox.http.blockPrivate');
      const sse = sseClient(url, { http });
      await expect(sse.transport.open(sse.receiver, new AbortController().signal)).rejects.toMatchObject(
        blocked,
      );
      expect(await server.connections()).toBe(0);
    },
  );

  it.each([
    ['a private address', [IPV4]],
    ['a private address behind a public one', [{ address: '8.8.8.8', family: 4 }, IPV4]],
    ['a private address in IPv6 clothes', [{ address: '::ffff:7f00:1', family: 6 }]],
  ])('F-096 no connection to a name that stands for %s', async (_what, answer) => {
    const server = await answering();
    const { lookup } = resolver(answer);
    const { send } = await openClient(named(server), { http, pools: new PoolCache({ lookup }) });
    await expect(send().failure()).resolves.toMatchObject(blocked);
    expect(await server.connections()).toBe(0);
  });

  it('F-096 every new socket asks again and is vetted again; the first attempt proves nothing', async () => {
    const server = await answering();
    // A name that could not be resolved, then one that rebinds to this machine.
    const { lookup, names } = resolver([], [IPV4]);
    const { send } = await openClient(named(server), { http, pools: new PoolCache({ lookup }) });
    for (let attempt = 0; attempt < 2; attempt++)
      await expect(send().failure()).resolves.toMatchObject(blocked);
    expect(names).toHaveLength(2);
    expect(server.requests).toEqual([]);
  });

  it('without it, local servers are normal', async () => {
    const server = await answering();
    const { send } = await openClient(server.url);
    await expect(send().result).resolves.toMatchObject({ result: {} });
  });
});
