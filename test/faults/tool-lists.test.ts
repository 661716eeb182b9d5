import { describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import type { SignalboxSettings } from '../../src/config/entry.ts';
import { ServerRegistry, type ServerRegistryOptions } from '../../src/registry/server-registry.ts';
import { rejection, testFactories } from '../helpers/clients.ts';
import { startHttpFixture } from '../helpers/http-fixture.ts';
import { MemoryServer, registerMemory } from '../helpers/memory-server.ts';
import { EVERYWHERE, type ProtocolPeer, testPeers } from '../helpers/protocol-peer.ts';
import { until } from '../helpers/until.ts';

const startPeer = testPeers();
const makeFactory = testFactories();

const tool = (name: string, inputSchema: unknown = { type: 'object' }): Record<string, unknown> => ({
  name,
  inputSchema,
});
const tools = (count: number): Record<string, unknown>[] =>
  Array.from({ length: count }, (_, index) => tool(`t${index}`));

/** A schema of so many objects and arrays within each other. */
function deep(levels: number): string {
  return `${'{"not":'.repeat(levels - 1)}{}${'}'.repeat(levels - 1)}`;
}

describe.each(EVERYWHERE)('tools of a server of the $era era over $wire', ({ era, wire }) => {
  async function listed(
    offers: Record<string, unknown>[],
    settings: SignalboxSettings = {},
  ): Promise<{ client: McpClient; names: string[]; warnings: string[] }> {
    const peer = await startPeer({ era, wire });
    peer.tools = offers;
    const client = makeFactory().create('s', peer.entry(settings));
    const warnings: string[] = [];
    client.on('warning', ({ message }) => warnings.push(message));
    await client.connect();
    const names = (await client.listTools()).map(({ name }) => name);
    return { client, names, warnings };
  }

  it('F-123 one with a schema of 5 MB is left out, the others are kept', async () => {
    const huge = { type: 'object', description: 'x'.repeat(5_000_000) };
    const { names, warnings } = await listed(
      [tool('before'), tool('huge', huge), { ...tool('wide'), outputSchema: huge }, tool('after')],
      { limits: { frameBytes: 16 * 1024 * 1024 } },
    );
    expect(names).toEqual(['before', 'after']);
    expect(warnings).toEqual([
      'the tool "huge" is left out: its inputSchema is larger than limits.schemaBytes (262144)',
      'the tool "wide" is left out: its outputSchema is larger than limits.schemaBytes (262144)',
    ]);
  });

  it('F-123 one with a schema too deep is left out, the others are kept', async () => {
    const { names, warnings } = await listed([
      tool('right', JSON.parse(deep(64))),
      tool('deep', JSON.parse(deep(65))),
      tool('last'),
    ]);
    expect(names).toEqual(['right', 'last']);
    expect(warnings).toEqual([
      'the tool "deep" is left out: its inputSchema nests deeper than limits.schemaDepth (64)',
    ]);
  });

  it('F-123 references are not followed and patterns not run: such tools are kept as they are', async () => {
    const fixture = await startHttpFixture((_request, response) => void response.end('true'));
    const schemas = [
      { $ref: '#' },
      { $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' },
      { $ref: `${fixture.origin}/schema.json` },
      { properties: { text: { type: 'string', pattern: '^(a+)+$' } } },
    ];
    const { client, names } = await listed(
      schemas.map((schema, index) => ({ ...tool(`t${index}`, schema), outputSchema: schema })),
      { validate: 'warn' },
    );
    expect(names).toEqual(['t0', 't1', 't2', 't3']);
    for (const name of names) await client.callTool(name, { text: `${'a'.repeat(50_000)}!` });
    expect(fixture.requests).toEqual([]);
  });

  it('F-123 limits are settings, and warnings of many tools are few and clean', async () => {
    const bad = Array.from({ length: 500 }, (_, index) =>
      tool(`\u001B[31m${index}\n`, JSON.parse(deep(5)) as unknown),
    );
    const { names, warnings } = await listed([...bad, tool('good')], { limits: { schemaDepth: 4 } });
    expect(names).toEqual(['good']);
    expect(warnings).toHaveLength(11);
    expect(warnings[0]).toBe(
      'the tool "0" is left out: its inputSchema nests deeper than limits.schemaDepth (4)',
    );
    expect(warnings.at(-1)).toBe('490 more tools are left out for such reasons');
  });

  it('F-123 more than limits.items or limits.listBytes are cut off, with a warning', async () => {
    const many = await listed(tools(10_001));
    expect(many.names).toHaveLength(10_000);
    expect(many.warnings).toEqual(['the answer to tools/list was cut: it has more than 10000 items']);
    const large = await listed(tools(1000), { limits: { listBytes: 10_000 } });
    expect(large.names.length).toBeGreaterThan(50);
    expect(large.names.length).toBeLessThan(1000);
    expect(large.warnings).toEqual(['the answer to tools/list was cut: it is larger than 10000 bytes']);
  });
});

describe('tools of all servers together', () => {
  function fleet(
    servers: Readonly<Record<string, MemoryServer>>,
    options: ServerRegistryOptions = {},
  ): { registry: ServerRegistry; warnings: string[] } {
    const factory = makeFactory();
    registerMemory(factory, servers);
    const registry = new ServerRegistry({ factory, ...options });
    const warnings: string[] = [];
    registry.on('server', ({ type, server, reason }) => {
      if (type === 'warning' && reason.includes('maxTools')) warnings.push(`${server}: ${reason}`);
    });
    for (const name of Object.keys(servers)) registry.register(name, { type: 'memory', url: name });
    return { registry, warnings };
  }

  it('F-123 are at most 5 000: ten thousand of one server crowd nobody out', async () => {
    const servers = { big: new MemoryServer(), small: new MemoryServer() };
    servers.big.tools = tools(10_000);
    const { registry, warnings } = fleet(servers);
    await registry.connectAll();
    const { items } = await registry.listTools();
    expect(items).toHaveLength(5000);
    expect(items.at(-1)).toMatchObject({ name: 'small__echo' });
    expect(registry.findTool('big__t4998')).toBeDefined();
    expect(await rejection(registry.callTool('big__t4999'))).toMatchObject({ code: 'UNKNOWN_NAME' });
    await registry.listTools();
    expect(warnings).toEqual([
      'big: 5001 of its tools are left out: all servers together offer more than maxTools (5000)',
    ]);
    await registry.shutdown({ drainMs: 0 });
  });

  it('F-123 come back when there is room for them', async () => {
    const servers = { one: new MemoryServer(), two: new MemoryServer() };
    for (const server of Object.values(servers)) server.tools = tools(6);
    const { registry } = fleet(servers, { maxTools: 8 });
    await registry.connectAll();
    const names = async (): Promise<string[]> => (await registry.listTools()).items.map(({ name }) => name);
    expect(await names()).toHaveLength(8);
    await registry.unregister('one');
    expect(await names()).toEqual(tools(6).map(({ name }) => `two__${String(name)}`));
    await registry.shutdown({ drainMs: 0 });
  });
});

describe.each(EVERYWHERE)('a tool that is gone, of a server of the $era era over $wire', ({ era, wire }) => {
  async function started(): Promise<{ peer: ProtocolPeer; registry: ServerRegistry; lists: () => number }> {
    const peer = await startPeer({ era, wire });
    peer.tools = [tool('echo'), tool('gone')];
    // As the specification has it for a tool that nobody knows, and for arguments that are wrong.
    peer.on.set('tools/call', (exchange) => {
      const { name, arguments: args } = exchange.params as { name: string; arguments: { wrong?: boolean } };
      const isKnown = peer.tools.some((one) => one['name'] === name);
      if (isKnown && args.wrong !== true) exchange.proceed();
      else exchange.error(-32602, isKnown ? 'Invalid arguments' : `Unknown tool: ${name}`);
    });
    const registry = new ServerRegistry({ factory: makeFactory() });
    registry.register('s', peer.entry());
    await registry.connectAll();
    return { peer, registry, lists: () => peer.of('tools/list').length };
  }

  it('F-126 is refused with the error of the server, and the list is read again, once', async () => {
    const { peer, registry, lists } = await started();
    peer.tools = [tool('echo')];
    const calls = await Promise.all(Array.from({ length: 5 }, () => rejection(registry.callTool('s__gone'))));
    for (const error of calls) {
      expect(error).toMatchObject({ name: 'RemoteError', code: -32602, remoteMessage: 'Unknown tool: gone' });
    }
    await until('the tool is no longer offered', () => registry.findTool('s__gone') === undefined);
    expect(lists()).toBe(2);
    expect(await rejection(registry.callTool('s__gone'))).toMatchObject({ code: 'UNKNOWN_NAME' });
    expect(await registry.callTool('s__echo')).toMatchObject({ content: [{ text: '{}' }] });
    await registry.shutdown({ drainMs: 0 });
  });

  it('F-126 wrong arguments are refused alike: the list is read once, not each time', async () => {
    const { registry, lists } = await started();
    const wrong = async (): Promise<Error> => await rejection(registry.callTool('s__echo', { wrong: true }));
    expect(await wrong()).toMatchObject({ code: -32602 });
    await until('the list was read again', () => lists() === 2);
    for (let i = 0; i < 5; i++) await wrong();
    await new Promise((resolve) => setTimeout(resolve, 1300));
    expect(lists()).toBe(2);
    expect(registry.findTool('s__echo')).toBeDefined();
    await registry.shutdown({ drainMs: 0 });
  });
});
