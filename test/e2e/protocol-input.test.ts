import { describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import type { SignalboxSettings } from '../../src/config/entry.ts';
import type { Clock } from '../../src/core/clock.ts';
import { InputRefusal } from '../../src/protocol/input/input-answers.ts';
import type { InputHandlers } from '../../src/protocol/input/input-handlers.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { rejection, testFactories } from '../helpers/clients.ts';
import { startHttpFixture } from '../helpers/http-fixture.ts';
import {
  EVERYWHERE,
  type Exchange,
  LEGACY_WIRES,
  type PeerOptions,
  type ProtocolPeer,
  testPeers,
  type WireMessage,
} from '../helpers/protocol-peer.ts';
import { until } from '../helpers/until.ts';

const startPeer = testPeers();
const makeFactory = testFactories();

const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';

async function connected(
  options: PeerOptions,
  handlers: InputHandlers | undefined,
  settings: SignalboxSettings = {},
  clock?: Clock,
): Promise<{ peer: ProtocolPeer; client: McpClient }> {
  const version = options.era === 'legacy' ? { version: '2025-11-25' } : {};
  const peer = await startPeer({ ...version, ...options });
  const client = makeFactory(clock && { clock }).create('s', peer.entry(settings));
  if (handlers !== undefined) client.onInputRequest(handlers);
  await client.connect();
  return { peer, client };
}

/** What came of a question: the answer that reached the server, or the code of the error that stands for it. */
interface Asked {
  readonly answer?: unknown;
  readonly code?: unknown;
}

/** The server asks while it works on a call: by a request of its own, or by a result that wants input. */
async function ask(
  { peer, client }: { peer: ProtocolPeer; client: McpClient },
  method: string,
  params?: Record<string, unknown>,
): Promise<Asked> {
  let response: WireMessage | undefined;
  peer.on.set('tools/call', async (exchange) => {
    if (peer.era === 'legacy') response = await exchange.ask(method, params);
    else if (exchange.params['inputResponses'] === undefined) {
      exchange.reply({ resultType: 'input_required', inputRequests: { it: { method, params } } });
      return;
    }
    exchange.proceed();
  });
  const failure = await client.callTool('asks').then(
    () => undefined,
    (error: unknown) => error as { code: unknown },
  );
  if (peer.era === 'legacy') {
    if (response?.error !== undefined) return { code: response.error.code };
    return { answer: response?.result };
  }
  if (failure !== undefined) return { code: failure.code };
  const { inputResponses } = peer.of('tools/call').at(-1)!.params as { inputResponses: { it: unknown } };
  return { answer: inputResponses.it };
}

/** What the client declares: at the beginning, or with each request. */
function declared(peer: ProtocolPeer): unknown {
  if (peer.era === 'legacy') return peer.of('initialize')[0]!.params['capabilities'];
  return (peer.received.at(-1)!.params['_meta'] as Record<string, unknown>)[CAPABILITIES];
}

const form = (properties: Record<string, unknown>, required: string[] = []): Record<string, unknown> => ({
  message: 'Who are you?',
  requestedSchema: { type: 'object', properties, required },
});
const accept = (): { action: 'accept' } => ({ action: 'accept' });
const sampled = { role: 'assistant', content: { type: 'text', text: '4' }, model: 'm' };

describe.each(EVERYWHERE)('input for a server of the $era era over $wire', ({ era, wire }) => {
  const options = { era, wire };

  it.each<[string, InputHandlers | undefined, unknown]>([
    ['nothing', undefined, {}],
    ['forms', { elicitForm: accept }, { elicitation: { form: {} } }],
    ['URLs', { elicitUrl: accept }, { elicitation: { url: {} } }],
    ['both', { elicitForm: accept, elicitUrl: accept }, { elicitation: { form: {}, url: {} } }],
    ['sampling', { createMessage: () => sampled }, { sampling: {} }],
    [
      'sampling with tools',
      { createMessage: () => sampled, samplingTools: true },
      { sampling: { tools: {} } },
    ],
    ['roots', { listRoots: () => [] }, { roots: {} }],
  ])(
    'ELI-1 SAM-1 DEN-1 is declared as far as there are handlers: %s',
    async (_what, handlers, capabilities) => {
      const { peer, client } = await connected(options, handlers);
      await client.listTools();
      expect(declared(peer)).toEqual(capabilities);
    },
  );

  it('ELI-2 a form may lack its mode', async () => {
    const bench = await connected(options, { elicitForm: accept });
    const answer = { action: 'accept', content: {} };
    expect(await ask(bench, 'elicitation/create', form({}))).toEqual({ answer });
    expect(await ask(bench, 'elicitation/create', { mode: 'form', ...form({}) })).toEqual({ answer });
  });

  it.each(['decline', 'cancel'] as const)(
    'ELI-4 ELI-13 to %s reaches the server, without content',
    async (action) => {
      const content = { name: 'Ada' };
      const bench = await connected(options, {
        elicitForm: () => ({ action, content }),
        elicitUrl: () => ({ action, content }),
      });
      expect(await ask(bench, 'elicitation/create', form({}))).toEqual({ answer: { action } });
      const url = { mode: 'url', message: 'go', url: 'https://example.com', elicitationId: 'e' };
      expect(await ask(bench, 'elicitation/create', url)).toEqual({ answer: { action } });
    },
  );

  it('ELI-7 ELI-8 ELI-13 S29 a URL is handed on whole, and neither fetched nor opened', async () => {
    const fixture = await startHttpFixture((_request, response) => void response.end());
    const url = `${fixture.origin}/consent?user=1#part`;
    const seen: unknown[] = [];
    const bench = await connected(options, {
      elicitUrl: (request, { server }) => {
        seen.push(request.url, server);
        return { action: 'accept', content: { secret: 'x' } };
      },
    });
    const params = { mode: 'url', message: 'go', url, elicitationId: 'e' };
    expect(await ask(bench, 'elicitation/create', params)).toEqual({ answer: { action: 'accept' } });
    expect(seen).toEqual([url, 's']);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(fixture.requests).toEqual([]);
  });

  it.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'file:///etc/passwd',
    'data:text/html,<script>alert(1)</script>',
    'vscode://settings',
    ' /relative',
    'https://',
    'https://bank.example@evil.example/',
    'https://user:pass@evil.example/',
    `https://example.com/${'x'.repeat(8192)}`,
  ])('S29 nobody is asked to open %s', async (url) => {
    let asked = 0;
    const elicitUrl = (): { action: 'accept' } => {
      asked++;
      return { action: 'accept' };
    };
    const bench = await connected(options, { elicitUrl });
    const params = { mode: 'url', message: 'go', url, elicitationId: 'e' };
    const { code } = await ask(bench, 'elicitation/create', params);
    expect(code).toBe(era === 'legacy' ? -32602 : 'INPUT_REQUIRED');
    expect(asked).toBe(0);
  });

  it('S29 what a shell would take for a command reaches the handler as it is', async () => {
    const url = 'https://a$(calc)`id`.example/?q=";|&\'';
    const seen: unknown[] = [];
    const bench = await connected(options, {
      elicitUrl: (request) => {
        seen.push(request.url);
        return { action: 'decline' };
      },
    });
    await ask(bench, 'elicitation/create', { mode: 'url', message: 'go', url, elicitationId: 'e' });
    expect(seen).toEqual([url]);
  });

  it('ELI-16 defaults stand in for what was not entered', async () => {
    const bench = await connected(options, {
      elicitForm: () => ({ action: 'accept', content: { name: 'Ada' } }),
    });
    const properties = {
      name: { type: 'string', default: 'nobody' },
      age: { type: 'integer', default: 30 },
      sure: { type: 'boolean', default: false },
      tags: { type: 'array', items: { type: 'string', enum: ['a', 'b'] }, default: ['a'] },
      free: { type: 'string' },
    };
    expect(await ask(bench, 'elicitation/create', form(properties))).toEqual({
      answer: { action: 'accept', content: { name: 'Ada', age: 30, sure: false, tags: ['a'] } },
    });
  });

  it.each<[string, Record<string, unknown>, unknown]>([
    ['text for a number', { type: 'integer' }, '36'],
    ['a fraction for a whole number', { type: 'integer' }, 1.5],
    ['too much', { type: 'number', maximum: 10 }, 11],
    ['too little text', { type: 'string', minLength: 2 }, 'a'],
    ['what is no choice', { type: 'string', enum: ['a', 'b'] }, 'c'],
    ['what is no titled choice', { type: 'string', oneOf: [{ const: 'a', title: 'A' }] }, 'A'],
    ['a list with what is no choice', { type: 'array', items: { type: 'string', enum: ['a'] } }, ['a', 'b']],
    ['text for yes or no', { type: 'boolean' }, 'yes'],
    ['nothing', { type: 'string' }, undefined],
  ])('ELI-15 %s does not fit the form, and never reaches the server', async (_what, property, value) => {
    const content = { field: value } as Record<string, string>;
    const bench = await connected(options, { elicitForm: () => ({ action: 'accept', content }) });
    const { code } = await ask(bench, 'elicitation/create', form({ field: property }, ['field']));
    expect(code).toBe(era === 'legacy' ? -32603 : 'INPUT_REFUSED');
  });

  it('SAM-5 tools, choices and blocks of sampling pass both ways unchanged', async () => {
    const request = {
      messages: [
        { role: 'user', content: { type: 'text', text: 'weather?' } },
        {
          role: 'assistant',
          content: [{ type: 'tool_use', id: 't1', name: 'weather', input: { city: 'Rome' } }],
        },
        {
          role: 'user',
          content: [{ type: 'tool_result', toolUseId: 't1', content: [], structuredContent: null }],
        },
      ],
      maxTokens: 7,
      tools: [{ name: 'weather', inputSchema: { type: 'object', $defs: { x: true } } }],
      toolChoice: { mode: 'required' },
      systemPrompt: 'be brief',
      unheardOf: [null],
    };
    const answer = {
      role: 'assistant',
      content: [{ type: 'tool_use', id: 't2', name: 'weather', input: {}, _meta: { a: 1 } }],
      model: 'm',
      stopReason: 'toolUse',
      unheardOf: { x: [1] },
    };
    const seen: unknown[] = [];
    const bench = await connected(options, {
      samplingTools: true,
      createMessage: (asked) => {
        seen.push(asked);
        return answer;
      },
    });
    expect(await ask(bench, 'sampling/createMessage', request)).toEqual({ answer });
    expect(seen).toEqual([request]);
  });

  it('ROOT-1 roots are file URIs; others never reach the server', async () => {
    const roots = [{ uri: 'file:///work/a%20b', name: 'work' }, { uri: 'file:///other' }];
    const bench = await connected(options, { listRoots: () => roots });
    expect(await ask(bench, 'roots/list')).toEqual({ answer: { roots } });
    for (const uri of ['https://example.com', '/work', 'FILE//x', '']) {
      bench.client.onInputRequest({ listRoots: () => [...roots, { uri }] });
      expect((await ask(bench, 'roots/list')).code).toBe(era === 'legacy' ? -32603 : 'INPUT_REFUSED');
    }
  });

  it.each([
    'file:///work/../etc',
    'file:///work/%2e%2e/etc',
    'file:///work/.%2E',
    'file:///work/..',
    'file:///a\\..\\b',
    'file:///a%2F..%5Cb',
  ])('ROOT-3 the root %s climbs, and never reaches the server', async (uri) => {
    const bench = await connected(options, { listRoots: () => [{ uri }] });
    expect((await ask(bench, 'roots/list')).code).toBe(era === 'legacy' ? -32603 : 'INPUT_REFUSED');
  });

  it.each([
    ['elicitation/create', form({})],
    ['elicitation/create', { mode: 'url', message: 'go', url: 'https://example.com', elicitationId: 'e' }],
    ['sampling/createMessage', { messages: [], maxTokens: 1 }],
    ['roots/list', undefined],
    ['no/such/method', {}],
  ] as const)('H25-19 DEN-1 S28 %s is denied without a handler', async (method, params) => {
    const bench = await connected(options, undefined);
    const { code } = await ask(bench, method, params);
    expect(code).toBe(era === 'legacy' ? -32601 : 'INPUT_REQUIRED');
    expect(bench.client.state).toBe('connected');
  });

  it('H25-19 DEN-1 a mode that was not declared, or that nobody knows, is denied', async () => {
    const bench = await connected(options, { elicitForm: accept });
    const url = { mode: 'url', message: 'go', url: 'https://example.com', elicitationId: 'e' };
    for (const params of [
      url,
      { ...form({}), mode: 'telepathy' },
      { ...form({}), mode: 7 },
      { message: 'no schema' },
    ]) {
      const { code } = await ask(bench, 'elicitation/create', params);
      expect(code).toBe(era === 'legacy' ? -32602 : 'INPUT_REQUIRED');
    }
  });

  it('H25-19b what a person refused is said to be refused; what fails is told without details', async () => {
    const bench = await connected(options, {
      createMessage: () => Promise.reject(new InputRefusal('refused', 'the user said no')),
    });
    const params = { messages: [], maxTokens: 1 };
    expect((await ask(bench, 'sampling/createMessage', params)).code).toBe(
      era === 'legacy' ? -1 : 'INPUT_REFUSED',
    );
    bench.client.onInputRequest({ createMessage: () => Promise.reject(new Error('secret path /home/ada')) });
    expect((await ask(bench, 'sampling/createMessage', params)).code).toBe(
      era === 'legacy' ? -32603 : 'INPUT_REFUSED',
    );
    const responses = bench.peer.received.filter(({ message }) => message.error !== undefined);
    expect(JSON.stringify(responses.map(({ message }) => message))).not.toContain('secret');
  });
});

