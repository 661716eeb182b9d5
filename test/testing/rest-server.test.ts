import { describe, expect, it } from 'vitest';
import { type FaultRule, faultKinds } from '../../src/testing/index.ts';
import { QUICK, rejection, testFactories, withSettings } from '../helpers/clients.ts';
import { until } from '../helpers/until.ts';
import { testFaultServers } from './fault-servers.ts';

const servers = testFaultServers();
const makeFactory = testFactories();

const connected = async () => {
  const server = await servers.http({ wire: 'rest' });
  const settings = { ...QUICK, timeouts: { ...QUICK.timeouts, request: 1500 }, breaker: false } as const;
  const client = makeFactory().create('s', withSettings(server.entry, settings));
  await client.connect();
  return { server, client };
};

/** What a call that meets the fault ends with, and how often its tool was executed. */
const EXPECTED: readonly (readonly [FaultRule, string | undefined, number])[] = [
  [{ kind: 'none' }, undefined, 1],
  [{ kind: 'late', delayMs: [10, 20] }, undefined, 1],
  [{ kind: 'hang' }, 'REQUEST_TIMEOUT', 0],
  [{ kind: 'disconnect' }, 'OUTCOME_UNKNOWN', 0],
  [{ kind: 'disconnect', executes: true }, 'OUTCOME_UNKNOWN', 1],
  [{ kind: 'truncate' }, 'OUTCOME_UNKNOWN', 1],
  [{ kind: 'error', code: -32001, message: 'no' }, '-32001', 0],
  [{ kind: 'not-json' }, 'BAD_RESPONSE', 1],
  [{ kind: 'status', status: 503 }, 'OUTCOME_UNKNOWN', 0],
  [{ kind: 'status', status: 429, retryAfter: 0, times: 2 }, undefined, 1],
  [{ kind: 'session-lost', times: 1 }, undefined, 1],
  [{ kind: 'trickle', chunkBytes: 16, everyMs: 0 }, undefined, 1],
  [{ kind: 'huge', bytes: 300_000 }, undefined, 1],
];

describe('a fault server over rest', () => {
  it('is understood without faults, and pings by its health', async () => {
    const { server, client } = await connected();
    expect(client.serverInfo).toMatchObject({ name: 'signalbox-fault-server' });
    expect(client.transportKind).toBe('rest');
    expect((await client.listTools()).map(({ name }) => name)).toEqual([
      'echo',
      'add',
      'count',
      'slow',
      'big',
    ]);
    expect((await client.callTool('add', { a: 2, b: 3 })).structuredContent).toEqual({ sum: 5 });
    server.faults.set('ping', { kind: 'status', status: 503 });
    await expect(client.ping()).rejects.toMatchObject({ code: 'HTTP_ERROR' });
    expect(server.sessions).toBe(1);
  });

  it('hears of a call that is broken off', async () => {
    const { server, client } = await connected();
    const caller = new AbortController();
    const call = rejection(client.callTool('slow', { ms: 60_000, key: 'k' }, { signal: caller.signal }));
    await until('it is executed', () => server.journal.timesRun('k') === 1);
    caller.abort();
    expect(await call).toMatchObject({ code: 'REQUEST_ABORTED' });
    await until('it was cancelled', () =>
      server.journal.entries().some(({ event }) => event === 'cancelled'),
    );
  });

  it('can have all faults that this file knows, and no other', () => {
    expect(new Set(EXPECTED.map(([{ kind }]) => kind))).toEqual(new Set(faultKinds('rest')));
  });

  it.each(EXPECTED)('%o ends as %s, executed %i times', async (rule, code, ran) => {
    const { server, client } = await connected();
    server.faults.set('tools/call', rule);
    const call = client.callTool('count', { key: 'k' });
    if (code === undefined) expect((await call).content).toMatchObject([{ text: '1' }]);
    else expect(String(((await rejection(call)) as Error & { code: unknown }).code)).toBe(code);
    expect(server.journal.timesRun('k')).toBe(ran);
  });

  it('restarts without its sessions, and its client goes on', async () => {
    const { server, client } = await connected();
    await server.stop();
    server.loseSessions();
    await server.start();
    // A list may be asked for again; a call might meet a socket that is just closing.
    await client.listTools();
    await client.callTool('count', { key: 'k' });
    expect([server.journal.timesRun('k'), server.sessions]).toEqual([1, 1]);
  });
});
