import { describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import { rejection, testFactories } from '../helpers/clients.ts';
import {
  EVERYWHERE,
  LEGACY_WIRES,
  type PeerOptions,
  type ProtocolPeer,
  testPeers,
  type WireMessage,
} from '../helpers/protocol-peer.ts';
import { until } from '../helpers/until.ts';

const startPeer = testPeers();
const makeFactory = testFactories();

async function connected(options: PeerOptions): Promise<{ peer: ProtocolPeer; client: McpClient }> {
  const version = options.era === 'legacy' ? { version: '2025-11-25' } : {};
  const peer = await startPeer({ ...version, ...options });
  const client = makeFactory().create('s', peer.entry());
  await client.connect();
  return { peer, client };
}

const ping = (id: unknown): WireMessage => ({ jsonrpc: '2.0', id: id as string, method: 'ping' });
const responses = (peer: ProtocolPeer): WireMessage[] =>
  peer.received.flatMap(({ message }) => (message.method === undefined ? [message] : []));

describe.each(EVERYWHERE)('messages of a server of the $era era over $wire', ({ era, wire }) => {
  const options = { era, wire };

  it.each<[string, object]>([
    ['result and error', { result: { content: [] }, error: { code: 1, message: 'x' } }],
    ['neither', {}],
    ['no version of JSON-RPC', { jsonrpc: undefined, result: { content: [] } }],
    ['another version of JSON-RPC', { jsonrpc: '1.0', result: { content: [] } }],
  ])('F-048 F-050 an answer with %s is the error of its call', async (_what, fields) => {
    const { peer, client } = await connected(options);
    peer.on.set('tools/call', (exchange) => {
      exchange.send({ jsonrpc: '2.0', id: exchange.message.id!, ...fields });
      exchange.end();
    });
    const error = await rejection(client.callTool('echo', {}, { retry: 'safe' }));
    expect(error).toMatchObject({ code: 'BAD_MESSAGE', delivered: 'yes' });
    expect(client.diagnostics().wire).toMatchObject({ badMessages: 1 });
  });

  it('F-049 an error that is none is one all the same, and brief', async () => {
    const { peer, client } = await connected(options);
    const errors: unknown[] = [
      'text',
      { code: 1.5, message: 'half' },
      { code: -5, message: `\u001B[2J${'long '.repeat(100_000)}`, data: 'd'.repeat(1_000_000) },
    ];
    peer.on.set('tools/call', (exchange) => {
      exchange.send({ jsonrpc: '2.0', id: exchange.message.id!, error: errors.shift() as never });
      exchange.end();
    });
    const codes: unknown[] = [];
    while (errors.length > 0) {
      const error = await rejection(client.callTool('echo', {}, { retry: 'safe' }));
      codes.push((error as Error & { code: unknown }).code);
      expect(error.name).toBe('RemoteError');
      expect(error.message.length).toBeLessThan(400);
      // oxlint-disable-next-line no-control-regex -- finding control characters is the purpose
      expect(error.message).not.toMatch(/[\u0000-\u001F]/u);
    }
    expect(codes).toEqual([-32603, -32603, -5]);
  });

  it.each<[string, (id: unknown) => Record<string, unknown>]>([
    ['of nobody', () => ({ progressToken: 987_654_321, progress: 9 })],
    ['under a token of another type', (id) => ({ progressToken: String(id), progress: 9 })],
    ['without number', (id) => ({ progressToken: id })],
    ['that is text', (id) => ({ progressToken: id, progress: '9' })],
    ['that is no number', (id) => ({ progressToken: id, progress: null })],
    ['that goes back', (id) => ({ progressToken: id, progress: 1 })],
    ['that stands still', (id) => ({ progressToken: id, progress: 2 })],
  ])('F-059 progress %s is ignored', async (_what, params) => {
    const { peer, client } = await connected(options);
    peer.on.set('tools/call', (exchange) => {
      const token = (exchange.params['_meta'] as Record<string, unknown>)['progressToken'];
      const progress = (more: Record<string, unknown>): void =>
        exchange.send({ jsonrpc: '2.0', method: 'notifications/progress', params: more });
      progress({ progressToken: token, progress: 2 });
      progress(params(token));
      progress({ progressToken: token, progress: 3 });
      exchange.proceed();
    });
    const seen: unknown[] = [];
    await client.callTool('echo', {}, { onProgress: ({ progress }) => seen.push(progress) });
    expect(seen).toEqual([2, 3]);
  });

  it('F-059 progress after the answer is ignored', async () => {
    const { peer, client } = await connected(options);
    const seen: unknown[] = [];
    await client.callTool('echo', {}, { onProgress: (progress) => seen.push(progress) });
    const { _meta } = peer.of('tools/call')[0]!.params as { _meta: { progressToken: unknown } };
    peer.on.set('tools/list', (exchange) => {
      const params = { progressToken: _meta.progressToken, progress: 5 };
      exchange.send({ jsonrpc: '2.0', method: 'notifications/progress', params });
      exchange.proceed();
    });
    await client.listTools();
    expect(seen).toEqual([]);
  });

  it('F-061 a cancellation that names our request, or nothing, ends no call', async () => {
    const { peer, client } = await connected(options);
    peer.on.set('tools/call', (exchange) => {
      for (const requestId of [exchange.message.id, String(exchange.message.id), 987_654, null, {}]) {
        exchange.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } });
      }
      exchange.send({ jsonrpc: '2.0', method: 'notifications/cancelled' });
      exchange.proceed();
    });
    expect(await client.callTool('echo')).toMatchObject({ content: [{ type: 'text' }] });
    expect(client.state).toBe('connected');
    expect(responses(peer)).toEqual([]);
  });
});

