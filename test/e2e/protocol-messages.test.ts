import { describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import { systemClock } from '../../src/core/clock.ts';
import { DeadlineWheel } from '../../src/core/deadline-wheel.ts';
import { silentLogger } from '../../src/core/log.ts';
import { ModernEra } from '../../src/protocol/eras/modern-era.ts';
import type { InputHandlers } from '../../src/protocol/input/input-handlers.ts';
import { Session } from '../../src/protocol/session/session.ts';
import { LEGACY_VERSIONS } from '../../src/protocol/versions.ts';
import { type MemoryLink, MemoryTransport } from '../../src/transports/memory-transport.ts';
import { classify } from '../../src/wire/classify.ts';
import { encodeError, encodeNotification, encodeRequest, encodeResult } from '../../src/wire/encode.ts';
import type { JsonRpcErrorObject, Params, RequestId } from '../../src/wire/json-rpc.ts';
import { rejection, testFactories } from '../helpers/clients.ts';
import { type Exchange, type ProtocolPeer, testPeers, type Wire } from '../helpers/protocol-peer.ts';
import { until } from '../helpers/until.ts';
import { NO_SCHEMAS, RevisionSchema, schemaExamples, WireSchemaTap } from '../helpers/wire-schema.ts';

const startPeer = testPeers();
const makeFactory = testFactories();

if (NO_SCHEMAS !== undefined) process.stderr.write(`protocol-messages: skipped, ${NO_SCHEMAS}\n`);

const HANDLERS: InputHandlers = {
  elicitForm: ({ requestedSchema }) => {
    const asked = Object.keys(requestedSchema['properties'] as object);
    const known = { name: 'Ada', age: 36, sure: true, tags: ['a', 'b'] };
    return {
      action: 'accept',
      content: Object.fromEntries(Object.entries(known).filter(([name]) => asked.includes(name))),
    };
  },
  elicitUrl: () => ({ action: 'accept' }),
  createMessage: () => ({
    role: 'assistant',
    content: { type: 'text', text: 'four' },
    model: 'none',
    stopReason: 'endTurn',
  }),
  samplingTools: true,
  listRoots: () => [{ uri: 'file:///work', name: 'work' }],
};

const FIELDS = { name: { type: 'string' }, age: { type: 'integer' }, sure: { type: 'boolean' } };
const LISTS = { tags: { type: 'array', items: { type: 'string', enum: ['a', 'b'] } } };

/** A form of what its revision may ask for: lists since 2025-11-25. */
const formOf = (version: string): Record<string, unknown> => ({
  ...(version === '2025-06-18' ? {} : { mode: 'form' }),
  message: 'Who are you?',
  requestedSchema: {
    type: 'object',
    properties: version === '2025-06-18' ? FIELDS : { ...FIELDS, ...LISTS },
  },
});
const SAMPLING = { messages: [{ role: 'user', content: { type: 'text', text: '2+2?' } }], maxTokens: 10 };

/** Has every method of the client send what it sends. */
async function driveFeatures(client: McpClient): Promise<void> {
  const options = {
    onProgress: () => {},
    meta: {
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      'com.example/tenant': 'blue',
    },
  };
  await client.ping();
  expect(await client.listTools(options)).toHaveLength(2);
  await client.listResources();
  await client.listResourceTemplates();
  await client.listPrompts();
  await client.callTool('echo', { text: 'a', nested: { list: [1, null, true] } }, options);
  await client.callTool('no arguments');
  await client.readResource('test://a', options);
  await client.getPrompt('greet', { who: 'Ada' }, options);
  await client.complete({ type: 'ref/prompt', name: 'greet' }, { name: 'who', value: 'A' });
  await client.complete({ type: 'ref/resource', uri: 'test://{x}' }, { name: 'x', value: '' });
  const subscription = await client.subscribe(
    {
      toolsListChanged: true,
      promptsListChanged: true,
      resourcesListChanged: true,
      resources: ['test://a', 'test://b'],
    },
    () => {},
  );
  await subscription.close();
  await client.setLogLevel('warning');
  await client.callTool('echo');
  await client.setLogLevel(undefined);
}

/** A call that its caller gives up. */
async function driveAbort(client: McpClient, peer: ProtocolPeer): Promise<void> {
  peer.on.set('tools/call', () => {});
  const before = peer.of('tools/call').length;
  const abort = new AbortController();
  const call = rejection(client.callTool('slow', {}, { signal: abort.signal }));
  await peer.nth('tools/call', before + 1);
  abort.abort();
  await call;
  peer.on.delete('tools/call');
}

const secondPage = (exchange: Exchange): void =>
  exchange.params['cursor'] === undefined
    ? exchange.reply({ tools: [{ name: 'echo', inputSchema: { type: 'object' } }], nextCursor: '' })
    : exchange.reply({ tools: [{ name: 'second', inputSchema: { type: 'object' } }] });

async function tappedClient(peer: ProtocolPeer): Promise<{ client: McpClient; tap: WireSchemaTap }> {
  const tap = new WireSchemaTap();
  const client = makeFactory({ tap }).create('s', peer.entry());
  client.onInputRequest(HANDLERS);
  await client.connect();
  return { client, tap };
}

describe.skipIf(NO_SCHEMAS !== undefined)('every message that a client sends meets the schema', () => {
  it.each<Wire>(['stdio', 'http'])('of 2026-07-28 over %s', async (wire) => {
    const peer = await startPeer({ wire, on: { 'tools/list': secondPage } });
    const { client, tap } = await tappedClient(peer);
    await driveFeatures(client);
    peer.on.set('tools/call', (exchange) => {
      const { inputResponses, requestState } = exchange.params;
      if (inputResponses === undefined && requestState === undefined) {
        exchange.reply({
          resultType: 'input_required',
          requestState: 'state',
          inputRequests: {
            who: { method: 'elicitation/create', params: formOf('2026-07-28') },
            open: {
              method: 'elicitation/create',
              params: { mode: 'url', message: 'Open it', url: 'https://example.com/x' },
            },
            think: { method: 'sampling/createMessage', params: SAMPLING },
            where: { method: 'roots/list' },
          },
        });
      } else if (inputResponses !== undefined) {
        exchange.reply({ resultType: 'input_required', requestState: 'state only' });
      } else exchange.proceed();
    });
    await client.callTool('asks');
    await driveAbort(client, peer);
    expect(tap.violations).toEqual([]);
    const methods = [...tap.checked].map((entry) => entry.split(' ')[1]!);
    expect(new Set(methods.filter((method) => method !== 'notifications/cancelled'))).toEqual(
      new Set([
        'completion/complete',
        'prompts/get',
        'prompts/list',
        'resources/list',
        'resources/read',
        'resources/templates/list',
        'server/discover',
        'subscriptions/listen',
        'tools/call',
        'tools/list',
      ]),
    );
    expect(methods.includes('notifications/cancelled')).toBe(wire === 'stdio');
  });

  const cases = (['stdio', 'http', 'sse'] as const).flatMap((wire) =>
    LEGACY_VERSIONS.map((version) => ({ wire, version })),
  );

  it.each(cases)('of $version over $wire', async ({ wire, version }) => {
    const peer = await startPeer({ wire, era: 'legacy', version, on: { 'tools/list': secondPage } });
    const { client, tap } = await tappedClient(peer);
    expect(client.protocolVersion).toBe(version);
    await driveFeatures(client);
    await driveAbort(client, peer);
    await peer.ask('ping');
    await peer.ask('roots/list');
    await peer.ask('sampling/createMessage', SAMPLING);
    await peer.ask('sampling/createMessage', { broken: true });
    await peer.ask('no/such/method');
    if (version >= '2025-06-18') {
      await peer.ask('elicitation/create', formOf(version));
      await peer.ask('elicitation/create', { ...formOf(version), mode: 'telepathy' });
    }
    if (version >= '2025-11-25') {
      const url = { mode: 'url', message: 'Open it', url: 'https://example.com/x', elicitationId: 'e1' };
      await peer.ask('elicitation/create', url);
    }
    expect(tap.violations).toEqual([]);
    const probed = wire === 'sse' ? [] : ['2026-07-28 server/discover'];
    const asked = version >= '2025-06-18' ? [`${version} response elicitation/create`] : [];
    expect([...tap.checked].sort()).toEqual(
      [
        ...probed,
        ...asked,
        '2025-11-25 initialize',
        ...[
          'completion/complete',
          'logging/setLevel',
          'notifications/cancelled',
          'notifications/initialized',
          'ping',
          'prompts/get',
          'prompts/list',
          'resources/list',
          'resources/read',
          'resources/subscribe',
          'resources/templates/list',
          'resources/unsubscribe',
          'response no/such/method',
          'response ping',
          'response roots/list',
          'response sampling/createMessage',
          'tools/call',
          'tools/list',
        ].map((what) => `${version} ${what}`),
      ].sort(),
    );
  });

  it.each(LEGACY_VERSIONS)('of %s, also where it is the version that is offered', async (version) => {
    const peer = await startPeer({ wire: 'stdio', era: 'legacy', version });
    const tap = new WireSchemaTap();
    const client = makeFactory({ tap }).create('s', peer.entry({ protocol: version }));
    client.onInputRequest(HANDLERS);
    await client.connect();
    expect([...tap.checked].sort()).toEqual([
      `${version} initialize`,
      `${version} notifications/initialized`,
    ]);
    expect(tap.violations).toEqual([]);
  });

  it.each([
    ['a request of another era', { jsonrpc: '2.0', id: 1, method: 'resources/subscribe', params: {} }],
    ['a request without metadata', { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} }],
    ['an id that is null', { jsonrpc: '2.0', id: null, method: 'tools/list' }],
    ['a response', { jsonrpc: '2.0', id: 'srv-1', result: {} }],
    ['a batch', [{ jsonrpc: '2.0', id: 1, method: 'tools/list' }]],
  ])('and the tap finds %s', (_what, message) => {
    const tap = new WireSchemaTap();
    tap.sent('s', JSON.stringify(message));
    expect(tap.violations.length).toBeGreaterThan(0);
  });
});

