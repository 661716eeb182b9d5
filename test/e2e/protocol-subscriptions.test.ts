import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { afterEach, describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import type { SubscriptionEvent } from '../../src/client/subscriptions/subscription.ts';
import type { SignalboxSettings } from '../../src/config/entry.ts';
import { QUICK, rejection, testFactories } from '../helpers/clients.ts';
import {
  acknowledgement,
  type Exchange,
  type PeerOptions,
  type ProtocolPeer,
  tagged,
  testPeers,
} from '../helpers/protocol-peer.ts';
import { type LogLine, recordingLogger } from '../helpers/transport-probe.ts';
import { until } from '../helpers/until.ts';

const startPeer = testPeers();
const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await stop(server);
});
const makeFactory = testFactories();

const ALL = {
  toolsListChanged: true,
  promptsListChanged: true,
  resourcesListChanged: true,
  resources: ['test://a'],
};
const END = 'notifications/cancelled';

interface Bench {
  readonly peer: ProtocolPeer;
  readonly client: McpClient;
  readonly log: LogLine[];
}

async function connected(options: PeerOptions, settings: SignalboxSettings = {}): Promise<Bench> {
  const log: LogLine[] = [];
  const peer = await startPeer(options);
  // Without chance, no delay: what is renewed after a pause is renewed at once.
  const factory = makeFactory({ logger: recordingLogger(log), random: () => 0 });
  const client = factory.create('s', peer.entry(settings));
  await client.connect();
  return { peer, client, log };
}

const idOf = ({ message }: Exchange): string | number => message.id!;

