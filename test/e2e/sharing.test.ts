import { afterEach, describe, expect, it } from 'vitest';
import type { ClientFactory } from '../../src/client/client-factory.ts';
import { connectionIdentity } from '../../src/client/pool/connection-identity.ts';
import type { ServerEntry } from '../../src/config/entry.ts';
import { parseEntry } from '../../src/config/parse-entry.ts';
import { ServerRegistry, type ServerRegistryOptions } from '../../src/registry/server-registry.ts';
import { MemoryTransport } from '../../src/transports/memory-transport.ts';
import { rejection, testFactories } from '../helpers/clients.ts';
import { MemoryServer, registerMemory } from '../helpers/memory-server.ts';
import { until } from '../helpers/until.ts';

const makeFactory = testFactories();
const registries: ServerRegistry[] = [];
afterEach(() => Promise.all(registries.splice(0).map((registry) => registry.shutdown({ drainMs: 0 }))));

interface Shared {
  readonly factory: ClientFactory;
  readonly server: MemoryServer;
}

function shared(): Shared {
  const factory = makeFactory();
  const server = new MemoryServer();
  registerMemory(factory, { a: server });
  return { factory, server };
}

const entry = (more: Partial<ServerEntry> = {}): ServerEntry => ({ type: 'memory', url: 'a', ...more });
const token = (value: string): ServerEntry => entry({ headers: { Authorization: `Bearer ${value}` } });

describe('factory.share', () => {
  it('gives equal entries one connection, which ends with the last lease', async () => {
    const { factory, server } = shared();
    const [one, two] = [factory.share(entry()), factory.share({ url: 'a', type: 'memory' })];
    expect(two.client).toBe(one.client);
    expect(two.identity).toBe(one.identity);
    await Promise.all([one.connect(), two.connect()]);
    expect(server.connections).toBe(1);
    await one.release();
    expect(await two.client.callTool('echo', { n: 1 })).toMatchObject({ content: [{ text: '{"n":1}' }] });
    await two.release();
    expect(server.open).toBe(0);
    expect(await rejection(two.client.callTool('echo'))).toMatchObject({ code: 'CONNECTION_CLOSED' });
    expect(await rejection(one.connect())).toMatchObject({ code: 'CONNECTION_CLOSED' });
    // Whoever comes now gets a connection that lives.
    await using three = factory.share(entry());
    expect(three.client).not.toBe(one.client);
    await three.connect();
    expect(server.connections).toBe(2);
  });

  it('a client that is ending is no longer handed out', async () => {
    const { factory, server } = shared();
    const one = factory.share(entry());
    await one.connect();
    server.silent.add('tools/call');
    const inFlight = rejection(one.client.callTool('echo'));
    await until('the call is there', () => server.methods().includes('tools/call'));
    const ending = one.release({ drainMs: 60_000 });
    const two = factory.share(entry());
    expect(two.client).not.toBe(one.client);
    await one.release({ drainMs: 0 });
    await ending;
    expect(await inFlight).toMatchObject({ delivered: 'unknown' });
    await two.release();
  });

  it('whoever disconnects or sleeps does so for himself; the last one does it for good', async () => {
    const { factory, server } = shared();
    const [one, two] = [factory.share(entry()), factory.share(entry())];
    const seen: string[] = [];
    one.on('state', ({ from, to }) => seen.push(`${from} ${to}`));
    await two.connect();
    expect([one.state, two.state]).toEqual(['disconnected', 'connected']);
    await one.connect();
    await one.disconnect();
    expect([one.state, two.state]).toEqual(['disconnected', 'connected']);
    expect(server.open).toBe(1);
    await two.sleep();
    expect([one.state, two.state]).toEqual(['disconnected', 'sleeping']);
    expect(server.open).toBe(0);
    // Nobody is drawn into what others do.
    await two.connect();
    expect(one.state).toBe('disconnected');
    expect(seen).toEqual(['disconnected connected', 'connected disconnected']);
    await Promise.all([one.release(), two.release()]);
  });

  it('a lease that is being disconnected is not drawn into what another one connects meanwhile', async () => {
    const { factory } = shared();
    const [one, two] = [factory.share(entry()), factory.share(entry())];
    await one.connect();
    const leaving = one.disconnect();
    await two.connect();
    await leaving;
    expect([one.state, two.state]).toEqual(['disconnected', 'connected']);
    await Promise.all([one.release(), two.release()]);
  });

  it('shutdownAll ends shared clients too', async () => {
    const { factory, server } = shared();
    const one = factory.share(entry());
    await one.connect();
    await factory.shutdownAll({ drainMs: 0 });
    expect(server.open).toBe(0);
    await one.release();
  });

  it('with a principal a rotated token is the same connection, and is used when it is next made', async () => {
    const factory = makeFactory();
    const server = new MemoryServer();
    const tokens: unknown[] = [];
    factory.registerTransport('memory', (name, { headers }) => {
      tokens.push(headers?.['Authorization']);
      return new MemoryTransport(server.peer, name);
    });
    const one = factory.share(token('first'), { principal: 'ann' });
    await one.connect();
    const two = factory.share(token('second'), { principal: 'ann' });
    expect(two.client).toBe(one.client);
    await two.connect();
    expect(tokens).toEqual(['Bearer first']);
    await two.reconnect();
    expect(tokens).toEqual(['Bearer first', 'Bearer second']);
    await Promise.all([one.release(), two.release()]);
  });
});

