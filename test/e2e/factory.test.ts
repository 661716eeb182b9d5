import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { McpClient } from '../../src/client/mcp-client.ts';
import type { ServerEntry } from '../../src/config/entry.ts';
import { faultyEntry, rejection, testFactories } from '../helpers/clients.ts';
import { MemoryServer, registerMemory } from '../helpers/memory-server.ts';

const makeFactory = testFactories();
const units: ServerEntry = {
  command: process.execPath,
  args: [join(import.meta.dirname, '../../examples/servers/modern-stdio.mjs')],
  // It speaks both eras: on a busy machine its answer to the probe may take longer than a second.
  'x-signalbox': { timeouts: { probe: 20_000 } },
};

function memoryFactory(): {
  factory: ReturnType<typeof makeFactory>;
  server: MemoryServer;
  entry: ServerEntry;
} {
  const factory = makeFactory();
  const server = new MemoryServer();
  registerMemory(factory, { here: server });
  return { factory, server, entry: { type: 'memory', url: 'here' } };
}

describe('ClientFactory', () => {
  it('keeps clients by name, one each', async () => {
    const { factory, entry } = memoryFactory();
    const client = await factory.createAndConnect('a', entry);
    expect(factory.getClient('a')).toBe(client);
    expect(factory.listClients()).toEqual([client]);
    expect(() => factory.create('a', entry)).toThrow(/ALREADY_REGISTERED.*connected/u);
    await factory.release('a');
    expect(factory.getClient('a')).toBeUndefined();
    expect(client.state).toBe('disconnected');
    await factory.release('nobody');
  });

  it('gives the name of a disconnected client to the next', async () => {
    const { factory, entry } = memoryFactory();
    const first = await factory.createAndConnect('a', entry);
    await first.disconnect();
    expect(factory.create('a', entry)).not.toBe(first);
  });

  it('createAndConnect keeps nothing that failed', async () => {
    const factory = makeFactory();
    const entry = faultyEntry({ start: ['exit:78'] });
    expect(await rejection(factory.createAndConnect('a', entry))).toMatchObject({ code: 'CONNECT_FAILED' });
    expect(factory.listClients()).toEqual([]);
  });

  it('finds the transport from the shape of the entry', () => {
    const factory = makeFactory();
    expect(factory.validateConfig({ command: 'node' })).toMatchObject({ valid: true, transport: 'stdio' });
    expect(factory.validateConfig({ url: 'http://127.0.0.1/mcp' })).toMatchObject({
      valid: true,
      transport: 'auto',
    });
    expect(factory.validateConfig({ type: 'sse', url: 'http://127.0.0.1/sse' })).toMatchObject({
      transport: 'sse',
    });
    const bad = factory.validateConfig({ type: 'stdio', args: 'x', 'x-signalbox': { timeout: 5 } });
    expect(bad.valid).toBe(false);
    expect(bad.errors.length).toBeGreaterThanOrEqual(3);
    expect(factory.validateConfig(null).valid).toBe(false);
    expect(() => factory.create('a', {})).toThrow(/CONFIG_INVALID/u);
  });

  it('lists and extends the transport kinds', () => {
    const { factory } = memoryFactory();
    expect(factory.supportedTransports()).toEqual(['stdio', 'http', 'sse', 'rest', 'memory']);
    expect(() => registerMemory(factory, {})).toThrow(/ALREADY_REGISTERED/u);
    expect(() => factory.registerTransport('Not A Kind', () => undefined as never)).toThrow(
      /INVALID_ARGUMENT/u,
    );
    expect(() => factory.create('x', { type: 'carrier-pigeon', url: 'http://127.0.0.1' })).toThrow(
      /CONFIG_INVALID/u,
    );
  });

  it('lets hooks see each new client and put another in its place', async () => {
    const { factory, entry } = memoryFactory();
    const seen: string[] = [];
    class Wrapped extends Proxied {}
    factory.onCreate((client) => void seen.push(`first saw ${client.name}`));
    factory.onCreate((client) => new Wrapped(client).asClient());
    factory.onCreate((client) => void seen.push(`last saw ${client.name}`));
    const client = await factory.createAndConnect('a', entry);
    expect(seen).toEqual(['first saw a', 'last saw a!']);
    expect(client.name).toBe('a!');
    expect(await client.callTool('echo', { x: 1 })).toMatchObject({ content: [{ text: '{"x":1}' }] });
  });

  it('tests a connection and keeps nothing', async () => {
    const factory = makeFactory();
    const report = await factory.testConnection(units);
    expect(report).toMatchObject({ success: true, tools: 4, resources: 2, prompts: 1, error: undefined });
    expect(report.metadata).toMatchObject({ era: 'modern', transport: 'stdio' });
    expect(factory.listClients()).toEqual([]);
    const failed = await factory.testConnection({ command: 'no-such-program' });
    expect(failed).toMatchObject({ success: false, error: { code: 'SPAWN_FAILED' } });
    expect(await factory.testConnection({})).toMatchObject({
      success: false,
      error: { code: 'CONFIG_INVALID' },
    });
  });

  it('disposes of all clients', async () => {
    const { factory, entry } = memoryFactory();
    const client = await factory.createAndConnect('a', entry);
    await factory[Symbol.asyncDispose]();
    expect(client.state).toBe('disconnected');
  });
});