describe.each(['stdio', 'http'] as const)('floods of a modern server over %s', (wire) => {
  it('DEN-1 more than 64 inputs at once are no honest question', async () => {
    let asked = 0;
    const { peer, client } = await connected(
      {
        wire,
        on: {
          'tools/call': (exchange) => {
            const inputRequests = Object.fromEntries(
              Array.from({ length: 65 }, (_, index) => [`k${index}`, { method: 'roots/list' }]),
            );
            exchange.reply({ resultType: 'input_required', inputRequests });
          },
        },
      },
      {
        listRoots: () => {
          asked++;
          return [];
        },
      },
    );
    expect(await rejection(client.callTool('asks'))).toMatchObject({ code: 'INPUT_REQUIRED' });
    expect(asked).toBe(0);
    expect(peer.of('tools/call')).toHaveLength(1);
  });

  it('F-063 a handler that never returns ends the call when its time is over', async () => {
    const { client } = await connected(
      {
        wire,
        on: {
          'tools/call': (exchange) =>
            exchange.reply({ resultType: 'input_required', inputRequests: { it: { method: 'roots/list' } } }),
        },
      },
      { listRoots: () => new Promise(() => {}) },
    );
    expect(await rejection(client.callTool('asks', {}, { totalTimeoutMs: 300 }))).toMatchObject({
      code: 'REQUEST_TIMEOUT',
    });
    expect(client.state).toBe('connected');
  });

  it('R-8 DEN-1 one input that is refused ends the work on the others', async () => {
    let aborted = false;
    const { client } = await connected(
      {
        wire,
        on: {
          'tools/call': (exchange) =>
            exchange.reply({
              resultType: 'input_required',
              inputRequests: { slow: { method: 'roots/list' }, denied: { method: 'sampling/createMessage' } },
            }),
        },
      },
      {
        listRoots: ({ signal }) =>
          new Promise((resolve) => {
            signal.addEventListener('abort', () => {
              aborted = true;
              resolve([]);
            });
          }),
      },
    );
    expect(await rejection(client.callTool('asks'))).toMatchObject({ code: 'INPUT_REQUIRED' });
    await until('the other handler is told', () => aborted);
  });
});