describe.each(['stdio', 'http'] as const)('a subscription over %s', (wire) => {
  it('SUB-1 SUB-2 asks for what is wanted, knows what is granted, and tells it to its listener', async () => {
    const { peer, client } = await connected({ wire });
    const heard: SubscriptionEvent[] = [];
    const subscription = await client.subscribe(ALL, (event) => heard.push(event));
    const [listen] = peer.of('subscriptions/listen');
    expect(listen!.params['notifications']).toEqual({
      toolsListChanged: true,
      promptsListChanged: true,
      resourcesListChanged: true,
      resourceSubscriptions: ['test://a'],
    });
    expect(subscription.honored).toEqual(ALL);
    for (const list of ['tools', 'prompts', 'resources'])
      listen!.send(tagged(idOf(listen!), `notifications/${list}/list_changed`));
    listen!.send(tagged(idOf(listen!), 'notifications/resources/updated', { uri: 'test://a' }));
    await until('all are heard', () => heard.length === 4);
    expect(heard).toEqual([
      { type: 'toolsListChanged' },
      { type: 'promptsListChanged' },
      { type: 'resourcesListChanged' },
      { type: 'resourceUpdated', uri: 'test://a' },
    ]);
    await subscription.close();
  });

  it('SUB-1 that is granted in part says which, and warns', async () => {
    const granted = { toolsListChanged: true, resourceSubscriptions: [] };
    const { client, log } = await connected({
      wire,
      on: { 'subscriptions/listen': (exchange) => exchange.send(acknowledgement(exchange, granted)) },
    });
    const subscription = await client.subscribe(ALL, () => {});
    expect(subscription.honored).toEqual({ toolsListChanged: true, resources: [] });
    const warning = log.find(({ level, message }) => level === 'warn' && message.includes('subscription'));
    expect(warning?.fields['missing']).toEqual(['promptsListChanged', 'resourcesListChanged', 'test://a']);
    await subscription.close();
  });

  it('RES-2 hears of a part of the resource that it wants', async () => {
    const { peer, client } = await connected({ wire });
    const heard: SubscriptionEvent[] = [];
    await client.subscribe({ resources: ['test://a'] }, (event) => heard.push(event));
    const [listen] = peer.of('subscriptions/listen');
    listen!.send(tagged(idOf(listen!), 'notifications/resources/updated', { uri: 'test://a/part' }));
    await until('it is heard', () => heard.length === 1);
    expect(heard).toEqual([{ type: 'resourceUpdated', uri: 'test://a/part' }]);
  });

  it('S26-5 SUB-2 is one of several, told apart by their ids', async () => {
    const { peer, client } = await connected({ wire });
    const heard: string[][] = [[], [], []];
    const subscriptions = await Promise.all(
      heard.map((own, index) =>
        client.subscribe({ toolsListChanged: true, resources: [`test://${index}`] }, (event) =>
          own.push(event.type === 'resourceUpdated' ? event.uri : event.type),
        ),
      ),
    );
    const listens = peer.of('subscriptions/listen');
    expect(new Set(listens.map(idOf)).size).toBe(3);
    for (const listen of listens) {
      const [uri] = (listen.params['notifications'] as { resourceSubscriptions: string[] })
        .resourceSubscriptions;
      listen.send(tagged(idOf(listen), 'notifications/resources/updated', { uri }));
    }
    await until('all are heard', () => heard.flat().length === 3);
    expect(heard).toEqual([['test://0'], ['test://1'], ['test://2']]);
    await subscriptions[1]!.close();
    listens[2]!.send(tagged(idOf(listens[2]!), 'notifications/tools/list_changed'));
    listens[0]!.send(tagged(idOf(listens[0]!), 'notifications/tools/list_changed'));
    await until('the others go on', () => heard.flat().length === 5);
    expect(heard.map((own) => own.length)).toEqual([2, 1, 2]);
  });

  it('SUB-3 is ended in the manner of its transport', async () => {
    const { peer, client } = await connected({ wire });
    const heard: SubscriptionEvent[] = [];
    const subscription = await client.subscribe(ALL, (event) => heard.push(event));
    const [listen] = peer.of('subscriptions/listen');
    await subscription.close();
    await subscription.close();
    if (wire === 'http') {
      await until('the stream is closed', () => listen!.isGone);
      expect(peer.of(END)).toEqual([]);
    } else {
      const { params } = await peer.nth(END);
      expect(params['requestId']).toBe(idOf(listen!));
      listen!.send(tagged(idOf(listen!), 'notifications/tools/list_changed'));
    }
    await client.ping();
    expect(heard).toEqual([]);
    expect(peer.of('subscriptions/listen')).toHaveLength(1);
    expect(peer.of(END).length).toBeLessThan(2);
  });

  it.each([
    ['a result', (listen: Exchange) => listen.reply()],
    [
      'notifications/cancelled',
      (listen: Exchange) => {
        listen.send({ jsonrpc: '2.0', method: END, params: { requestId: idOf(listen), reason: 'bye' } });
      },
    ],
    ['the end of its stream', (listen: Exchange) => listen.end()],
  ])('SUB-4 S26-10 that the server ends by %s is opened again', async (what, end) => {
    if (wire === 'stdio' && what.startsWith('the end')) return; // there is but one stream
    const { peer, client } = await connected({ wire });
    const heard: SubscriptionEvent[] = [];
    const subscription = await client.subscribe({ toolsListChanged: true }, (event) => heard.push(event));
    const [first] = peer.of('subscriptions/listen');
    end(first!);
    const second = await peer.nth('subscriptions/listen', 2);
    expect(idOf(second)).not.toBe(idOf(first!));
    expect(second.params).toEqual(first!.params);
    await until('it is renewed', () => heard.length === 1);
    expect(heard).toEqual([{ type: 'renewed', honored: { toolsListChanged: true } }]);
    second.send(tagged(idOf(second), 'notifications/tools/list_changed'));
    await until('it goes on', () => heard.length === 2);
    // What the server has ended itself is not in progress any more: there is nothing to cancel.
    expect(peer.of(END)).toEqual([]);
    await subscription.close();
  });

  it('SUB-4 that the server refuses later is over', async () => {
    let listens = 0;
    const { peer, client } = await connected({
      wire,
      on: {
        'subscriptions/listen': (exchange) => {
          if (listens++ === 0) exchange.proceed();
          else exchange.error(-32603, 'no more subscriptions');
        },
      },
    });
    const heard: SubscriptionEvent[] = [];
    await client.subscribe({ toolsListChanged: true }, (event) => heard.push(event));
    peer.of('subscriptions/listen')[0]!.reply();
    await until('it ends', () => heard.length === 1);
    expect(heard).toMatchObject([{ type: 'ended', error: { name: 'RemoteError', code: -32603 } }]);
    await client.ping();
    expect(peer.of('subscriptions/listen')).toHaveLength(2);
  });

  it('SUB-4 that is refused from the beginning is an error of the subscriber', async () => {
    const { client } = await connected({
      wire,
      on: { 'subscriptions/listen': (exchange) => exchange.error(-32601, 'unknown', undefined, 404) },
    });
    expect(await rejection(client.subscribe(ALL, () => {}))).toMatchObject({ code: -32601 });
    expect(client.state).toBe('connected');
  });

  it('S26-10 SUB-5 stands again after the connection was lost, with everything that is kept forgotten', async () => {
    const { peer, client } = await connected({ wire });
    peer.ttlMs = 60_000;
    const heard: SubscriptionEvent[] = [];
    await client.subscribe(ALL, (event) => heard.push(event));
    await client.listTools();
    peer.drop();
    const again = await peer.nth('subscriptions/listen', 2);
    expect(again.params['notifications']).toEqual(
      peer.of('subscriptions/listen')[0]!.params['notifications'],
    );
    await until('it is renewed', () => heard.length === 1);
    expect(heard).toEqual([{ type: 'renewed', honored: ALL }]);
    await client.listTools();
    expect(peer.of('tools/list')).toHaveLength(2);
    again.send(tagged(idOf(again), 'notifications/prompts/list_changed'));
    await until('it goes on', () => heard.length === 2);
  });

  it('S26-10 survives a reconnection on demand, and ends with a disconnection', async () => {
    const { peer, client } = await connected({ wire });
    const heard: string[] = [];
    await client.subscribe(ALL, ({ type }) => heard.push(type));
    await client.reconnect();
    await peer.nth('subscriptions/listen', 2);
    await until('it is renewed', () => heard.includes('renewed'));
    await client.disconnect();
    await client.connect();
    await client.ping();
    expect(peer.of('subscriptions/listen')).toHaveLength(2);
  });

  it('SUB-6 has no timeout, however short those of calls are', async () => {
    const { peer, client } = await connected(
      { wire },
      { timeouts: { request: 100, total: 200, idle: 300 }, retry: { maxAttempts: 1 } },
    );
    const heard: SubscriptionEvent[] = [];
    await client.subscribe(ALL, (event) => heard.push(event));
    await new Promise((resolve) => setTimeout(resolve, 500));
    const [listen] = peer.of('subscriptions/listen');
    listen!.send(tagged(idOf(listen!), 'notifications/tools/list_changed'));
    await until('it is heard', () => heard.length > 0);
    expect(heard[0]).toEqual({ type: 'toolsListChanged' });
    expect(peer.of('subscriptions/listen')).toHaveLength(1);
  });

  it('SUB-2 drops what belongs to no subscription of ours, or to one that is over', async () => {
    const { peer, client } = await connected({ wire });
    const heard: SubscriptionEvent[] = [];
    await client.subscribe({ toolsListChanged: true }, (event) => heard.push(event));
    const [listen] = peer.of('subscriptions/listen');
    for (const id of [987_654, String(idOf(listen!)), null])
      listen!.send(tagged(id, 'notifications/tools/list_changed'));
    listen!.send(tagged(idOf(listen!), 'notifications/tools/list_changed'));
    await until('its own is heard', () => heard.length > 0);
    expect(heard).toEqual([{ type: 'toolsListChanged' }]);
  });
});