describe('McpClient', () => {
  it('serves every feature of a real modern server', async () => {
    await using client = await makeFactory().createAndConnect('units', units);
    expect(client).toBeInstanceOf(McpClient);
    expect((await client.listTools()).map(({ name }) => name)).toContain('convert');
    const resources = await client.listResources();
    expect(resources).toHaveLength(2);
    expect((await client.readResource(resources[0]!.uri)).contents).toHaveLength(1);
    expect(await client.listResourceTemplates()).toHaveLength(1);
    const [prompt] = await client.listPrompts();
    const args = Object.fromEntries((prompt!.arguments ?? []).map(({ name }) => [name, 'km']));
    expect((await client.getPrompt(prompt!.name, args)).messages.length).toBeGreaterThan(0);
    expect(await client.ping()).toBeGreaterThan(0);
    expect(await client.healthCheck()).toMatchObject({ healthy: true });
    expect(client.stats()).toMatchObject({ connections: 1, toolCalls: 0, resourceReads: 1, errors: 0 });
    expect(client.instructions === undefined || typeof client.instructions === 'string').toBe(true);
  });

  it('completes arguments with a real legacy server', async () => {
    const entry = {
      command: process.execPath,
      args: [
        join(import.meta.dirname, '../../node_modules/@modelcontextprotocol/server-everything/dist/index.js'),
      ],
    };
    const client = await makeFactory().createAndConnect('everything', entry);
    const prompts = await client.listPrompts();
    const completable = prompts.find(({ name }) => name.includes('complet'))!;
    const argument = completable.arguments![0]!.name;
    const { completion } = await client.complete(
      { type: 'ref/prompt', name: completable.name },
      { name: argument, value: '' },
    );
    expect(completion.values.length).toBeGreaterThan(0);
    await client.disconnect();
  });

  it.each([
    ['callTool', (client: McpClient) => client.callTool('x')],
    ['readResource', (client: McpClient) => client.readResource('x:')],
    ['getPrompt', (client: McpClient) => client.getPrompt('x')],
    [
      'complete',
      (client: McpClient) => client.complete({ type: 'ref/prompt', name: 'x' }, { name: 'a', value: '' }),
    ],
  ])('%s refuses a result that lacks what it needs', async (_name, call) => {
    const on = Object.fromEntries(
      ['tools/call', 'resources/read', 'prompts/get', 'completion/complete'].map((method) => [
        method,
        ['result:{}'],
      ]),
    );
    // On a busy machine it may take its time to start, and must not be taken for a legacy server.
    const entry = { ...faultyEntry({ on }), 'x-signalbox': { timeouts: { probe: 20_000 } } };
    const client = await makeFactory().createAndConnect('s', entry);
    expect(await rejection(call(client))).toMatchObject({ code: 'INVALID_RESULT', delivered: 'yes' });
  });
});

/** A client around a client: what a hook may return. */
class Proxied {
  readonly #client: McpClient;

  constructor(client: McpClient) {
    this.#client = client;
  }

  asClient(): McpClient {
    return new Proxy(this.#client, {
      get: (client, key) => {
        if (key === 'name') return `${client.name}!`;
        const value: unknown = Reflect.get(client, key, client);
        return typeof value === 'function' ? (value.bind(client) as unknown) : value;
      },
    });
  }
}
