import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { ToolCallRequest } from '../../src/adapters/tools/adapter-options.ts';
import type { MissingTools } from '../../src/adapters/tools/tool-source.ts';
import { Toolbox } from '../../src/adapters/tools/toolbox.ts';
import { rejection, testFactories } from '../helpers/clients.ts';
import { MemoryServer, registerMemory } from '../helpers/memory-server.ts';
import { until } from '../helpers/until.ts';
import { memoryRegistry } from './memory-registry.ts';
import { everythingOverHttp } from './real-servers.ts';

const makeFactory = testFactories();

const offering = (...names: string[]): MemoryServer => {
  const server = new MemoryServer();
  server.tools = names.map((name) => ({ name, inputSchema: { type: 'object' } }));
  return server;
};
const names = ({ tools }: Toolbox): string[] => tools.map(({ modelName }) => modelName);
const calls = ({ received }: MemoryServer): unknown[] =>
  received.filter(({ method }) => method === 'tools/call').map(({ params }) => params);

describe('which tools a model gets', () => {
  it('all of them, in the order of the servers; or those that are named, or chosen', async () => {
    const registry = await memoryRegistry({ a: offering('x', 'y'), b: offering('x') });
    expect(names(await Toolbox.open(registry, {}))).toEqual(['a__x', 'a__y', 'b__x']);
    expect(names(await Toolbox.open(registry, { servers: ['a'] }))).toEqual(['a__x', 'a__y']);
    expect(names(await Toolbox.open(registry, { tools: ['b__x', 'a__y'] }))).toEqual(['a__y', 'b__x']);
    const chosen = await Toolbox.open(registry, { tools: ({ tool }) => tool.name === 'x' });
    expect(names(chosen)).toEqual(['a__x', 'b__x']);
    expect(names(await Toolbox.open(registry, { servers: ['b'], tools: ['a__x'] }))).toEqual([]);
  });

  it('refuses servers that nobody knows, and limits that are none', async () => {
    const registry = await memoryRegistry({ a: offering('x') });
    const open = async (options: Parameters<typeof Toolbox.open>[1]): Promise<Error> =>
      await rejection(Toolbox.open(registry, options));
    expect(await open({ servers: ['b'] })).toMatchObject({ code: 'UNKNOWN_SERVER' });
    expect(await open({ maxTextBytes: -1 })).toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await open({ maxTools: Number.NaN })).toMatchObject({
      message: expect.stringContaining('maxTools must be') as string,
    });
  });

  it('says which are missing, and refuses where that is wanted', async () => {
    const down = offering('z');
    down.isDown = true;
    const registry = await memoryRegistry({ a: offering('x'), down });
    const told: (readonly MissingTools[])[] = [];
    const box = await Toolbox.open(registry, { onMissing: (missing) => told.push(missing) });
    expect(names(box)).toEqual(['a__x']);
    expect(told).toEqual([[{ server: 'down', tool: undefined, reason: expect.any(String) as string }]]);
    expect(box.missing).toEqual(told[0]);
    await Toolbox.open(registry, { servers: ['a'], onMissing: 'error' });
    expect(await rejection(Toolbox.open(registry, { onMissing: 'error' }))).toMatchObject({
      code: 'SERVER_UNAVAILABLE',
      message: expect.stringContaining('tools are missing: down:') as string,
    });
    const named = await Toolbox.open(registry, { servers: ['a'], tools: ['a__x', 'a__q'] });
    expect(named.missing).toEqual([
      { server: undefined, tool: 'a__q', reason: 'no server that is available offers it' },
    ]);
  });

  it('F-123 cuts the servers with most tools first', async () => {
    const many = offering(...Array.from({ length: 50 }, (_, index) => `t${index}`));
    const registry = await memoryRegistry({ many, few: offering('x', 'y') });
    const box = await Toolbox.open(registry, { maxTools: 10 });
    expect(names(box)).toHaveLength(10);
    expect(names(box).slice(-2)).toEqual(['few__x', 'few__y']);
    expect(box.missing).toMatchObject([{ server: 'many' }]);
  });

  it('S15 leaves out what is not what was approved', async () => {
    const server = offering('x', 'y');
    const registry = await memoryRegistry({ s: server }, { drift: 'block' });
    const box = await Toolbox.open(registry, {});
    server.tools = [
      { name: 'x', description: 'Does more now.', inputSchema: { type: 'object' } },
      server.tools[1]!,
    ];
    await registry.reconnectAll();
    expect(await rejection(box.call('s__x', {}))).toMatchObject({ code: 'TOOL_BLOCKED', delivered: 'no' });
    expect(await box.refresh()).toBe(true);
    expect(names(box)).toEqual(['s__y']);
    expect(calls(server)).toEqual([]);
  });

  it('takes what has changed when it is asked to, and says whether anything has', async () => {
    const server = offering('x');
    const registry = await memoryRegistry({ s: server });
    const box = await Toolbox.open(registry, {});
    expect(await box.refresh()).toBe(false);
    server.tools = [...server.tools, { name: 'y', inputSchema: { type: 'object' } }];
    await registry.reconnectAll();
    expect(names(box)).toEqual(['s__x']);
    expect(await box.refresh()).toBe(true);
    expect(names(box)).toEqual(['s__x', 's__y']);
    server.tools = server.tools.map((tool) => ({ ...tool, description: 'new' }));
    await registry.reconnectAll();
    expect(await box.refresh()).toBe(true);
    expect(box.tools[0]!.description).toBe('new');
  });

  it('offers those of a server that sleeps, and wakes it with a call', async () => {
    const server = offering('x');
    const registry = await memoryRegistry({ s: server });
    await registry.updateState('s', 'sleeping', 'nobody needs it');
    const box = await Toolbox.open(registry, {});
    expect(names(box)).toEqual(['s__x']);
    expect(server.open).toBe(0);
    await box.call('s__x', { a: 1 });
    expect(server.open).toBe(1);
    expect(calls(server)).toMatchObject([{ name: 'x', arguments: { a: 1 } }]);
  });

  it('are those of a server over http as well, which is started for it', async () => {
    const factory = makeFactory();
    const client = await factory.createAndConnect('everything', everythingOverHttp());
    const box = await Toolbox.open(client, { tools: ['echo', 'get-sum'] });
    expect(names(box)).toEqual(['echo', 'get-sum']);
    expect(await box.call('get-sum', { a: 1, b: 2 })).toMatchObject({
      content: [{ type: 'text', text: 'The sum of 1 and 2 is 3.' }],
    });
    expect(await rejection(box.call('get-sum', { a: 'x' }))).toMatchObject({ code: 'TOOL_FAILED' });
  });

  it('takes those of a single client under their own names', async () => {
    const server = offering('x', 'y.z', 'x');
    server.tools[2]!['description'] = 'second';
    const factory = makeFactory();
    registerMemory(factory, { s: server });
    const client = await factory.createAndConnect('s', { type: 'memory', url: 's' });
    const box = await Toolbox.open(client, { servers: ['s'] });
    expect(names(box)).toEqual(['x', expect.stringMatching(/^y_z_[0-9a-f]{16}$/u)]);
    expect(box.tools[0]!.description).not.toBe('second');
    await box.call(names(box)[1]!, {});
    expect(calls(server)).toMatchObject([{ name: 'y.z' }]);
    expect(await box.refresh()).toBe(false);
    expect(await rejection(Toolbox.open(client, { servers: ['t'] }))).toMatchObject({
      code: 'UNKNOWN_SERVER',
    });
  });

  it('describes every tool, in text without anything hidden', async () => {
    const server = new MemoryServer();
    server.tools = [
      { name: 'a', title: 'A\u202Etitle', description: `Reads.\u{E0041}\u001B[31m\nThen ${'x'.repeat(50)}` },
      { name: 'b', annotations: { title: 'B' } },
      { name: 'c', description: ' \n' },
    ];
    const box = await Toolbox.open(await memoryRegistry({ s: server }), { maxDescriptionLength: 20 });
    expect(box.tools.map(({ title, description }) => [title, description])).toEqual([
      ['A title', 'Reads.\nThen xxxxxxx…'],
      ['B', 'B'],
      [undefined, 'The tool s__c of the server s.'],
    ]);
  });
});