describe.each(['stdio', 'http', 'sse'] as const)('a subscription to a legacy server over %s', (wire) => {
  it('SUB-7 subscribes to resources one by one, and hears of lists unasked', async () => {
    const { peer, client } = await connected({ wire, era: 'legacy' });
    const [first, second]: SubscriptionEvent[][] = [[], []];
    const one = await client.subscribe(ALL, (event) => first!.push(event));
    const two = await client.subscribe({ resources: ['test://a', 'test://b'] }, (event) =>
      second!.push(event),
    );
    const subscribed = (): unknown[] => peer.of('resources/subscribe').map(({ params }) => params['uri']);
    expect(subscribed()).toEqual(['test://a', 'test://b']);
    await peer.notify('notifications/tools/list_changed');
    await peer.notify('notifications/resources/updated', { uri: 'test://a' });
    await peer.notify('notifications/resources/updated', { uri: 'test://b' });
    await peer.notify('notifications/resources/updated', { uri: 'test://other' });
    await until('all are heard', () => first!.length === 2 && second!.length === 2);
    expect(first).toEqual([{ type: 'toolsListChanged' }, { type: 'resourceUpdated', uri: 'test://a' }]);
    await one.close();
    expect(peer.of('resources/unsubscribe')).toEqual([]);
    await two.close();
    const unsubscribed = peer.of('resources/unsubscribe').map(({ params }) => params['uri']);
    expect(unsubscribed).toEqual(['test://a', 'test://b']);
  });

  it('SUB-7 is renewed after the connection was lost', async () => {
    const { peer, client } = await connected({ wire, era: 'legacy' });
    const heard: SubscriptionEvent[] = [];
    await client.subscribe(ALL, (event) => heard.push(event));
    peer.drop();
    if (wire === 'http') await client.listTools();
    await peer.nth('resources/subscribe', 2);
    await until('it is renewed', () => heard.some(({ type }) => type === 'renewed'));
    await peer.notify('notifications/tools/list_changed');
    await until('it goes on', () => heard.some(({ type }) => type === 'toolsListChanged'));
  });

  it('SUB-7 a resource that the server refuses is an error of the subscriber', async () => {
    const on = {
      'resources/subscribe': (exchange: Exchange): void => {
        if (exchange.params['uri'] === 'test://bad') exchange.error(-32002, 'not found');
        else exchange.proceed();
      },
    };
    const { peer, client } = await connected({ wire, era: 'legacy', on });
    const filter = { resources: ['test://a', 'test://bad'] };
    expect(await rejection(client.subscribe(filter, () => {}))).toMatchObject({ code: -32002 });
    // What was taken already is given back.
    expect(peer.of('resources/unsubscribe').map(({ params }) => params['uri'])).toEqual(['test://a']);
  });
});