describe.each(LEGACY_WIRES)('requests of a legacy server over %s', (wire) => {
  const options = { era: 'legacy', wire } as const;

  it('F-057 an unknown method is refused with -32601, an unknown notification is only told', async () => {
    const { peer, client } = await connected(options);
    const heard: string[] = [];
    client.on('notification', ({ method }) => heard.push(method));
    await peer.notify('notifications/unheard-of', { a: 1 });
    const response = await peer.ask('no/such/method', {});
    expect(response.error).toMatchObject({ code: -32601 });
    expect(response).not.toHaveProperty('result');
    expect(heard).toEqual(['notifications/unheard-of']);
    expect(client.state).toBe('connected');
  });

  it('F-047 an id that is 0, empty or negative is answered as it is', async () => {
    const { peer } = await connected(options);
    for (const id of [0, '', -1, '0', 'é"\\\n']) await peer.push(ping(id));
    await until('all are answered', () => responses(peer).length === 5);
    expect(responses(peer).map(({ id }) => id)).toEqual([0, '', -1, '0', 'é"\\\n']);
    expect(responses(peer).every(({ result }) => result !== undefined)).toBe(true);
  });

  it('F-046 an id that is too large or too long is not echoed', async () => {
    const { peer, client } = await connected(options);
    for (const id of [2 ** 53, 1.5, 'x'.repeat(257), 'x'.repeat(10_240), null, {}, [1]])
      await peer.push(ping(id));
    await peer.push(ping('x'.repeat(256)));
    await until('the last is answered', () => responses(peer).length > 0);
    expect(responses(peer).map(({ id }) => id)).toEqual(['x'.repeat(256)]);
    expect(client.diagnostics().wire).toMatchObject({ badMessages: 7 });
  });

  it('F-062 an id of theirs that is also one of ours means theirs', async () => {
    const { peer, client } = await connected(options);
    peer.on.set('tools/call', async (exchange) => {
      await peer.push(ping(exchange.message.id));
      await until('it is answered', () => responses(peer).length === 1);
      exchange.proceed();
    });
    expect(await client.callTool('echo')).toMatchObject({ content: [{ type: 'text' }] });
    const [call] = peer.of('tools/call');
    expect(responses(peer)).toEqual([{ jsonrpc: '2.0', id: call!.message.id, result: {} }]);
    expect(client.diagnostics().wire).toMatchObject({ unknownResponses: 0, duplicateResponses: 0 });
  });

  it('F-061 F-062 a cancellation ends their request, not ours of the same id', async () => {
    const { peer, client } = await connected(options);
    const signals: AbortSignal[] = [];
    client.onInputRequest({
      listRoots: ({ signal }) => {
        signals.push(signal);
        return new Promise(() => {});
      },
    });
    peer.on.set('tools/call', async (exchange) => {
      const { id } = exchange.message;
      await peer.push({ jsonrpc: '2.0', id: id!, method: 'roots/list' });
      await until('it is worked on', () => signals.length === 1);
      await peer.notify('notifications/cancelled', { requestId: id });
      await until('it is over', () => signals[0]!.aborted);
      exchange.proceed();
    });
    expect(await client.callTool('echo')).toMatchObject({ content: [{ type: 'text' }] });
    expect(responses(peer)).toEqual([]);
  });
});