describe('the identity of a connection', () => {
  const key = new Uint8Array(32).fill(7);
  const identity = (raw: ServerEntry, principal?: string): string =>
    connectionIdentity(parseEntry('a', raw, { kinds: ['memory'] }), principal, key);

  it.each<[string, ServerEntry, ServerEntry]>([
    ['another token', token('one'), token('two')],
    [
      'another variable',
      { command: 'x', env: { API_KEY: 'one' } },
      { command: 'x', env: { API_KEY: 'two' } },
    ],
    ['another query', { url: 'https://h/mcp?token=one' }, { url: 'https://h/mcp?token=two' }],
    [
      'another password',
      { url: 'https://h/mcp', oauth: { clientId: 'c', clientSecret: 'one' } },
      { url: 'https://h/mcp', oauth: { clientId: 'c', clientSecret: 'two' } },
    ],
  ])('%s: without a principal another one, with a principal the same', (_, one, other) => {
    expect(identity(one)).not.toBe(identity(other));
    expect(identity(one, 'ann')).toBe(identity(other, 'ann'));
    expect(identity(one, 'ann')).not.toBe(identity(one, 'bob'));
    expect(identity(one, 'ann')).not.toBe(identity(one));
  });

  it.each<[string, ServerEntry, ServerEntry]>([
    ['another command', { command: 'x' }, { command: 'y' }],
    [
      'another value that is no secret',
      { command: 'x', env: { DB: 'test' } },
      { command: 'x', env: { DB: 'prod' } },
    ],
    ['another region', entry({ headers: { 'x-region': 'eu' } }), entry({ headers: { 'x-region': 'us' } })],
    ['with and without a token', token('one'), entry()],
    ['another address', { url: 'https://h/one' }, { url: 'https://h/two' }],
    ['other settings', entry(), entry({ 'x-signalbox': { trust: true } })],
    ['other tools', entry({ enabledTools: ['a'] }), entry({ enabledTools: ['b'] })],
    ['another kind', { type: 'http', url: 'https://h/' }, { type: 'sse', url: 'https://h/' }],
  ])('%s: always another one', (_, one, other) => {
    expect(identity(one, 'ann')).not.toBe(identity(other, 'ann'));
    expect(identity(one)).not.toBe(identity(other));
  });

  it('does not depend on order or on the case of header names', () => {
    const one = { type: 'memory', url: 'a', headers: { 'X-One': '1', 'X-Two': '2' } };
    const other = { headers: { 'x-two': '2', 'x-one': '1' }, url: 'a', type: 'memory' };
    expect(identity(one)).toBe(identity(other));
  });

  it('tells nothing without the key of the process', () => {
    const one = parseEntry('a', token('one'), { kinds: ['memory'] });
    expect(connectionIdentity(one, undefined, key)).not.toBe(
      connectionIdentity(one, undefined, new Uint8Array(32).fill(8)),
    );
    expect(identity(token('one'))).toMatch(/^[0-9a-f]{64}$/u);
  });
});

