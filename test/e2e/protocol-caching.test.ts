import { describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import type { SignalboxSettings } from '../../src/config/entry.ts';
import type { Clock } from '../../src/core/clock.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { rejection, testFactories } from '../helpers/clients.ts';
import {
  EVERYWHERE,
  type Exchange,
  type PeerOptions,
  type ProtocolPeer,
  tagged,
  testPeers,
} from '../helpers/protocol-peer.ts';
import { until } from '../helpers/until.ts';

const startPeer = testPeers();
const makeFactory = testFactories();

const LONG = 60_000;

async function connected(
  options: PeerOptions,
  settings: SignalboxSettings = {},
  clock?: Clock,
): Promise<{ peer: ProtocolPeer; client: McpClient }> {
  const peer = await startPeer(options);
  const client = makeFactory(clock && { clock }).create('s', peer.entry(settings));
  await client.connect();
  return { peer, client };
}

const toolNames = (tools: readonly { name: string }[]): string[] => tools.map(({ name }) => name);

describe.each(['stdio', 'http'] as const)('what is kept of answers over %s', (wire) => {
  it('CACHE-1 answers the same question only', async () => {
    const { peer, client } = await connected({ wire });
    peer.ttlMs = LONG;
    for (let round = 0; round < 2; round++) {
      expect((await client.readResource('test://a')).contents[0]!.uri).toBe('test://a');
      expect((await client.readResource('test://b')).contents[0]!.uri).toBe('test://b');
      await client.listResources();
      await client.listResourceTemplates();
      await client.listTools();
      await client.listPrompts();
    }
    expect(peer.methods()).toEqual([
      'server/discover',
      'resources/read',
      'resources/read',
      'resources/list',
      'resources/templates/list',
      'tools/list',
      'prompts/list',
    ]);
  });

  it('CACHE-1 is passed over where the caller wants news, and renewed by them', async () => {
    const { peer, client } = await connected({ wire });
    peer.ttlMs = LONG;
    expect(toolNames(await client.listTools())).toEqual(['echo']);
    peer.tools = [{ name: 'new', inputSchema: { type: 'object' } }];
    expect(toolNames(await client.listTools())).toEqual(['echo']);
    expect(toolNames(await client.listTools({ cache: 'reload' }))).toEqual(['new']);
    expect(toolNames(await client.listTools())).toEqual(['new']);
    await client.readResource('test://a');
    await client.readResource('test://a', { cache: 'reload' });
    expect(peer.of('resources/read')).toHaveLength(2);
    expect(peer.of('tools/list')).toHaveLength(2);
  });

  it('CACHE-2 is never a call, a prompt, a completion or an error', async () => {
    const keep = (exchange: Exchange): void =>
      exchange.reply({ ttlMs: LONG, content: [], messages: [], completion: { values: [] } });
    const { peer, client } = await connected({
      wire,
      on: {
        'tools/call': keep,
        'prompts/get': keep,
        'completion/complete': keep,
        'resources/read': (exchange) => exchange.error(-32602, 'no such resource', { ttlMs: LONG }),
      },
    });
    for (let round = 0; round < 2; round++) {
      await client.callTool('echo');
      await client.getPrompt('greet');
      await client.complete({ type: 'ref/prompt', name: 'greet' }, { name: 'who', value: '' });
      await rejection(client.readResource('test://a'));
    }
    expect(peer.received).toHaveLength(9);
  });

  it('CACHE-3 are pages, each with a time of its own', async () => {
    const { peer, client } = await connected({
      wire,
      on: {
        'tools/list': (exchange) => {
          if (exchange.params['cursor'] === undefined)
            exchange.reply({ tools: [{ name: 'first' }], nextCursor: 'more', ttlMs: LONG });
          else exchange.reply({ tools: [{ name: 'second' }], ttlMs: 0 });
        },
      },
    });
    for (let round = 0; round < 3; round++)
      expect(toolNames(await client.listTools())).toEqual(['first', 'second']);
    const cursors = peer.of('tools/list').map(({ params }) => params['cursor']);
    expect(cursors).toEqual([undefined, 'more', 'more', 'more']);
  });

  it('CACHE-3 is discarded with all its pages when a cursor proves invalid; the list begins anew', async () => {
    let generation = 1;
    const { peer, client } = await connected({
      wire,
      on: {
        'tools/list': (exchange) => {
          const { cursor } = exchange.params;
          const own = `cursor ${generation}`;
          if (cursor === undefined)
            exchange.reply({ tools: [{ name: `first ${generation}` }], nextCursor: own, ttlMs: LONG });
          else if (cursor === own) exchange.reply({ tools: [{ name: `second ${generation}` }], ttlMs: 0 });
          else exchange.error(-32602, 'invalid cursor');
        },
      },
    });
    await client.listTools();
    generation = 2;
    expect(toolNames(await client.listTools())).toEqual(['first 2', 'second 2']);
    expect(peer.of('tools/list')).toHaveLength(5);
    // A server whose own cursors are never valid is not asked for ever.
    peer.on.set('tools/list', (exchange) => {
      if (exchange.params['cursor'] === undefined)
        exchange.reply({ tools: [], nextCursor: 'x', ttlMs: LONG });
      else exchange.error(-32602, 'invalid cursor');
    });
    expect(await rejection(client.listTools({ cache: 'reload' }))).toMatchObject({ code: -32602 });
    expect(peer.of('tools/list').length).toBeLessThan(10);
  });

  it('CACHE-4 CACHE-5 is fresh for ttlMs after it arrived, however often it is used, and fetched again then', async () => {
    const clock = new FakeClock();
    const { peer, client } = await connected({ wire }, {}, clock);
    peer.ttlMs = 400;
    await client.listTools();
    await client.readResource('test://a');
    for (let passed = 0; passed < 390; passed += 30) {
      await clock.advance(30);
      await client.listTools();
      await client.readResource('test://a');
    }
    expect(peer.of('tools/list')).toHaveLength(1);
    expect(peer.of('resources/read')).toHaveLength(1);
    await clock.advance(11);
    await client.listTools();
    await client.readResource('test://a');
    expect(peer.of('tools/list')).toHaveLength(2);
    expect(peer.of('resources/read')).toHaveLength(2);
  });

  it.each([0, -1, -60_000, undefined, null, '60000', Number.MAX_VALUE * -1])(
    'CACHE-4 is stale at once with a ttlMs of %j',
    async (ttlMs) => {
      const on = { 'tools/list': (exchange: Exchange) => exchange.reply({ tools: [], ttlMs }) };
      const { peer, client } = await connected({ wire, on });
      await client.listTools();
      await client.listTools();
      expect(peer.of('tools/list')).toHaveLength(2);
    },
  );

  it('CACHE-6 is not looked after in the background', async () => {
    const clock = new FakeClock();
    const { peer, client } = await connected({ wire }, { health: false }, clock);
    peer.ttlMs = 30;
    await client.listTools();
    await client.readResource('test://a');
    const before = peer.received.length;
    await clock.advance(60_000);
    await client.callTool('echo');
    expect(peer.received.slice(before).map(({ message }) => message.method)).toEqual(['tools/call']);
  });

  it('CACHE-8 is invalid as soon as its change is told of', async () => {
    const { peer, client } = await connected({ wire });
    peer.ttlMs = LONG;
    const heard: string[] = [];
    const subscription = await client.subscribe(
      { toolsListChanged: true, resourcesListChanged: true, resources: ['test://a', 'test://b'] },
      ({ type }) => heard.push(type),
    );
    const [listen] = peer.of('subscriptions/listen');
    const { id } = listen!.message;
    const useAll = async (): Promise<void> => {
      await client.listTools();
      await client.listPrompts();
      await client.listResources();
      await client.listResourceTemplates();
      await client.readResource('test://a');
      await client.readResource('test://b');
    };
    await useAll();
    const seen = peer.received.length;
    listen!.send(tagged(id, 'notifications/tools/list_changed'));
    listen!.send(tagged(id, 'notifications/resources/list_changed'));
    listen!.send(tagged(id, 'notifications/resources/updated', { uri: 'test://a' }));
    await until('all are heard', () => heard.length === 3);
    await useAll();
    expect(peer.methods().slice(seen)).toEqual([
      'tools/list',
      'resources/list',
      'resources/templates/list',
      'resources/read',
    ]);
    await subscription.close();
  });

  it('CACHE-8 is not kept at all when the change is told of before it arrives', async () => {
    const { peer, client } = await connected({
      wire,
      on: { 'tools/list': () => {}, 'resources/read': () => {} },
    });
    peer.ttlMs = LONG;
    const heard: string[] = [];
    await client.subscribe({ toolsListChanged: true, resources: ['test://a'] }, ({ type }) =>
      heard.push(type),
    );
    const [listen] = peer.of('subscriptions/listen');
    const { id } = listen!.message;
    const list = client.listTools();
    const read = client.readResource('test://a');
    const [listing, reading] = [await peer.nth('tools/list'), await peer.nth('resources/read')];
    listen!.send(tagged(id, 'notifications/tools/list_changed'));
    listen!.send(tagged(id, 'notifications/resources/updated', { uri: 'test://a' }));
    await until('both are heard', () => heard.length === 2);
    for (const exchange of [listing, reading]) exchange.proceed();
    await Promise.all([list, read]);
    for (const method of ['tools/list', 'resources/read']) peer.on.delete(method);
    await client.listTools();
    await client.readResource('test://a');
    expect(peer.of('tools/list')).toHaveLength(2);
    expect(peer.of('resources/read')).toHaveLength(2);
  });

  it('CACHE-9 belongs to one client, and so to one authorization', async () => {
    const peer = await startPeer({ wire });
    peer.ttlMs = LONG;
    const factory = makeFactory();
    const clients = await Promise.all(
      ['one', 'two'].map((name) =>
        factory.createAndConnect(name, {
          ...peer.entry(),
          ...(wire === 'http' ? { headers: { authorization: `Bearer ${name}` } } : { env: { TOKEN: name } }),
        }),
      ),
    );
    for (const client of clients) {
      await client.listTools();
      await client.listTools();
    }
    expect(peer.of('tools/list')).toHaveLength(2);
  });

  it('SUB-5 is forgotten with the connection', async () => {
    const { peer, client } = await connected({ wire });
    peer.ttlMs = LONG;
    await client.listTools();
    await client.reconnect();
    await client.listTools();
    expect(peer.of('tools/list')).toHaveLength(2);
  });
});

describe.each(EVERYWHERE)('pages of the $era era over $wire', ({ era, wire }) => {
  it('PAG-1 PAG-2 PAG-3 PAG-4 have opaque cursors, any size, and end where no cursor is', async () => {
    const cursors = ['', '0', ' ', 'null', '{"a" : 1}', 'é\u{1F680}\u2028\n', 'x'.repeat(5000)];
    const sizes = [0, 3, 1, 0, 0, 7, 2, 1];
    const on = Object.fromEntries(
      ['tools', 'prompts', 'resources', 'resources/templates'].map((list) => [
        `${list}/list`,
        (exchange: Exchange) => {
          const page = cursors.indexOf(exchange.params['cursor'] as string) + 1;
          const items = Array.from({ length: sizes[page]! }, (_, item) => {
            const name = `${page}-${item}`;
            return {
              name,
              uri: `test://${name}`,
              uriTemplate: `test://${name}`,
              inputSchema: { type: 'object' },
            };
          });
          const nextCursor = cursors[page];
          exchange.reply({
            tools: items,
            prompts: items,
            resources: items,
            resourceTemplates: items,
            nextCursor,
          });
        },
      ]),
    );
    const { peer, client } = await connected({ era, wire, on });
    const expected = sizes.flatMap((size, page) =>
      Array.from({ length: size }, (_, item) => `${page}-${item}`),
    );
    const lists = [
      await client.listTools(),
      await client.listPrompts(),
      await client.listResources(),
      await client.listResourceTemplates(),
    ];
    for (const list of lists) expect(toolNames(list)).toEqual(expected);
    for (const list of ['tools', 'prompts', 'resources', 'resources/templates']) {
      const asked = peer.of(`${list}/list`).map(({ params }) => params['cursor']);
      expect(asked).toEqual([undefined, ...cursors]);
    }
  });

  it('PAG-5 without end are ended here, with a warning', async () => {
    let page = 0;
    const on = {
      'tools/list': (exchange: Exchange): void =>
        exchange.reply({ tools: [{ name: `t${page}`, inputSchema: {} }], nextCursor: `c${page++}` }),
    };
    const { peer, client } = await connected({ era, wire, on }, { limits: { pages: 5 } });
    const warnings: string[] = [];
    client.on('warning', ({ message }) => warnings.push(message));
    expect(await client.listTools()).toHaveLength(5);
    expect(peer.of('tools/list')).toHaveLength(5);
    expect(warnings).toEqual(['the answer to tools/list was cut: it has more than 5 pages']);
  });
});