// --- servers built on the official library --------------------------------------------------------------------------

const ROOT = join(import.meta.dirname, '../..');

/** Two tools: `grow` adds a tool, which changes the list; `die` ends the process. */
const OFFICIAL_STDIO = `
  import { McpServer } from '@modelcontextprotocol/server';
  import { serveStdio } from '@modelcontextprotocol/server/stdio';
  serveStdio(() => {
    const server = new McpServer({ name: 'official', version: '1' }, { capabilities: { tools: { listChanged: true } } });
    let grown = 0;
    server.registerTool('grow', {}, () => {
      server.registerTool('grown-' + ++grown, {}, () => ({ content: [] }));
      return { content: [] };
    });
    server.registerTool('die', {}, () => process.exit(1));
    return server;
  });
`;

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => void server.close(() => resolve()));
}

function official(): McpServer {
  const capabilities = { tools: { listChanged: true }, resources: { subscribe: true, listChanged: true } };
  const server = new McpServer({ name: 'official', version: '1' }, { capabilities });
  server.registerTool('echo', {}, () => ({ content: [] }));
  server.registerResource('a', 'test://a', {}, () => ({ contents: [{ uri: 'test://a', text: 'x' }] }));
  return server;
}

describe('a subscription to a server of the official library', () => {
  it('S26-10 SUB-4 over stdio: hears changes, and is renewed when the process was started again', async () => {
    const client = makeFactory({ random: () => 0 }).create('s', {
      type: 'stdio',
      command: process.execPath,
      args: ['--input-type=module', '-e', OFFICIAL_STDIO],
      cwd: ROOT,
      // However slowly it starts here: it shall be asked for its modern side only.
      'x-signalbox': { ...QUICK, timeouts: { ...QUICK.timeouts, probe: 7000 } },
    });
    await client.connect();
    expect(client.era).toBe('modern');
    const heard: SubscriptionEvent[] = [];
    const subscription = await client.subscribe({ toolsListChanged: true }, (event) => heard.push(event));
    expect(subscription.honored).toEqual({ toolsListChanged: true });
    await client.callTool('grow');
    await until('the change is heard', () => heard.length === 1);
    expect(await client.listTools()).toHaveLength(3);
    await rejection(client.callTool('die'));
    await until('it is renewed', () => heard.length === 2);
    await client.callTool('grow');
    await until('the change is heard', () => heard.length === 3);
    expect(heard.map(({ type }) => type)).toEqual(['toolsListChanged', 'renewed', 'toolsListChanged']);
  });

  it('S26-10 SUB-4 over HTTP: hears changes, and is renewed when the server was started again', async () => {
    const serve = async (
      port: number,
    ): Promise<{ server: Server; handler: ReturnType<typeof createMcpHandler> }> => {
      const handler = createMcpHandler(official);
      const serveRequest = toNodeHandler(handler);
      const server = createServer((request, response) => void serveRequest(request as never, response));
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
      servers.push(server);
      return { server, handler };
    };
    const first = await serve(0);
    const { port } = first.server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/mcp`;
    const client = makeFactory({ random: () => 0 }).create('s', { type: 'http', url, 'x-signalbox': QUICK });
    await client.connect();
    expect(client.era).toBe('modern');
    const heard: SubscriptionEvent[] = [];
    const filter = { toolsListChanged: true, resources: ['test://a'] };
    const subscription = await client.subscribe(filter, (event) => heard.push(event));
    expect(subscription.honored).toEqual(filter);
    first.handler.notify.toolsChanged();
    first.handler.notify.resourceUpdated('test://a');
    await until('both are heard', () => heard.length === 2);
    await first.handler.close();
    await stop(first.server);
    const second = await serve(port);
    await until('it is renewed', () => heard.length === 3);
    second.handler.notify.toolsChanged();
    await until('the change is heard', () => heard.length === 4);
    expect(heard).toEqual([
      { type: 'toolsListChanged' },
      { type: 'resourceUpdated', uri: 'test://a' },
      { type: 'renewed', honored: filter },
      { type: 'toolsListChanged' },
    ]);
    await subscription.close();
    await second.handler.close();
  });
});