describe.each(LEGACY_WIRES)('requests of a legacy server over %s', (wire) => {
  const options = { era: 'legacy', wire } as const;

  it('DEN-1 S28 a flood of a thousand is denied, all of it, and the connection goes on', async () => {
    const { peer, client } = await connected(options, undefined);
    const methods = ['sampling/createMessage', 'roots/list', 'elicitation/create', 'x'];
    const flood = Array.from({ length: 1000 }, (_, index) => peer.ask(methods[index % 4]!, { messages: [] }));
    const responses = await Promise.all(flood);
    const codes = responses.map(({ error }) => error?.code);
    expect(codes.every((code) => code === -32601 || code === -32603)).toBe(true);
    expect(codes.filter((code) => code === -32601).length).toBeGreaterThan(15);
    expect(await client.callTool('echo')).toMatchObject({ content: [{ type: 'text' }] });
  });

  it('DEN-1 S28 at most 16 are worked on at once, the rest are refused', async () => {
    let open = 0;
    let most = 0;
    let finish = (): void => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const { peer } = await connected(options, {
      listRoots: async () => {
        most = Math.max(most, ++open);
        await finished;
        open--;
        return [];
      },
    });
    const flood = Array.from({ length: 40 }, () => peer.ask('roots/list'));
    await until(
      'the rest are refused',
      () => peer.methods().filter((one) => one === 'response').length === 24,
    );
    expect(await peer.ask('ping')).toMatchObject({ result: {} });
    finish();
    const responses = await Promise.all(flood);
    expect(most).toBe(16);
    expect(responses.filter(({ error }) => error?.code === -32603)).toHaveLength(24);
    expect(responses.filter(({ result }) => result !== undefined)).toHaveLength(16);
  });

  it('CAN-9 that are cancelled end the work on them, and get no answer', async () => {
    const signals: AbortSignal[] = [];
    const { peer } = await connected(options, {
      listRoots: ({ signal }) => {
        signals.push(signal);
        return new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve([]));
        });
      },
    });
    await peer.push({ jsonrpc: '2.0', id: 'mine', method: 'roots/list' });
    await peer.push({ jsonrpc: '2.0', id: 7, method: 'roots/list' });
    await until('both are worked on', () => signals.length === 2);
    await peer.notify('notifications/cancelled', { requestId: '7', reason: 'another id' });
    await peer.notify('notifications/cancelled', { requestId: 'mine', reason: 'no longer needed' });
    await until('the work is over', () => signals[0]!.aborted);
    expect((await peer.ask('ping')).result).toEqual({});
    expect(signals[1]!.aborted).toBe(false);
    expect(peer.methods().filter((one) => one === 'response')).toHaveLength(1);
  });

  it('F-063 one that nobody ever answers is refused when its time is over, and a late answer is dropped', async () => {
    const finish: ((roots: []) => void)[] = [];
    const aborted: unknown[] = [];
    const { peer, client } = await connected(
      options,
      {
        listRoots: ({ signal }) => {
          signal.addEventListener('abort', () => aborted.push((signal.reason as { code: unknown }).code));
          return new Promise((resolve) => finish.push(resolve));
        },
      },
      { timeouts: { total: 300 } },
    );
    // What still works counts: places that are held for ever are 16 at most.
    const flood = await Promise.all(Array.from({ length: 20 }, () => peer.ask('roots/list')));
    expect(flood.map(({ error }) => error?.code)).toEqual(Array.from({ length: 20 }, () => -32603));
    expect(finish).toHaveLength(16);
    expect(aborted).toEqual(Array.from({ length: 16 }, () => 'REQUEST_TIMEOUT'));
    expect((await peer.ask('roots/list')).error).toMatchObject({ code: -32603 });
    for (const resolve of finish) resolve([]);
    expect((await peer.ask('ping')).result).toEqual({});
    client.onInputRequest({ listRoots: () => [] });
    expect((await peer.ask('roots/list')).result).toEqual({ roots: [] });
    expect(peer.methods().filter((one) => one === 'response')).toHaveLength(23);
  });

  it('F-063 a handler that throws, at once or later, is -32603, without a word of what it threw', async () => {
    const { peer, client } = await connected(options, {
      createMessage: () => {
        throw new Error('secret path');
      },
    });
    const asked = { messages: [], maxTokens: 1 };
    const first = await peer.ask('sampling/createMessage', asked);
    client.onInputRequest({ createMessage: () => Promise.reject(new Error('secret path')) });
    const second = await peer.ask('sampling/createMessage', asked);
    // An answer that is no JSON is the same fault.
    const circle: { role: string; content: unknown; model: string } = {
      role: 'assistant',
      content: undefined,
      model: 'm',
    };
    circle.content = circle;
    client.onInputRequest({ createMessage: () => circle });
    const third = await peer.ask('sampling/createMessage', asked);
    for (const { error } of [first, second, third]) {
      expect(error).toMatchObject({ code: -32603 });
      expect(JSON.stringify(error)).not.toContain('secret');
    }
    expect(client.state).toBe('connected');
  });

  it('CAN-9 end with the connection', async () => {
    const signals: AbortSignal[] = [];
    const { peer, client } = await connected(options, {
      listRoots: ({ signal }) => {
        signals.push(signal);
        return new Promise(() => {});
      },
    });
    void peer.ask('roots/list');
    await until('it is worked on', () => signals.length === 1);
    await client.disconnect({ drainMs: 0 });
    expect(signals[0]!.aborted).toBe(true);
  });
});

