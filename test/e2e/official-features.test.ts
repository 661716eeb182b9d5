import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ServerLog } from '../../src/client/client-events.ts';
import type { McpClient } from '../../src/client/mcp-client.ts';
import type { SubscriptionEvent } from '../../src/client/subscriptions/subscription.ts';
import type { ServerEntry } from '../../src/config/entry.ts';
import type { InputHandlers } from '../../src/protocol/input/input-handlers.ts';
import { QUICK, rejection, testFactories } from '../helpers/clients.ts';
import { until } from '../helpers/until.ts';

const makeFactory = testFactories();
const server = join(import.meta.dirname, '../fixtures/servers/official-features.mjs');
const everything = join(
  import.meta.dirname,
  '../../node_modules/@modelcontextprotocol/server-everything/dist/index.js',
);

type Wire = 'stdio' | 'http';
type EraName = 'legacy' | 'modern';

function entryOf(wire: Wire, era: EraName): ServerEntry {
  const settings = { ...QUICK, protocol: era, validate: 'error' } as const;
  if (wire === 'stdio') return { command: process.execPath, args: [server], 'x-signalbox': settings };
  const launch = { command: process.execPath, args: [server, '{port}'], port: 'auto' } as const;
  return { type: 'http', url: 'http://127.0.0.1:{port}/mcp', 'x-signalbox': { ...settings, launch } };
}

async function connected(wire: Wire, era: EraName, handlers: InputHandlers = {}): Promise<McpClient> {
  const client = makeFactory().create('s', entryOf(wire, era));
  client.onInputRequest(handlers);
  await client.connect();
  return client;
}

const textOf = (result: { readonly content: readonly { readonly text?: string }[] }): string | undefined =>
  result.content[0]?.text;

const HANDLERS: InputHandlers = {
  elicitForm: () => ({ action: 'accept', content: { name: 'Ada' } }),
  createMessage: () => ({ role: 'assistant', content: { type: 'text', text: 'word' }, model: 'none' }),
  listRoots: () => [{ uri: 'file:///work', name: 'work' }],
};

const CELLS = [
  ['stdio', 'legacy'],
  ['stdio', 'modern'],
  ['http', 'legacy'],
  ['http', 'modern'],
] as const;

describe.each(CELLS)('a server on the official package over %s, %s era', (wire, era) => {
  it('lists, calls, reads, prompts and completes', async () => {
    const client = await connected(wire, era);
    expect(client.era).toBe(era);
    expect(client.instructions).toBe('Uses every feature.');
    expect((await client.listTools()).map(({ name }) => name)).toContain('greet');
    expect((await client.callTool('shape', { region: 'eu' })).structuredContent).toEqual({
      region: 'eu',
      length: 2,
    });
    expect(await client.callTool('fail')).toMatchObject({ isError: true });
    expect((await client.listResources()).map(({ uri }) => uri)).toEqual(['features://clock']);
    expect(await client.listResourceTemplates()).toHaveLength(1);
    expect((await client.readResource('features://number/7')).contents[0]?.text).toBe('number 7');
    expect(await rejection(client.readResource('features://nothing'))).toMatchObject({ name: 'RemoteError' });
    const prompt = await client.getPrompt('ask', { topic: 'tea' });
    expect(prompt.messages[0]?.content).toEqual({ type: 'text', text: 'about tea' });
    const ref = { type: 'ref/prompt', name: 'ask' };
    const { completion } = await client.complete(ref, { name: 'topic', value: 't' });
    expect(completion.values).toContain('tea');
    expect(await client.ping()).toBeGreaterThan(0);
  });

  it('hears progress and cancels', async () => {
    const client = await connected(wire, era);
    const seen: number[] = [];
    const onProgress = ({ progress }: { progress: number }): void => void seen.push(progress);
    expect(textOf(await client.callTool('count', { to: 3 }, { onProgress }))).toBe('counted to 3');
    expect(seen).toEqual([1, 2, 3]);
    const controller = new AbortController();
    const options = { signal: controller.signal, onProgress: () => controller.abort() };
    expect(await rejection(client.callTool('count', { to: 1000, delayMs: 20 }, options))).toMatchObject({
      code: 'REQUEST_ABORTED',
      delivered: 'unknown',
    });
    expect(textOf(await client.callTool('count', { to: 1 }))).toBe('counted to 1');
  });
});

