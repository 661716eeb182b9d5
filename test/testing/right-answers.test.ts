import { Client, SSEClientTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterEach, describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import type { Journal } from '../../src/testing/index.ts';
import { testFactories, withSettings } from '../helpers/clients.ts';
import { EVERYWHERE } from '../helpers/protocol-peer.ts';
import { until } from '../helpers/until.ts';
import { testFaultServers } from './fault-servers.ts';

const servers = testFaultServers();
const makeFactory = testFactories();
const officials: Client[] = [];
afterEach(async () => {
  await Promise.all(officials.splice(0).map((client) => client.close()));
});

type Place = (typeof EVERYWHERE)[number];

async function ours({ era, wire }: Place): Promise<{ client: McpClient; journal: Journal }> {
  const { entry, journal } = await servers.on(wire, { era });
  const client = makeFactory().create('s', withSettings(entry));
  await client.connect();
  return { client, journal };
}

/** The client of the official package, before a server that speaks both eras where its wire allows it. */
async function official({ era, wire }: Place): Promise<{ client: Client; journal: Journal }> {
  const server = await servers.on(wire);
  const { entry, journal } = server;
  const mode = era === 'modern' ? { pin: '2026-07-28' } : 'legacy';
  const client = new Client({ name: 'official', version: '1' }, { versionNegotiation: { mode } });
  officials.push(client);
  if (entry.type === 'stdio')
    await client.connect(new StdioClientTransport({ ...entry, args: [...entry.args] }));
  // oxlint-disable-next-line typescript/no-deprecated -- the deprecated transport is what is tested
  else if (entry.type === 'sse') await client.connect(new SSEClientTransport(new URL(entry.url)));
  else await client.connect(new StreamableHTTPClientTransport(new URL(entry.url)));
  return { client, journal };
}

const text = (result: unknown): unknown => (result as { content: { text: string }[] }).content[0]?.text;

describe.each(EVERYWHERE)('a fault server without faults, $era era over $wire', (place) => {
  it('is understood by our client', async () => {
    const { client, journal } = await ours(place);
    expect(client.era).toBe(place.era);
    expect(client.serverInfo).toMatchObject({ name: 'signalbox-fault-server' });
    const tools = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['echo', 'add', 'count', 'slow', 'big']);
    expect(text(await client.callTool('echo', { message: 'grüß dich' }))).toBe('grüß dich');
    expect((await client.callTool('add', { a: 2, b: 3 })).structuredContent).toEqual({ sum: 5 });
    expect(text(await client.callTool('count', { key: 'k' }))).toBe('1');
    expect(text(await client.callTool('count', { key: 'k' }))).toBe('2');
    expect(text(await client.callTool('big', { bytes: 300_000 }))).toHaveLength(300_000);
    const steps: number[] = [];
    await client.callTool(
      'slow',
      { ms: 40, steps: 4 },
      { onProgress: ({ progress }) => steps.push(progress) },
    );
    expect(steps).toEqual([1, 2, 3, 4]);
    expect(await client.callTool('echo', { message: 7 })).toMatchObject({ isError: true });
    await expect(client.callTool('nonsense')).rejects.toMatchObject({ code: -32602 });
    expect(journal.calls().map(({ n, tool }) => [n, tool])).toEqual([
      [1, 'echo'],
      [2, 'add'],
      [3, 'count'],
      [4, 'count'],
      [5, 'big'],
      [6, 'slow'],
      [7, 'echo'],
    ]);
    expect(journal.calls('echo')[0]).toEqual({ n: 1, tool: 'echo', arguments: { message: 'grüß dich' } });
    expect(journal.timesRun('k')).toBe(2);
    expect(journal.repeatedKeys()).toEqual(['k']);
  });

  it('notes what our client cancels', async () => {
    const { client, journal } = await ours(place);
    const controller = new AbortController();
    const call = client.callTool(
      'slow',
      { ms: 60_000, steps: 600 },
      { signal: controller.signal, onProgress: () => controller.abort() },
    );
    await expect(call).rejects.toMatchObject({ code: 'REQUEST_ABORTED' });
    await until('the server has stopped', () => journal.entries().at(-1)?.event === 'cancelled');
    expect(text(await client.callTool('echo', { message: 'still here' }))).toBe('still here');
  });
});

// The dialect is not one of the protocol's own transports.
describe.each(EVERYWHERE.filter(({ wire }) => wire !== 'connect-rpc'))(
  'a fault server without faults, $era era over $wire',
  (place) => {
    it('is understood by the official client', async () => {
      const { client, journal } = await official(place);
      expect(client.getServerVersion()).toMatchObject({ name: 'signalbox-fault-server' });
      const { tools } = await client.listTools();
      expect(tools).toHaveLength(5);
      const echo = await client.callTool({ name: 'echo', arguments: { message: 'hello' } });
      expect(text(echo)).toBe('hello');
      const sum = await client.callTool({ name: 'add', arguments: { a: 1, b: 1 } });
      expect(sum.structuredContent).toEqual({ sum: 2 });
      const controller = new AbortController();
      const slow = client.callTool(
        { name: 'slow', arguments: { ms: 60_000, steps: 600 } },
        { signal: controller.signal, onprogress: () => controller.abort() },
      );
      await expect(slow).rejects.toThrow();
      await until('the server has stopped', () => journal.entries().at(-1)?.event === 'cancelled');
      expect(journal.calls().map(({ tool }) => tool)).toEqual(['echo', 'add', 'slow']);
    });
  },
);