describe('how a call of a model is made', () => {
  it('asks before each call, but for read-only tools of trusted servers', async () => {
    const server = new MemoryServer();
    server.tools = [{ name: 'read', annotations: { readOnlyHint: true } }, { name: 'write' }];
    const seen: ToolCallRequest[] = [];
    const options = {
      approve: (call: ToolCallRequest): boolean => {
        seen.push(call);
        return true;
      },
    };
    const doubted = await Toolbox.open(await memoryRegistry({ s: server }), options);
    await doubted.call('s__read', {}, { toolCallId: '1' });
    await doubted.call('s__write', { a: 1 });
    expect(seen).toMatchObject([
      { name: 's__read', server: 's', args: {}, toolCallId: '1' },
      { name: 's__write', args: { a: 1 }, toolCallId: undefined },
    ]);
    const trusted = await Toolbox.open(await memoryRegistry({ s: server }, { trust: true }), options);
    await trusted.call('s__read', {});
    await trusted.call('s__write', {});
    expect(seen.map(({ name }) => name)).toEqual(['s__read', 's__write', 's__write']);
  });

  it.each([
    ['no', (): boolean => false, 'The call was not approved, and not made.'],
    [
      'a reason',
      (): Promise<string> => Promise.resolve('ask me\ntomorrow'),
      /not made: ask me\n {2}tomorrow$/u,
    ],
    ['no answer', (): Promise<never> => Promise.reject(new Error('defect')), /could not be approved/u],
    [
      'an exception',
      (): never => {
        throw new Error('defect');
      },
      /could not be approved/u,
    ],
  ])('makes no call where the approval is %s', async (_what, approve, message) => {
    const server = offering('x');
    const box = await Toolbox.open(await memoryRegistry({ s: server }), { approve });
    const error = await rejection(box.call('s__x', {}));
    expect(error).toMatchObject({ code: 'CALL_REFUSED', delivered: 'no', tool: 's__x' });
    expect(error.message).toMatch(message);
    expect(calls(server)).toEqual([]);
  });

  it('waits for no approval any more when the caller has given up', async () => {
    const server = offering('x');
    const stop = new AbortController();
    let asked = false;
    const approve = async (): Promise<never> => {
      asked = true;
      return await new Promise<never>(() => {});
    };
    const box = await Toolbox.open(await memoryRegistry({ s: server }), { approve });
    const call = rejection(box.call('s__x', {}, { signal: stop.signal }));
    await until('it asks', () => asked);
    stop.abort();
    expect(await call).toMatchObject({ code: 'REQUEST_ABORTED' });
    expect(calls(server)).toEqual([]);
  });

  it.each(['of the call', 'of all calls'])('ends with the signal %s', async (which) => {
    const server = offering('x');
    server.silent.add('tools/call');
    const [all, one] = [new AbortController(), new AbortController()];
    const box = await Toolbox.open(await memoryRegistry({ s: server }), { signal: all.signal });
    const call = rejection(box.call('s__x', {}, { signal: one.signal }));
    await until('it is called', () => calls(server).length === 1);
    (which === 'of the call' ? one : all).abort();
    expect(await call).toMatchObject({ code: 'REQUEST_ABORTED' });
  });

  it('tells the model when nobody knows whether a call was executed', async () => {
    const server = offering('x');
    server.silent.add('tools/call');
    const box = await Toolbox.open(await memoryRegistry({ s: server }), { timeoutMs: 50 });
    const error = await rejection(box.call('s__x', {}));
    expect(error).toMatchObject({ code: 'REQUEST_TIMEOUT', delivered: 'unknown' });
    expect(error.message).toMatch(/The call may have been executed\. Find out before you make it again/u);
    expect(calls(server)).toHaveLength(1);
  });

  it('tells the model what a server refuses', async () => {
    const server = offering('x');
    server.refused.add('tools/call');
    const box = await Toolbox.open(await memoryRegistry({ s: server }), {});
    expect(await rejection(box.call('s__x', {}))).toMatchObject({
      code: 'REMOTE_ERROR',
      message: 's: Internal error (-32603)',
      delivered: 'yes',
      cause: { name: 'RemoteError' },
    });
  });

  it.each([['text'], [undefined], [null], [[]], [7]])('calls nothing with %j for arguments', async (args) => {
    const server = offering('x');
    const box = await Toolbox.open(await memoryRegistry({ s: server }), {});
    expect(await rejection(box.call('s__x', args))).toMatchObject({ code: 'BAD_ARGUMENTS', tool: 's__x' });
    expect(calls(server)).toEqual([]);
  });

  it('gives arguments back the names that the server knows', async () => {
    const server = new MemoryServer();
    server.tools = [{ name: 'x', inputSchema: { properties: { $select: {} }, required: ['$select'] } }];
    const seen: unknown[] = [];
    const approve = ({ args }: ToolCallRequest): boolean => seen.push(args) > 0;
    const box = await Toolbox.open(await memoryRegistry({ s: server }), { approve });
    expect(box.tools[0]!.schema).toMatchObject({ properties: { _select: {} }, required: ['_select'] });
    await box.call('s__x', { _select: 'id', other: 1 });
    expect(calls(server)).toMatchObject([{ arguments: { $select: 'id', other: 1 } }]);
    expect(seen).toEqual([{ $select: 'id', other: 1 }]);
  });

  it('leaves no listener at the signals of its caller', async () => {
    const [all, one] = [new AbortController().signal, new AbortController().signal];
    const approve = (): boolean => true;
    const box = await Toolbox.open(await memoryRegistry({ s: offering('x') }), { signal: all, approve });
    await Promise.all([1, 2, 3].map(async () => await box.call('s__x', {}, { signal: one })));
    expect([all, one].map((signal) => getEventListeners(signal, 'abort').length)).toEqual([0, 0]);
  });

  it('sends what is to stand in _meta', async () => {
    const server = offering('x');
    const registry = await memoryRegistry({ s: server });
    const fixed = await Toolbox.open(registry, { meta: { traceparent: '00-1' } });
    await fixed.call('s__x', {});
    const made = await Toolbox.open(registry, {
      meta: ({ toolCallId }) => ({ 'example.com/id': toolCallId }),
    });
    await made.call('s__x', {}, { toolCallId: 'call-7' });
    expect(calls(server)).toMatchObject([
      { _meta: { traceparent: '00-1' } },
      { _meta: { 'example.com/id': 'call-7' } },
    ]);
  });
});