describe.each(CELLS)('what such a server asks and tells over %s, %s era', (wire, era) => {
  it('elicits: answers get the defaults of the form', async () => {
    const client = await connected(wire, era, HANDLERS);
    expect(textOf(await client.callTool('greet'))).toBe('Good day, Ada');
    client.onInputRequest({ ...HANDLERS, elicitForm: () => ({ action: 'decline' }) });
    expect(textOf(await client.callTool('greet'))).toBe('declined');
  });

  it('asks a model and for roots in one round', async () => {
    const client = await connected(wire, era, HANDLERS);
    expect(textOf(await client.callTool('survey'))).toContain('file:///work');
  });

  it('is refused what nobody here gives', async () => {
    const client = await connected(wire, era);
    const outcome = await client.callTool('greet').then(
      (result) => ({ isError: result.isError }),
      (error: unknown) => ({ error }),
    );
    // Modern: the call is given up here. Legacy: the server is refused, and tells what it makes of that.
    expect(outcome).not.toEqual({ isError: undefined });
  });

  it('tells of changes to subscribers', async () => {
    const client = await connected(wire, era);
    const events: SubscriptionEvent[] = [];
    const subscription = await client.subscribe(
      { toolsListChanged: true, resources: ['features://clock'] },
      (event) => events.push(event),
    );
    expect(subscription.honored).toMatchObject({ toolsListChanged: true });
    await client.callTool('touch');
    await until('both changes were told', () => {
      const types = events.map(({ type }) => type);
      return types.includes('toolsListChanged') && types.includes('resourceUpdated');
    });
    await subscription.close();
    events.length = 0;
    await client.callTool('touch');
    await client.ping();
    expect(events).toEqual([]);
  });

  it('logs from the level that was asked for', async () => {
    const client = await connected(wire, era);
    const logs: ServerLog[] = [];
    client.on('log', (log) => logs.push(log));
    await client.setLogLevel('error');
    await client.callTool('say');
    expect(logs).toEqual([]);
    await client.setLogLevel('info');
    await client.callTool('say');
    await until('it was logged', () => logs.length === 1);
    expect(logs).toEqual([{ level: 'warning', logger: 'official', data: { said: true } }]);
  });
});

describe.each(['stdio', 'http'] as const)('response caching of the modern era over %s', (wire) => {
  it('answers a list from what the server allowed to keep, until it says that it changed', async () => {
    const sent: string[] = [];
    const factory = makeFactory({ tap: { sent: (_server, text) => sent.push(text), received: () => {} } });
    const client = factory.create('s', entryOf(wire, 'modern'));
    await client.connect();
    const lists = (): number => sent.filter((text) => text.includes('"tools/list"')).length;
    await client.listTools();
    await client.listTools();
    expect(lists()).toBe(1);
    await client.listTools({ cache: 'reload' });
    expect(lists()).toBe(2);
    let changes = 0;
    client.on('listChanged', () => changes++);
    await client.subscribe({ toolsListChanged: true }, () => {});
    await client.callTool('touch');
    await until('the change was told', () => changes > 0);
    await client.listTools();
    expect(lists()).toBe(3);
  });
});

describe.each(['stdio', 'http'] as const)(
  'server-everything 2026.8.31 over %s, with everything declared',
  (wire) => {
    const launch = {
      command: process.execPath,
      args: [
        '--import',
        join(import.meta.dirname, '../../examples/demo/loopback-only.mjs'),
        everything,
        'streamableHttp',
      ],
      env: { PORT: '{port}' },
      port: 'auto',
    } as const;
    const entry: ServerEntry =
      wire === 'stdio'
        ? { command: process.execPath, args: [everything], 'x-signalbox': QUICK }
        : { type: 'http', url: 'http://127.0.0.1:{port}/mcp', 'x-signalbox': { ...QUICK, launch } };

    it('asks for elicitation, sampling and roots, and gets them', async () => {
      const client = makeFactory().create('everything', entry);
      client.onInputRequest({
        ...HANDLERS,
        elicitForm: ({ requestedSchema }) => {
          const { properties } = requestedSchema as {
            properties: Record<string, { type: string; minLength?: number }>;
          };
          const name = Object.keys(properties)[0]!;
          return { action: 'accept', content: properties[name]!.type === 'string' ? { [name]: 'Ada' } : {} };
        },
      });
      await client.connect();
      expect(client.era).toBe('legacy');
      const names = (await client.listTools()).map(({ name }) => name);
      expect(names.length).toBeGreaterThanOrEqual(16);
      const sampling = names.find((name) => name.includes('sampling'))!;
      const sampled = await client.callTool(sampling, { prompt: 'hello', maxTokens: 10 });
      expect(JSON.stringify(sampled.content)).toContain('word');
      const roots = names.find((name) => name.includes('roots'))!;
      expect(JSON.stringify((await client.callTool(roots)).content)).toContain('file:///work');
      const elicitation = names.find((name) => name.includes('elicitation'))!;
      expect((await client.callTool(elicitation)).isError).not.toBe(true);
    });
  },
);