describe.each(LEGACY_WIRES)('batches over %s', (wire) => {
  const started = async (version: string): ReturnType<typeof connected> => {
    const bench = await connected({ era: 'legacy', wire, version });
    bench.peer.on.set('tools/call', () => {});
    return bench;
  };
  const notifications = (count: number): WireMessage[] =>
    Array.from({ length: count }, () => ({ jsonrpc: '2.0', method: 'notifications/one' }));

  it('F-051 up to 100 messages are read, more are none', async () => {
    const { peer, client } = await started('2025-03-26');
    let heard = 0;
    client.on('notification', () => heard++);
    await peer.push(notifications(101));
    await peer.push([]);
    await peer.push([...notifications(99), ping('last')]);
    await until('the last is answered', () => responses(peer).length === 1);
    expect(heard).toBe(99);
    expect(client.diagnostics().wire).toMatchObject({ badMessages: 2 });
  });

  it('F-051 a batch in a batch, and what is no message, are refused one by one', async () => {
    const { peer, client } = await started('2025-03-26');
    let heard = 0;
    client.on('notification', () => heard++);
    const nested = [notifications(2), 7, null, ...notifications(1), ping('last')] as WireMessage[];
    await peer.push(nested);
    await until('the last is answered', () => responses(peer).length === 1);
    expect(heard).toBe(1);
    expect(client.diagnostics().wire).toMatchObject({ badMessages: 3 });
  });

  it.each(['2024-11-05', '2025-06-18', '2025-11-25'])('F-051 none is read on %s', async (version) => {
    const { peer, client } = await started(version);
    let heard = 0;
    client.on('notification', () => heard++);
    await peer.push([...notifications(1), ping('in it')]);
    await peer.push(ping('alone'));
    await until('a request outside of it is answered', () => responses(peer).length === 1);
    expect(responses(peer)).toMatchObject([{ id: 'alone' }]);
    expect(heard).toBe(0);
    expect(client.diagnostics().wire).toMatchObject({ badMessages: 1 });
  });
});

describe.each(['stdio', 'http'] as const)('batches of a modern server over %s', (wire) => {
  it('F-051 are never read', async () => {
    const { peer, client } = await connected({ era: 'modern', wire });
    let heard = 0;
    client.on('notification', () => heard++);
    peer.on.set('tools/call', (exchange) => {
      exchange.send([{ jsonrpc: '2.0', method: 'notifications/one' }]);
      exchange.proceed();
    });
    await client.callTool('echo');
    expect(heard).toBe(0);
    expect(client.diagnostics().wire).toMatchObject({ badMessages: 1 });
  });
});
