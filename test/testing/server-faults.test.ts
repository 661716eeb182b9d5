import { describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import { type FaultRule, faultKinds } from '../../src/testing/index.ts';
import { QUICK, testFactories, withSettings } from '../helpers/clients.ts';
import { EVERYWHERE } from '../helpers/protocol-peer.ts';
import { until } from '../helpers/until.ts';
import { type AnyFaultServer, testFaultServers } from './fault-servers.ts';
import { LOST, outcome, TIMEOUT } from './outcome.ts';

const servers = testFaultServers();
const makeFactory = testFactories();

type Place = (typeof EVERYWHERE)[number];

async function connected({ era, wire }: Place): Promise<{ server: AnyFaultServer; client: McpClient }> {
  const server = await servers.on(wire, { era });
  const retry = { maxAttempts: 5, baseMs: 10, maxMs: 30 };
  const client = makeFactory().create('s', withSettings(server.entry, { ...QUICK, retry, breaker: false }));
  await client.connect();
  return { server, client };
}

interface Expected {
  readonly rule: FaultRule;
  /** What the client sees, where that does not depend on the wire. */
  readonly seen?: unknown;
  /** The same for one wire. */
  readonly stdio?: unknown;
  readonly http?: unknown;
  readonly sse?: unknown;
  /** How often the tool was executed. */
  readonly ran: number;
}

const REFUSED = ['OUTCOME_UNKNOWN', 'HTTP_ERROR'];

const EXPECTED: readonly Expected[] = [
  { rule: { kind: 'none' }, seen: '1', ran: 1 },
  { rule: { kind: 'late', delayMs: [10, 20] }, seen: '1', ran: 1 },
  { rule: { kind: 'hang' }, seen: TIMEOUT, ran: 0 },
  { rule: { kind: 'hang', executes: true }, seen: TIMEOUT, ran: 1 },
  { rule: { kind: 'disconnect' }, seen: LOST, ran: 0 },
  { rule: { kind: 'disconnect', executes: true, delayMs: 5 }, seen: LOST, ran: 1 },
  { rule: { kind: 'exit', code: 3 }, stdio: LOST, ran: 0 },
  { rule: { kind: 'exit', code: 0, executes: true }, stdio: LOST, ran: 1 },
  { rule: { kind: 'truncate' }, seen: LOST, ran: 1 },
  { rule: { kind: 'noise', text: 'listening on port 1' }, seen: '1', ran: 1 },
  { rule: { kind: 'duplicate', copies: 3 }, seen: '1', ran: 1 },
  { rule: { kind: 'wrong-id' }, stdio: TIMEOUT, sse: TIMEOUT, http: ['BAD_RESPONSE'], ran: 1 },
  { rule: { kind: 'wrong-id', id: null }, stdio: TIMEOUT, sse: TIMEOUT, http: ['BAD_RESPONSE'], ran: 1 },
  { rule: { kind: 'error' }, seen: [-32603], ran: 0 },
  { rule: { kind: 'error', code: -32000, message: 'no', executes: true }, seen: [-32000], ran: 1 },
  { rule: { kind: 'wrong-shape' }, seen: ['INVALID_RESULT'], ran: 1 },
  {
    rule: { kind: 'not-json' },
    stdio: TIMEOUT,
    sse: TIMEOUT,
    http: ['OUTCOME_UNKNOWN', 'BAD_RESPONSE'],
    ran: 1,
  },
  { rule: { kind: 'status', status: 500 }, http: REFUSED, sse: REFUSED, ran: 0 },
  { rule: { kind: 'status', status: 503, executes: true }, http: REFUSED, sse: REFUSED, ran: 1 },
  { rule: { kind: 'status', status: 401 }, http: ['AUTH_REQUIRED'], sse: ['AUTH_REQUIRED'], ran: 0 },
  // Refused before it ran, so it is made again.
  { rule: { kind: 'status', status: 429, retryAfter: 0 }, http: '1', sse: '1', ran: 1 },
  { rule: { kind: 'trickle', chunkBytes: 9, everyMs: 1 }, seen: '1', ran: 1 },
  { rule: { kind: 'huge', bytes: 1_000_000 }, seen: '1', ran: 1 },
  {
    rule: { kind: 'huge', bytes: 18_000_000 },
    stdio: ['OUTCOME_UNKNOWN', 'FRAME_TOO_LARGE'],
    sse: ['OUTCOME_UNKNOWN', 'FRAME_TOO_LARGE'],
    http: ['BODY_TOO_LARGE'],
    ran: 1,
  },
];

describe.each(EVERYWHERE)('a fault server, $era era over $wire', (place) => {
  const cases = EXPECTED.map(({ rule, ran, ...seen }) => ({
    rule,
    ran,
    title: JSON.stringify(rule),
    seen: seen[place.wire === 'connect-rpc' ? 'sse' : place.wire] ?? seen.seen,
  }));

  it.each(cases.filter(({ seen }) => seen !== undefined))('has $title, once', async ({ rule, ran, seen }) => {
    const { server, client } = await connected(place);
    server.faults.set('tools/call:count', { ...rule, times: 1 });
    expect(await outcome(client, seen === TIMEOUT ? 300 : 5000)).toEqual(seen);
    // On a busy machine the client's patience may end before the server has begun.
    await until('it ran', () => server.journal.timesRun('k') >= ran);
    expect(server.journal.timesRun('k')).toBe(ran);
    expect(server.journal.faults()).toEqual([rule.kind]);
    // It is over, and the client gets over it.
    expect(await outcome(client, 5000)).toBe(String(ran + 1));
    expect(server.journal.faults()).toEqual([rule.kind]);
  });

  it('refuses what it cannot have', async () => {
    const server = await servers.on(place.wire, place);
    for (const { rule } of cases.filter(({ seen }) => seen === undefined))
      expect(() => server.faults.set('tools/call', rule)).toThrow(/cannot have/u);
  });
});

it('no kind of fault is forgotten here', () => {
  const kinds = new Set(
    (['stdio', 'http', 'sse', 'connect-rpc'] as const).flatMap((wire) => faultKinds(wire)),
  );
  expect(new Set([...EXPECTED.map(({ rule }) => rule.kind), 'session-lost'])).toEqual(kinds);
});

describe('what only one wire or era can show', () => {
  it.each(['stdio', 'sse'] as const)('%s: noise and repetition are seen, and harm nobody', async (wire) => {
    const { server, client } = await connected({ era: 'legacy', wire });
    // On a busy machine a late answer to the probe has been seen already.
    await client.listTools();
    const before = client.diagnostics().wire!;
    server.faults.set('tools/call', [
      { kind: 'noise', times: 1 },
      { kind: 'duplicate', copies: 5, times: 1 },
    ]);
    expect(await outcome(client, 5000)).toBe('1');
    expect(await outcome(client, 5000)).toBe('2');
    await client.callTool('echo', { message: 'a round trip later all has arrived' });
    const { noise, duplicateResponses } = client.diagnostics().wire!;
    expect([noise - before.noise, duplicateResponses - before.duplicateResponses]).toEqual([1, 4]);
  });

  it.each(['stdio', 'sse', 'connect-rpc'] as const)(
    '%s: an answer in pieces does not mix with others',
    async (wire) => {
      const { server, client } = await connected({ era: 'legacy', wire });
      server.faults.set('tools/call:count', { kind: 'trickle', chunkBytes: 2, everyMs: 2 });
      const slow = outcome(client, 5000);
      const quick = await Promise.all([1, 2, 3].map((n) => client.callTool('echo', { message: String(n) })));
      expect(quick.map(({ content }) => (content[0] as { text: string }).text)).toEqual(['1', '2', '3']);
      expect(await slow).toBe('1');
    },
  );

  it.each(['http', 'connect-rpc'] as const)(
    'legacy %s: a forgotten session is renewed, and the call made again',
    async (wire) => {
      const { server, client } = await connected({ era: 'legacy', wire });
      server.faults.set('tools/call', { kind: 'session-lost', times: 1 });
      expect(await outcome(client, 5000)).toBe('1');
      expect(server.journal.faults()).toEqual(['session-lost']);
    },
  );

  it('sse: a forgotten session ends its stream', async () => {
    const { server, client } = await connected({ era: 'legacy', wire: 'sse' });
    const lost = new Promise((resolve) => client.on('state', ({ to }) => to !== 'connected' && resolve(to)));
    server.faults.set('tools/call', { kind: 'session-lost', times: 1 });
    expect(await outcome(client, 5000)).not.toBe('1');
    expect(await lost).toBe('reconnecting');
    expect(server.journal.calls()).toEqual([]);
  });

  it('the handshake has faults too', async () => {
    const server = await servers.http({
      era: 'legacy',
      faults: { initialize: { kind: 'error', code: -32001 } },
    });
    const client = makeFactory().create('s', { ...server.entry, 'x-signalbox': QUICK });
    await expect(client.connect()).rejects.toMatchObject({ code: 'CONNECT_FAILED' });
    server.faults.clear();
    await client.connect();
  });
});