describe.each(LEGACY_WIRES)('URL elicitations that a request needs (-32042) over %s', (wire) => {
  const data = {
    elicitations: [
      { mode: 'url', message: 'go', url: 'https://example.com/1', elicitationId: 'e1' },
      { mode: 'url', message: 'and there', url: 'https://example.com/2', elicitationId: 'e2' },
    ],
  };
  /** Needs the elicitations once, then is content. */
  const needy = (): PeerOptions => {
    let calls = 0;
    const on = {
      'tools/call': (exchange: Exchange): void => {
        if (calls++ === 0) exchange.error(-32042, 'URL elicitation required', data);
        else exchange.proceed();
      },
    };
    return { wire, era: 'legacy', on };
  };
  const complete = (peer: ProtocolPeer, elicitationId: unknown): Promise<void> =>
    peer.notify('notifications/elicitation/complete', { elicitationId });

  it('ELI-18 ELI-17 are run, and the request is made again when all of them are complete', async () => {
    const seen: unknown[] = [];
    const { peer, client } = await connected(needy(), {
      elicitUrl: ({ url, elicitationId }) => {
        seen.push([url, elicitationId]);
        return accept();
      },
    });
    const call = client.callTool('asks', { a: 1 });
    await until('both are asked', () => seen.length === 2);
    expect(seen).toEqual([
      ['https://example.com/1', 'e1'],
      ['https://example.com/2', 'e2'],
    ]);
    for (const id of ['unknown', 7, undefined, 'e1', 'e1']) await complete(peer, id);
    await peer.ask('ping');
    expect(peer.of('tools/call')).toHaveLength(1);
    await complete(peer, 'e2');
    expect(await call).toMatchObject({ content: [{ text: '{"a":1}' }] });
    await complete(peer, 'e2');
    await client.ping();
    expect(peer.of('tools/call')).toHaveLength(2);
  });

  it('ELI-18 a server may be faster than the person who agrees', async () => {
    const { peer, client } = await connected(needy(), {
      elicitUrl: async ({ elicitationId }) => {
        await complete(peer, elicitationId);
        await peer.ask('ping');
        return accept();
      },
    });
    expect(await client.callTool('asks')).toMatchObject({ content: [{ type: 'text' }] });
  });

  it('ELI-18 the time of a person is not that of the request', async () => {
    const clock = new FakeClock();
    const handlers: InputHandlers = {
      elicitUrl: async ({ elicitationId }) => {
        await clock.advance(500);
        await complete(peer, elicitationId);
        return accept();
      },
    };
    const { peer, client } = await connected(needy(), handlers, {}, clock);
    expect(await client.callTool('asks', {}, { timeoutMs: 300 })).toMatchObject({
      content: [{ type: 'text' }],
    });
  });

  it('ELI-18 a call does not wait for a person longer than it may take', async () => {
    const { client } = await connected(needy(), { elicitUrl: () => new Promise(() => {}) });
    const error = await rejection(client.callTool('asks', {}, { totalTimeoutMs: 200 }));
    expect(error).toMatchObject({ code: 'REQUEST_TIMEOUT' });
  });

  it.each(['decline', 'cancel'] as const)('ELI-18 to %s ends the call', async (action) => {
    const { peer, client } = await connected(needy(), { elicitUrl: () => ({ action }) });
    expect(await rejection(client.callTool('asks'))).toMatchObject({ code: 'INPUT_REFUSED' });
    expect(peer.of('tools/call')).toHaveLength(1);
  });

  it('ELI-18 the error is the result where nobody can be asked, or nothing is listed', async () => {
    const { client } = await connected(needy(), { elicitForm: accept });
    expect(await rejection(client.callTool('asks'))).toMatchObject({ name: 'RemoteError', code: -32042 });
    const on = { 'tools/call': (exchange: Exchange) => exchange.error(-32042, 'no list', {}) };
    const other = await connected({ wire, era: 'legacy', on }, { elicitUrl: accept });
    expect(await rejection(other.client.callTool('asks'))).toMatchObject({ code: -32042 });
    expect(other.peer.of('tools/call')).toHaveLength(1);
  });

  it('ELI-18 a server that is never content is asked twice, not for ever', async () => {
    const on = { 'tools/call': (exchange: Exchange) => exchange.error(-32042, 'again', data) };
    const { peer, client } = await connected(
      { wire, era: 'legacy', on },
      {
        elicitUrl: async ({ elicitationId }) => {
          await complete(peer, elicitationId);
          return accept();
        },
      },
    );
    expect(await rejection(client.callTool('asks'))).toMatchObject({ code: -32042 });
    expect(peer.of('tools/call')).toHaveLength(2);
  });
});