describe('a registry with share', () => {
  function registry(factory: ClientFactory, options: ServerRegistryOptions = {}): ServerRegistry {
    const made = new ServerRegistry({ factory, share: true, ...options });
    registries.push(made);
    return made;
  }

  it('uses one connection for equal entries; without share each has its own', async () => {
    const { factory, server } = shared();
    const one = registry(factory);
    one.register('a', entry());
    one.register('b', entry());
    await one.connectAll();
    expect(server.connections).toBe(1);
    expect((await one.listTools()).items.map(({ name }) => name)).toEqual(['a__echo', 'b__echo']);
    const own = registry(factory, { share: false });
    own.register('a', entry());
    own.register('b', entry());
    await own.connectAll();
    expect(server.connections).toBe(3);
  });

  it('what is done to one name is not done to the others', async () => {
    const { factory, server } = shared();
    const one = registry(factory);
    one.register('a', entry());
    one.register('b', entry());
    await one.connectAll();
    const states = (): string[] => one.getAllServers().map(({ state }) => state);
    await one.updateState('a', 'disconnected', 'no need');
    expect(states()).toEqual(['disconnected', 'connected']);
    expect((await one.listTools()).items.map(({ name }) => name)).toEqual(['b__echo']);
    await one.updateState('a', 'connected', 'needed again');
    one.markUnavailable('b', 'maintenance');
    expect(states()).toEqual(['connected', 'unavailable']);
    expect(await rejection(one.callTool('b__echo'))).toMatchObject({ code: 'SERVER_UNAVAILABLE' });
    await one.callTool('a__echo');
    await one.unregister('a');
    expect(server.open).toBe(0);
    expect(await one.markAvailable('b')).toMatchObject({ success: true });
    await one.callTool('b__echo');
    await one.unregister('b');
    expect(server.open).toBe(0);
    expect(server.connections).toBe(2);
  });

  it('a call to a name whose connection others have joins it', async () => {
    const { factory, server } = shared();
    const one = registry(factory);
    one.register('a', entry());
    await one.connectAll();
    one.register('b', entry());
    expect(one.getServer('b')!.state).toBe('disconnected');
    expect(await one.callTool('b__echo')).toMatchObject({ content: [{ text: '{}' }] });
    expect(one.getServer('b')!.state).toBe('connected');
    expect(server.connections).toBe(1);
  });

  it('registries of several tenants share by principal, and end without harm to each other', async () => {
    const { factory, server } = shared();
    const [ann, again, bob] = ['ann', 'ann', 'bob'].map((principal) =>
      registry(factory, { share: { principal } }),
    ) as [ServerRegistry, ServerRegistry, ServerRegistry];
    ann.register('notes', token('one'));
    again.register('notes', token('two'));
    bob.register('notes', token('one'));
    await Promise.all([ann, again, bob].map((tenant) => tenant.connectAll()));
    expect(server.connections).toBe(2);
    expect(again.getServer('notes')!.client).toBe(ann.getServer('notes')!.client);
    expect(bob.getServer('notes')!.client).not.toBe(ann.getServer('notes')!.client);
    server.silent.add('tools/call');
    const inFlight = again.callTool('notes__echo');
    await until('the call is there', () => server.methods().includes('tools/call'));
    await ann.shutdown({ drainMs: 60_000 });
    const { id } = server.received.findLast(({ method }) => method === 'tools/call')!;
    server.raw(JSON.stringify({ jsonrpc: '2.0', id, result: { content: [] } }));
    expect(await inFlight).toEqual({ content: [] });
    await Promise.all([again.shutdown(), bob.shutdown()]);
    expect(server.open).toBe(0);
  });

  it('an edit that rotates a token of a principal keeps the connection', async () => {
    const { factory, server } = shared();
    const one = registry(factory, { share: { principal: 'ann' } });
    await one.apply(new Map([['a', token('one')]]));
    const applied = await one.apply(new Map([['a', token('two')]]));
    expect(applied.get('a')).toMatchObject({ change: 'changed', connection: { success: true } });
    expect(server.connections).toBe(1);
    expect(server.open).toBe(1);
    await one.callTool('a__echo');
  });
});
