import { describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import type { SignalboxSettings } from '../../src/config/entry.ts';
import { InputRefusal } from '../../src/protocol/input/input-answers.ts';
import { rejection, testFactories } from '../helpers/clients.ts';
import { type Exchange, type PeerOptions, type ProtocolPeer, testPeers } from '../helpers/protocol-peer.ts';
import { until } from '../helpers/until.ts';

const startPeer = testPeers();
const makeFactory = testFactories();

const FORM = {
  method: 'elicitation/create',
  params: { message: 'sure?', requestedSchema: { type: 'object', properties: { yes: { type: 'boolean' } } } },
};
const ANSWER = { action: 'accept', content: { yes: true } } as const;
/** A state that every careless hand would change: JSON in JSON, spaces, escapes, characters beyond the BMP. */
const STATE = ' {"a" : 1.0,\t"b":"\\u00e9 é \u{1F680} \u2028"}\r\n';

async function connected(
  options: PeerOptions,
  settings: SignalboxSettings = {},
): Promise<{ peer: ProtocolPeer; client: McpClient }> {
  const peer = await startPeer(options);
  const client = makeFactory().create('s', peer.entry(settings));
  client.onInputRequest({ elicitForm: () => ANSWER });
  await client.connect();
  return { peer, client };
}

const asks = (exchange: Exchange, more: Record<string, unknown>): void =>
  exchange.reply({ resultType: 'input_required', ...more });

/** Asks in each round what the list says, then proceeds. */
function inRounds(rounds: readonly Record<string, unknown>[]): (exchange: Exchange) => void {
  let round = 0;
  return (exchange) => {
    const more = rounds[round++];
    if (more === undefined) exchange.proceed();
    else asks(exchange, more);
  };
}

describe.each(['stdio', 'http'] as const)('requests for input over %s', (wire) => {
  it.each([
    ['tools/call', (client: McpClient) => client.callTool('echo', { a: 1 })],
    ['prompts/get', (client: McpClient) => client.getPrompt('greet', { who: 'x' })],
    ['resources/read', (client: McpClient) => client.readResource('test://a')],
  ])('R-1 R-2 R-3 R-5 %s is made again with input and state, under a new id', async (method, call) => {
    const rounds = inRounds([
      { requestState: STATE, inputRequests: { first: FORM } },
      { requestState: 'second state', inputRequests: { second: FORM } },
      { inputRequests: { third: FORM } },
    ]);
    const { peer, client } = await connected({ wire, on: { [method]: rounds } });
    await call(client);
    const [plain, ...retries] = peer.of(method);
    expect(retries.map(({ params }) => params['inputResponses'])).toEqual([
      { first: ANSWER },
      { second: ANSWER },
      { third: ANSWER },
    ]);
    // The latest state, and none after a result that brought none.
    expect(retries.map(({ params }) => params['requestState'])).toEqual([STATE, 'second state', undefined]);
    expect(Object.keys(retries[2]!.params)).not.toContain('requestState');
    expect(new Set(peer.of(method).map(({ message }) => message.id)).size).toBe(4);
    for (const { params, headers } of retries) {
      const { inputResponses: _, requestState: _state, ...original } = params;
      expect(original).toEqual(plain!.params);
      for (const name of ['mcp-method', 'mcp-name', 'mcp-protocol-version'])
        expect(headers[name]).toBe(plain!.headers[name]);
    }
  });

  it('R-3 the retry has the mirrored headers of the call', async () => {
    const { peer, client } = await connected({
      wire,
      on: { 'tools/call': inRounds([{ inputRequests: { a: FORM } }]) },
    });
    const properties = { region: { type: 'string', 'x-mcp-header': 'Region' } };
    peer.tools = [{ name: 'echo', inputSchema: { type: 'object', properties } }];
    await client.listTools();
    await client.callTool('echo', { region: 'eu' });
    const expected = wire === 'http' ? ['eu', 'eu'] : [undefined, undefined];
    expect(peer.of('tools/call').map(({ headers }) => headers['mcp-param-region'])).toEqual(expected);
  });

  it('R-4 nothing of it shows in a call that is made meanwhile', async () => {
    const { peer, client } = await connected({
      wire,
      on: {
        'tools/call': (exchange) => {
          const { name, inputResponses } = exchange.params;
          if (name === 'asks' && inputResponses === undefined)
            asks(exchange, { requestState: STATE, inputRequests: { a: FORM } });
          else exchange.proceed();
        },
      },
    });
    client.onInputRequest({
      elicitForm: async () => {
        await Promise.all([
          client.callTool('other'),
          client.readResource('test://a'),
          client.callTool('other'),
        ]);
        return ANSWER;
      },
    });
    await client.callTool('asks');
    const others = peer.received.filter(({ params }) => params['name'] === 'other' || 'uri' in params);
    expect(others).toHaveLength(3);
    for (const { params } of others) {
      expect(params).not.toHaveProperty('inputResponses');
      expect(params).not.toHaveProperty('requestState');
    }
  });

  it('R-4 two calls that ask at once keep their answers apart', async () => {
    const { peer, client } = await connected({
      wire,
      on: {
        'tools/call': (exchange) => {
          const { name, inputResponses } = exchange.params;
          if (inputResponses !== undefined) return exchange.proceed();
          const params = { ...FORM.params, message: name };
          asks(exchange, {
            requestState: `state of ${String(name)}`,
            inputRequests: { key: { ...FORM, params } },
          });
        },
      },
    });
    client.onInputRequest({
      elicitForm: async ({ message }) => {
        await new Promise((resolve) => setTimeout(resolve, message === 'one' ? 30 : 5));
        return { action: 'accept', content: { yes: message === 'one' } };
      },
    });
    await Promise.all([client.callTool('one'), client.callTool('two')]);
    for (const { params } of peer.of('tools/call').slice(2)) {
      const { name, requestState, inputResponses } = params;
      expect(requestState).toBe(`state of ${String(name)}`);
      expect(inputResponses).toEqual({ key: { action: 'accept', content: { yes: name === 'one' } } });
    }
  });

  it.each([
    ['tools/list', (client: McpClient) => client.listTools()],
    ['resources/list', (client: McpClient) => client.listResources()],
    ['prompts/list', (client: McpClient) => client.listPrompts()],
    [
      'completion/complete',
      (client: McpClient) => client.complete({ type: 'ref/prompt', name: 'p' }, { name: 'a', value: '' }),
    ],
  ])('R-5 %s must not ask: that is an invalid result', async (method, call) => {
    const on = { [method]: (exchange: Exchange) => asks(exchange, { inputRequests: { a: FORM } }) };
    const { peer, client } = await connected({ wire, on });
    expect(await rejection(call(client))).toMatchObject({ code: 'INVALID_RESULT', delivered: 'yes' });
    expect(peer.of(method)).toHaveLength(1);
  });

  it('R-6 what came of input is not kept', async () => {
    let reads = 0;
    const { peer, client } = await connected({
      wire,
      on: {
        'resources/read': (exchange) => {
          if (exchange.params['inputResponses'] === undefined && reads < 2)
            asks(exchange, { inputRequests: { a: FORM } });
          else exchange.reply({ ttlMs: 60_000, contents: [{ uri: 'test://a', text: String(++reads) }] });
        },
      },
    });
    expect((await client.readResource('test://a')).contents[0]).toMatchObject({ text: '1' });
    expect((await client.readResource('test://a')).contents[0]).toMatchObject({ text: '2' });
    // Asked without input at last, the answer may be kept.
    expect((await client.readResource('test://a')).contents[0]).toMatchObject({ text: '3' });
    expect((await client.readResource('test://a')).contents[0]).toMatchObject({ text: '3' });
    expect(peer.of('resources/read')).toHaveLength(5);
  });

  it('R-7 rounds without end are ended here', async () => {
    const on = { 'tools/call': (exchange: Exchange) => asks(exchange, { inputRequests: { a: FORM } }) };
    const { peer, client } = await connected({ wire, on }, { limits: { inputRounds: 3 } });
    const error = await rejection(client.callTool('echo'));
    expect(error).toMatchObject({ code: 'INPUT_REQUIRED', delivered: 'yes' });
    expect(error.message).toContain('inputRounds');
    expect(peer.of('tools/call')).toHaveLength(4);
  });

  it('R-7 all rounds share the time of the call', async () => {
    const on = { 'tools/call': (exchange: Exchange) => asks(exchange, { inputRequests: { a: FORM } }) };
    const { client } = await connected({ wire, on });
    client.onInputRequest({
      elicitForm: async () => {
        await new Promise((resolve) => setTimeout(resolve, 120));
        return ANSWER;
      },
    });
    const startedAt = performance.now();
    const error = await rejection(client.callTool('echo', {}, { totalTimeoutMs: 300 }));
    expect(error).toMatchObject({ code: 'REQUEST_TIMEOUT' });
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  });

  it('R-7 a person who takes their time is waited for no longer than the call may take', async () => {
    const on = { 'tools/call': (exchange: Exchange) => asks(exchange, { inputRequests: { a: FORM } }) };
    const { client } = await connected({ wire, on });
    let aborted = false;
    client.onInputRequest({
      elicitForm: (_request, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            resolve({ action: 'cancel' });
          });
        }),
    });
    const error = await rejection(client.callTool('echo', {}, { totalTimeoutMs: 200 }));
    expect(error).toMatchObject({ code: 'REQUEST_TIMEOUT' });
    expect(aborted).toBe(true);
  });

  it('R-7 R-1 a round of state alone is repeated without input, after a pause', async () => {
    const { peer, client } = await connected({
      wire,
      on: { 'tools/call': inRounds([{ requestState: 'busy' }, { requestState: 'busy still' }]) },
    });
    await client.callTool('echo');
    const [, ...retries] = peer.of('tools/call');
    expect(retries.map(({ params }) => params['requestState'])).toEqual(['busy', 'busy still']);
    for (const { params } of retries) expect(params).not.toHaveProperty('inputResponses');
  });

  it.each([
    ['nothing at all', {}],
    ['a state that is no text', { requestState: 7 }],
    ['inputs that are no object', { inputRequests: [FORM] }],
    ['inputs that are null', { inputRequests: null }],
    ['no inputs', { inputRequests: {} }],
    ['inputs that are no object, with a state', { inputRequests: 'all', requestState: 'x' }],
    ['an input without method', { inputRequests: { a: {} } }],
  ])('R-5 a server that asks for %s breaks off its call with a typed error', async (_what, more) => {
    const on = { 'tools/call': (exchange: Exchange) => asks(exchange, more) };
    const { peer, client } = await connected({ wire, on });
    const error = await rejection(client.callTool('echo'));
    expect(['INVALID_RESULT', 'INPUT_REQUIRED']).toContain((error as Error & { code: string }).code);
    expect(peer.of('tools/call')).toHaveLength(1);
  });

  it.each(['decline', 'cancel'] as const)('R-8 to %s is an answer, without content', async (action) => {
    const { peer, client } = await connected({
      wire,
      on: { 'tools/call': inRounds([{ inputRequests: { a: FORM } }]) },
    });
    client.onInputRequest({ elicitForm: () => ({ action, content: { yes: true } }) });
    await client.callTool('echo');
    expect(peer.of('tools/call')[1]!.params['inputResponses']).toEqual({ a: { action } });
  });

  it('R-8 sampling that a person refused, or that fails, ends the call here', async () => {
    const sampling = { method: 'sampling/createMessage', params: { messages: [], maxTokens: 1 } };
    const on = { 'tools/call': (exchange: Exchange) => asks(exchange, { inputRequests: { a: sampling } }) };
    const { peer, client } = await connected({ wire, on });
    for (const failure of [new InputRefusal('refused', 'no'), new Error('model down')]) {
      client.onInputRequest({ createMessage: () => Promise.reject(failure) });
      expect(await rejection(client.callTool('echo'))).toMatchObject({
        code: 'INPUT_REFUSED',
        delivered: 'yes',
      });
    }
    expect(peer.of('tools/call')).toHaveLength(2);
    await client.ping();
    expect(client.state).toBe('connected');
  });

  it('R-9 all inputs are gathered at the same time, under keys that mean nothing here', async () => {
    const keys = ['__proto__', 'constructor', 'a.b', '', 'toString', '0'];
    const inputRequests = JSON.parse(
      `{${keys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(FORM)}`).join(',')}}`,
    ) as Record<string, unknown>;
    const { peer, client } = await connected({ wire, on: { 'tools/call': inRounds([{ inputRequests }]) } });
    let open = 0;
    let most = 0;
    client.onInputRequest({
      elicitForm: async () => {
        most = Math.max(most, ++open);
        await until('all are open', () => most === keys.length);
        open--;
        return ANSWER;
      },
    });
    await client.callTool('echo');
    const responses = peer.of('tools/call')[1]!.params['inputResponses'] as object;
    expect(Object.keys(responses).toSorted((a, b) => a.localeCompare(b))).toEqual(
      keys.toSorted((a, b) => a.localeCompare(b)),
    );
    for (const response of Object.values(responses)) expect(response).toEqual(ANSWER);
  });
});
