import { describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import type { SignalboxSettings } from '../../src/config/entry.ts';
import type { Clock } from '../../src/core/clock.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { rejection, testFactories } from '../helpers/clients.ts';
import {
  EVERYWHERE,
  type Exchange,
  type PeerOptions,
  type ProtocolPeer,
  testPeers,
} from '../helpers/protocol-peer.ts';
import { type LogLine, recordingLogger } from '../helpers/transport-probe.ts';
import { until } from '../helpers/until.ts';

const startPeer = testPeers();
const makeFactory = testFactories();

const silent = (): void => {};

async function connected(
  options: PeerOptions,
  settings: SignalboxSettings = {},
  clock?: Clock,
): Promise<{ peer: ProtocolPeer; client: McpClient; log: LogLine[] }> {
  const log: LogLine[] = [];
  const peer = await startPeer(options);
  const client = makeFactory({ logger: recordingLogger(log), ...(clock && { clock }) }).create(
    's',
    peer.entry(settings),
  );
  await client.connect();
  return { peer, client, log };
}

const token = ({ params }: Exchange): unknown =>
  (params['_meta'] as Record<string, unknown>)['progressToken'];

/** The server is told that a request is over: by closing its stream, or by a notification. */
async function expectCancelled(peer: ProtocolPeer, exchange: Exchange): Promise<void> {
  if (peer.wire === 'http' && peer.era === 'modern') {
    await until('the stream is closed', () => exchange.isGone);
    expect(peer.of('notifications/cancelled')).toEqual([]);
    return;
  }
  const { params } = await peer.nth('notifications/cancelled');
  expect(params).toMatchObject({ requestId: exchange.message.id, reason: expect.any(String) });
}

describe.each(EVERYWHERE)('a call of the $era era over $wire', ({ era, wire }) => {
  it('CAN-1 CAN-2 CAN-3 H25-18 has a timeout of its own, and is cancelled when it expires', async () => {
    const { peer, client } = await connected({ era, wire, on: { 'tools/call': silent } });
    const startedAt = performance.now();
    const call = rejection(client.callTool('echo', {}, { timeoutMs: 150 }));
    expect(await call).toMatchObject({ code: 'REQUEST_TIMEOUT', delivered: 'unknown' });
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    await expectCancelled(peer, await peer.nth('tools/call'));
  });

  it('CAN-1 H25-18 has a timeout by itself, whatever its method', async () => {
    const methods = ['tools/list', 'tools/call', 'resources/read', 'prompts/get', 'completion/complete'];
    const on = Object.fromEntries(methods.map((method) => [method, silent]));
    const { peer, client } = await connected({ era, wire, on }, { timeouts: { request: 200 }, retry: false });
    const options = { retry: 'never' } as never;
    const calls = [
      client.listTools(options),
      client.callTool('echo', {}, options),
      client.readResource('test://a', options),
      client.getPrompt('greet', {}, options),
      client.complete({ type: 'ref/prompt', name: 'p' }, { name: 'a', value: '' }, options),
    ];
    for (const error of await Promise.all(calls.map((call) => rejection(call))))
      expect(error).toMatchObject({ code: 'REQUEST_TIMEOUT' });
    expect(peer.methods()).toEqual(expect.arrayContaining(methods));
  });

  it('CAN-4 H25-18 lives by its progress, but not for ever', async () => {
    const clock = new FakeClock();
    const { peer, client } = await connected({ era, wire, on: { 'tools/call': silent } }, {}, clock);
    let heard = 0;
    let error: Error | undefined;
    const onProgress = (): void => void heard++;
    const options = { timeoutMs: 200, totalTimeoutMs: 600, onProgress };
    const call = rejection(client.callTool('echo', {}, options)).then((reason) => {
      error = reason;
    });
    const exchange = await peer.nth('tools/call');
    for (let progress = 1; progress <= 4; progress++) {
      await clock.advance(140);
      expect(error).toBeUndefined();
      const params = { progressToken: token(exchange), progress };
      exchange.send({ jsonrpc: '2.0', method: 'notifications/progress', params });
      await until('the progress is heard', () => heard === progress);
    }
    // 560 ms have passed, and by its progress it might live for 200 more.
    await clock.advance(100);
    await call;
    expect(error).toMatchObject({ code: 'REQUEST_TIMEOUT' });
  });

  it('CAN-2 H25-7 S26-7 that its caller aborts is cancelled, and nothing else is', async () => {
    const { peer, client } = await connected({ era, wire, on: { 'tools/call': silent } });
    const abort = new AbortController();
    const other = client.callTool('other');
    const others = await peer.nth('tools/call', 1);
    const call = rejection(client.callTool('mine', {}, { signal: abort.signal }));
    const mine = await peer.nth('tools/call', 2);
    abort.abort();
    expect(await call).toMatchObject({ code: 'REQUEST_ABORTED' });
    await expectCancelled(peer, mine);
    expect(others.isGone).toBe(false);
    others.proceed();
    expect(await other).toMatchObject({ content: [{ type: 'text' }] });
    expect(peer.of('notifications/cancelled').length).toBeLessThan(2);
  });

  it('CAN-5 that is over, or was never sent, is not cancelled', async () => {
    const { peer, client } = await connected({ era, wire });
    const abort = new AbortController();
    await client.callTool('echo', {}, { signal: abort.signal });
    abort.abort();
    expect(await rejection(client.callTool('echo', {}, { signal: abort.signal }))).toMatchObject({
      code: 'REQUEST_ABORTED',
    });
    await client.ping();
    expect(peer.of('tools/call')).toHaveLength(1);
    expect(peer.of('notifications/cancelled')).toEqual([]);
  });

  it('CAN-6 CAN-7 an answer that comes too late is ignored, and one that crosses the cancellation is harmless', async () => {
    const { peer, client } = await connected({ era, wire, on: { 'tools/call': silent } });
    for (let round = 1; round <= 10; round++) {
      const abort = new AbortController();
      const call = client
        .callTool('echo', { round }, { signal: abort.signal })
        .catch((error: unknown) => error);
      const exchange = await peer.nth('tools/call', round);
      if (round % 2 === 0) exchange.proceed();
      await new Promise((resolve) => setTimeout(resolve, round % 3));
      abort.abort();
      if (round % 2 === 1) exchange.proceed();
      const outcome = await call;
      const isResult = typeof outcome === 'object' && outcome !== null && 'content' in outcome;
      expect(isResult || (outcome as { code?: string }).code === 'REQUEST_ABORTED').toBe(true);
    }
    peer.on.delete('tools/call');
    expect(await client.callTool('echo', { a: 1 })).toMatchObject({ content: [{ text: '{"a":1}' }] });
    expect(client.diagnostics().wire).toMatchObject({ badMessages: 0, unknownResponses: 0 });
    expect(client.stats().connections).toBe(1);
  });

  it('CAN-8 leaves a line in the log that says why it was cancelled', async () => {
    const { client, log } = await connected({ era, wire, on: { 'tools/call': silent } });
    const reason = new Error('the user left');
    const abort = new AbortController();
    const call = rejection(client.callTool('echo', {}, { signal: abort.signal }));
    await rejection(client.callTool('echo', {}, { timeoutMs: 50 }));
    abort.abort(reason);
    await call;
    const reasons = log.filter(({ fields }) => fields['event'] === 'request.cancelled');
    expect(reasons.map(({ fields }) => fields['reason'])).toEqual(['timeout', 'aborted by the caller']);
  });

  it('PRO-1 PRO-4 progress comes to its own call, grows, and ends with the answer', async () => {
    const { client } = await connected({
      era,
      wire,
      on: {
        'tools/call': (exchange) => {
          const { name } = exchange.params;
          const tell = (progress: unknown, progressToken = token(exchange)): void =>
            exchange.send({
              jsonrpc: '2.0',
              method: 'notifications/progress',
              params: { progressToken, progress, message: name },
            });
          tell(1);
          tell(0.5);
          tell(1);
          tell(2, 'nobody');
          tell('3');
          tell(2.5);
          exchange.proceed();
          if (wire !== 'http') tell(9);
        },
      },
    });
    const call = async (name: string): Promise<unknown[]> => {
      const heard: unknown[] = [];
      const onProgress = (progress: object): void => void heard.push(progress);
      await client.callTool(name, {}, { onProgress });
      await client.ping();
      return heard.map((one) => [(one as Progress).message, (one as Progress).progress]);
    };
    const heard = await Promise.all([call('a'), call('b')]);
    expect(heard).toEqual([
      [
        ['a', 1],
        ['a', 2.5],
      ],
      [
        ['b', 1],
        ['b', 2.5],
      ],
    ]);
  });

  it('PRO-1 asks for progress only where somebody listens', async () => {
    const { peer, client } = await connected({ era, wire });
    await client.callTool('echo');
    expect(peer.of('tools/call')[0]!.params['_meta'] ?? {}).not.toHaveProperty('progressToken');
  });

  it('RES-1 TOOL-7 errors of the server and of a tool are told apart', async () => {
    const { client } = await connected({
      era,
      wire,
      on: {
        'tools/call': (exchange) =>
          exchange.reply({ isError: true, content: [{ type: 'text', text: 'no such city' }] }),
        'resources/read': (exchange) =>
          exchange.error(exchange.params['uri'] === 'test://old' ? -32002 : -32602, 'not found', {
            uri: exchange.params['uri'],
          }),
      },
    });
    expect(await client.callTool('weather')).toMatchObject({
      isError: true,
      content: [{ text: 'no such city' }],
    });
    for (const [uri, code] of [
      ['test://old', -32002],
      ['test://new', -32602],
    ] as const) {
      const error = await rejection(client.readResource(uri));
      expect(error).toMatchObject({ name: 'RemoteError', code, data: { uri } });
    }
    expect(client.state).toBe('connected');
  });
});

interface Progress {
  readonly message: string;
  readonly progress: number;
}

describe.each(['modern', 'legacy'] as const)('a process of the %s era', (era) => {
  it('S26-12 serves all calls, whoever makes them', async () => {
    const { peer, client } = await connected({ wire: 'stdio', era });
    for (let call = 0; call < 10; call++) await client.callTool('echo', { call });
    await Promise.all(Array.from({ length: 10 }, () => client.callTool('echo')));
    expect(peer.connections).toBe(1);
  });

  it('S26-9 that ends is started again; what was in flight is lost, and not made again by itself', async () => {
    const { peer, client } = await connected({ wire: 'stdio', era, on: { 'tools/call': silent } });
    const call = rejection(client.callTool('echo'));
    await peer.nth('tools/call');
    peer.drop();
    expect(await call).toMatchObject({ delivered: 'unknown' });
    peer.on.delete('tools/call');
    expect(await client.callTool('echo', { a: 2 })).toMatchObject({ content: [{ text: '{"a":2}' }] });
    expect(peer.connections).toBe(2);
    expect(peer.of('tools/call')).toHaveLength(2);
  });
});