describe.skipIf(NO_SCHEMAS !== undefined)('the official examples of 2026-07-28', () => {
  const examples = schemaExamples();

  it('are all there, and meet their own schema', () => {
    expect(examples).toHaveLength(129);
    const schema = RevisionSchema.of('2026-07-28');
    const problems = examples.flatMap(({ type, value }) => schema.problems(type, value));
    expect(problems).toEqual([]);
  });

  it('survive encoding, decoding and classification without loss', () => {
    const counts = { request: 0, notification: 0, result: 0, error: 0 };
    for (const { type, file, value } of examples.filter((example) => 'jsonrpc' in example.value)) {
      const read = classify(JSON.parse(JSON.stringify(value)));
      expect(read.kind, file).not.toBe('invalid');
      expect('message' in read && read.message, `${type} ${file}`).toEqual(value);
      expect(JSON.parse(encoded(value)), `${type} ${file}`).toEqual(value);
      counts[read.kind as keyof typeof counts]++;
    }
    expect(counts).toEqual({ request: 10, notification: 8, result: 11, error: 3 });
  });

  it('reach the caller of a session unchanged, with fields that nobody knows', async () => {
    let link: MemoryLink | undefined;
    let answer: Readonly<Record<string, unknown>> = {};
    const transport = new MemoryTransport((made) => {
      link = made;
      return {
        receive: (text) => {
          const { id } = JSON.parse(text) as { id: number };
          link!.send(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
        },
      };
    }, 's');
    const session = new Session({
      server: 's',
      transport,
      environment: {
        clock: systemClock,
        wheel: new DeadlineWheel({ clock: systemClock }),
        random: Math.random,
        logger: silentLogger,
      },
      handlers: {
        notification: () => {},
        request: () => Promise.reject(new Error('nobody asks')),
        settled: () => {},
        sessionLost: () => {},
      },
    });
    await session.open(new AbortController().signal);
    session.era = ModernEra.of('2026-07-28', { info: { name: 'c', version: '1' }, capabilities: {} });
    const options = { timeoutMs: 1000, acceptsInputRequests: true };
    let [results, errors] = [0, 0];
    for (const { type, value } of examples) {
      if (type.endsWith('Error')) {
        const { code, message, data } = ('error' in value ? value['error'] : value) as JsonRpcErrorObject;
        answer = { error: { code, message, data } };
        const error = await rejection(session.request('tools/call', {}, options));
        expect(error).toMatchObject({ name: 'RemoteError', code, data });
        expect(error.message).toContain(message);
        errors++;
        continue;
      }
      const isResult = type.endsWith('Result') && !['ElicitResult', 'CreateMessageResult'].includes(type);
      // What is no result itself travels inside of one, in a field that no revision knows.
      const result = isResult
        ? { ...value, unheardOf: { a: [null, 1] } }
        : { resultType: 'complete', what: value };
      answer = { result };
      expect(await session.request('tools/call', {}, options)).toEqual(result);
      results += isResult ? 1 : 0;
    }
    expect({ results, errors }).toEqual({ results: 18, errors: 10 });
    transport.destroy();
  });

  it('of notifications reach whoever they are for', async () => {
    const notifications = examples.filter(
      ({ value }) => 'jsonrpc' in value && !('id' in value) && 'method' in value,
    );
    const peer = await startPeer({ wire: 'stdio' });
    const client = makeFactory().create('s', peer.entry());
    await client.connect();
    const heard: unknown[] = [];
    client.on('notification', (notification) => heard.push(notification));
    client.on('log', (log) => heard.push(log));
    client.on('listChanged', (change) => heard.push(change));
    for (const { value } of notifications) await peer.push(value);
    await peer.notify('notifications/last');
    await until('all have arrived', () =>
      heard.some((one) => JSON.stringify(one).includes('notifications/last')),
    );
    // Progress of no call of ours, and the change of a resource, are nobody's but the client's.
    const own = notifications.filter(({ type }) => /Progress|ResourceUpdated/u.test(type));
    expect(heard).toHaveLength(notifications.length - own.length + 1);
    const logs = examples.filter(({ type }) => type === 'LoggingMessageNotification');
    for (const { value } of logs) {
      const { level, logger, data } = value['params'] as Record<string, unknown>;
      expect(heard).toContainEqual({ level, logger, data });
    }
  });
});

function encoded(message: Record<string, unknown>): string {
  const { id, method, params, result, error } = message;
  if (typeof method === 'string') {
    return id === undefined
      ? encodeNotification(method, params as Params)
      : encodeRequest(id as RequestId, method, params as Params, '');
  }
  if ('error' in message) return encodeError(id as RequestId, error as JsonRpcErrorObject);
  return encodeResult(id as RequestId, result);
}
