import { McpServer as McpServer1 } from '@modelcontextprotocol/sdk/server/mcp.js';
import { McpServer } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { handlerPeer, memoryTransportBuilder, officialServerPeer } from '../../src/testing/index.ts';
import { QUICK, rejection, testFactories } from '../helpers/clients.ts';
import { until } from '../helpers/until.ts';

const makeFactory = testFactories();

describe('a server of functions in memory', () => {
  const peer = handlerPeer({
    'tools/list': () => ({ tools: [{ name: 'now', inputSchema: { type: 'object' } }] }),
    'tools/call': async ({ name, _meta }, call) => {
      await Promise.resolve();
      if (name === 'gone') call.disconnect();
      if (name === 'strange') throw Object.assign(new Error('no such tool'), { code: -32602 });
      if (name === 'broken') throw new Error('bad luck');
      const { progressToken } = _meta as { progressToken?: number };
      if (progressToken !== undefined) call.notify('notifications/progress', { progressToken, progress: 1 });
      return { content: [{ type: 'text', text: String(name) }] };
    },
  });
  const connected = () => {
    const factory = makeFactory();
    factory.registerTransport('memory', memoryTransportBuilder({ here: peer }));
    return factory.createAndConnect('here', { type: 'memory', url: 'here', 'x-signalbox': QUICK });
  };

  it('is found to be modern, lists and answers, tells progress', async () => {
    const client = await connected();
    expect([client.era, client.capabilities]).toEqual(['modern', { tools: {} }]);
    expect((await client.listTools()).map(({ name }) => name)).toEqual(['now']);
    const heard: number[] = [];
    const result = await client.callTool('now', {}, { onProgress: ({ progress }) => heard.push(progress) });
    expect([result.content, heard]).toEqual([[{ type: 'text', text: 'now' }], [1]]);
  });

  it('answers with the error that is thrown', async () => {
    const client = await connected();
    expect(await rejection(client.callTool('strange'))).toMatchObject({
      code: -32602,
      remoteMessage: 'no such tool',
    });
    expect(await rejection(client.callTool('broken'))).toMatchObject({
      code: -32603,
      remoteMessage: 'bad luck',
    });
    expect(await rejection(client.readResource('odd://x'))).toMatchObject({ code: -32601 });
  });

  it('may end the connection', async () => {
    const client = await connected();
    expect(await rejection(client.callTool('gone'))).toMatchObject({ delivered: 'unknown' });
    expect(await client.callTool('now')).toBeDefined();
  });

  it('that nobody knows is a fault of the entry', async () => {
    const factory = makeFactory();
    factory.registerTransport('memory', memoryTransportBuilder({ here: peer }));
    const client = factory.create('there', { type: 'memory', url: 'there' });
    expect(await rejection(client.connect())).toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('official servers in memory', () => {
  it('of 2.x: one for each connection, which ends with it', async () => {
    let [open, made] = [0, 0];
    const peer = officialServerPeer((transport) => {
      const server = new McpServer({ name: 'two', version: '1' });
      server.registerTool('add', { inputSchema: z.object({ a: z.number(), b: z.number() }) }, ({ a, b }) => ({
        content: [{ type: 'text', text: `${a + b}` }],
      }));
      server.server.onclose = () => void open--;
      [open, made] = [open + 1, made + 1];
      return server.connect(transport);
    });
    const factory = makeFactory();
    factory.registerTransport('memory', memoryTransportBuilder({ two: peer }));
    const entry = { type: 'memory', url: 'two', 'x-signalbox': QUICK };
    const [one, other] = [
      await factory.createAndConnect('a', entry),
      await factory.createAndConnect('b', entry),
    ];
    expect(await one.callTool('add', { a: 1, b: 2 })).toMatchObject({ content: [{ text: '3' }] });
    expect([open, made]).toEqual([2, 2]);
    await one.disconnect();
    await other.disconnect();
    await until('the servers have ended', () => open === 0);
  });

  it('of 1.x', async () => {
    const peer = officialServerPeer((transport) => {
      const server = new McpServer1({ name: 'one', version: '1' });
      server.registerTool('hi', {}, () => ({ content: [{ type: 'text' as const, text: 'hi' }] }));
      return server.connect(transport);
    });
    const factory = makeFactory();
    factory.registerTransport('memory', memoryTransportBuilder({ one: peer }));
    const client = await factory.createAndConnect('one', {
      type: 'memory',
      url: 'one',
      'x-signalbox': QUICK,
    });
    expect([client.era, (await client.callTool('hi')).content]).toEqual([
      'legacy',
      [{ type: 'text', text: 'hi' }],
    ]);
  });

  it('a server that does not come up is a lost connection', async () => {
    const factory = makeFactory();
    const peer = officialServerPeer(() => Promise.reject(new Error('not today')));
    factory.registerTransport('memory', memoryTransportBuilder({ none: peer }));
    const client = factory.create('none', { type: 'memory', url: 'none', 'x-signalbox': QUICK });
    expect(await rejection(client.connect())).toMatchObject({ code: 'CONNECT_FAILED' });
  });
});
