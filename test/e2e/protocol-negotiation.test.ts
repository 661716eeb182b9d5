import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SignalboxSettings } from '../../src/config/entry.ts';
import { LEGACY_VERSIONS } from '../../src/protocol/versions.ts';
import { faultyEntry, QUICK, rejection, testFactories } from '../helpers/clients.ts';
import {
  type Exchange,
  LEGACY_WIRES,
  type PeerOptions,
  type ProtocolPeer,
  testPeers,
} from '../helpers/protocol-peer.ts';

const startPeer = testPeers();
const makeFactory = testFactories();

const MODERN_WIRES = ['stdio', 'http'] as const;
const refusal =
  (code: number, data?: unknown, status: number = 400) =>
  (exchange: Exchange): void =>
    exchange.error(code, 'refused', data, status);

/** What a client finds out about a peer, or the code of the error that it fails with. */
async function outcome(
  options: PeerOptions,
  settings: SignalboxSettings = {},
): Promise<{ peer: ProtocolPeer; found: unknown }> {
  const peer = await startPeer(options);
  const client = makeFactory().create('s', peer.entry(settings));
  const found = await client.connect().then(
    () => client.protocolVersion,
    (error: unknown) => (error as { code: string }).code,
  );
  // The last word of a handshake is not answered, so that its arrival is waited for.
  if (client.era === 'legacy') await peer.nth('notifications/initialized');
  return { peer, found };
}

describe.each(MODERN_WIRES)('the probe over %s', (wire) => {
  it('S26-11 comes before everything else, and settles the matter with a modern server', async () => {
    const { peer, found } = await outcome({ wire });
    expect(found).toBe('2026-07-28');
    expect(peer.methods()).toEqual(['server/discover']);
    expect(peer.connections).toBe(wire === 'stdio' ? 1 : 0);
  });

  it.each([-32601, -32602, -32600, -32700, -32603, -32000, -32001, -32002, -32042, 1, 404])(
    'S26-11b H26-18 refused with %i means a legacy server, with the same process',
    async (code) => {
      const { peer, found } = await outcome({
        wire,
        era: 'legacy',
        on: { 'server/discover': refusal(code) },
      });
      expect(found).toBe('2025-11-25');
      expect(peer.methods()).toEqual(['server/discover', 'initialize', 'notifications/initialized']);
      expect(peer.connections).toBe(1);
    },
  );

  it('NEG-7 H26-18 refused with -32022 is repeated once with the version that both speak', async () => {
    let probes = 0;
    const { peer, found } = await outcome({
      wire,
      on: {
        'server/discover': (exchange) => {
          if (probes++ === 0) exchange.error(-32022, 'no', { supported: ['2031-01-01', '2026-07-28'] }, 400);
          else exchange.proceed();
        },
      },
    });
    expect(found).toBe('2026-07-28');
    expect(peer.methods()).toEqual(['server/discover', 'server/discover']);
  });

  it('NEG-7 refused with -32022 again and again ends in an error', async () => {
    const on = { 'server/discover': refusal(-32022, { supported: ['2026-07-28'] }) };
    const { peer, found } = await outcome({ wire, on });
    expect(found).toBe('CONNECT_FAILED');
    expect(peer.methods()).toEqual(['server/discover', 'server/discover']);
  });

  it('NEG-7 refused with versions that nobody here speaks ends in an error that names both sides', async () => {
    const supported = ['2031-01-01'];
    const peer = await startPeer({ wire, on: { 'server/discover': refusal(-32022, { supported }) } });
    const error = await rejection(makeFactory().create('s', peer.entry()).connect());
    expect(error).toMatchObject({ code: 'PROTOCOL_UNSUPPORTED', details: { theirs: supported } });
    expect(error.message).toContain('2031-01-01');
    expect(error.message).toContain('2026-07-28');
    expect(peer.methods()).toEqual(['server/discover']);
  });

  it.each([-32020, -32021])(
    'H26-18 refused with %i: the server is modern, nothing falls back',
    async (code) => {
      const { peer, found } = await outcome({
        wire,
        era: 'legacy',
        on: { 'server/discover': refusal(code) },
      });
      expect(found).toBe('CONNECT_FAILED');
      expect(peer.methods()).toEqual(['server/discover']);
    },
  );

  it.each([
    ['an error', refusal(-32022, { supported: ['2025-06-18', '2024-11-05'] })],
    ['a result', (exchange: Exchange) => exchange.reply({ supportedVersions: ['2025-06-18', '2024-11-05'] })],
  ])(
    'NEG-7 answered by %s with legacy versions only: initialize, with the best of them',
    async (_how, discover) => {
      const { peer, found } = await outcome({
        wire,
        era: 'legacy',
        version: '2025-06-18',
        on: { 'server/discover': discover },
      });
      expect(found).toBe('2025-06-18');
      expect(peer.of('initialize').map(({ params }) => params['protocolVersion'])).toEqual(['2025-06-18']);
    },
  );

  it('NEG-6 is saved where the era is known, and the memory is corrected when it fails', async () => {
    const factory = makeFactory();
    const peer = await startPeer({ wire, era: 'legacy' });
    await factory.createAndConnect('first', peer.entry());
    await peer.nth('notifications/initialized', 1);
    await factory.createAndConnect('second', peer.entry());
    await peer.nth('notifications/initialized', 2);
    const opening = ['initialize', 'notifications/initialized'];
    expect(peer.methods()).toEqual(['server/discover', ...opening, ...opening]);

    // The server is replaced by one of the other era: what is remembered is wrong, once each way.
    Object.assign(peer, { era: 'modern', version: '2026-07-28' });
    const third = await factory.createAndConnect('third', peer.entry());
    expect(third.era).toBe('modern');
    Object.assign(peer, { era: 'legacy', version: '2025-11-25' });
    const fourth = await factory.createAndConnect('fourth', peer.entry());
    expect(fourth.era).toBe('legacy');
  });
});

describe('the probe over stdio', () => {
  it('NEG-6 a server of both eras that starts slowly answers initialize too: legacy now, modern next time', async () => {
    const peer = await startPeer({
      wire: 'stdio',
      on: {
        'server/discover': async (exchange) => {
          // Busy with its start, it reads both messages at once.
          if (peer.connections === 1) await peer.nth('initialize');
          exchange.proceed();
        },
        initialize: async (exchange) => {
          await new Promise((resolve) => setTimeout(resolve, 20));
          exchange.reply({ protocolVersion: '2025-11-25', capabilities: { tools: {} } });
        },
      },
    });
    // So long too is the answer to `initialize` waited for that comes after the one to the probe.
    const client = makeFactory().create('s', peer.entry({ timeouts: { probe: 1500 } }));
    await client.connect();
    expect(client.protocolVersion).toBe('2025-11-25');
    await peer.nth('notifications/initialized');
    await client.reconnect();
    expect(client.protocolVersion).toBe('2026-07-28');
    expect(peer.of('initialize')).toHaveLength(1);
  });

  it('NEG-6 the same holds for the official library, whose server is of one era then', async () => {
    const server = `
      import { existsSync, writeFileSync } from 'node:fs';
      import { McpServer } from '@modelcontextprotocol/server';
      import { serveStdio } from '@modelcontextprotocol/server/stdio';
      const [startedBefore] = process.argv.slice(1);
      // Busy with its first start until both messages are there.
      if (!existsSync(startedBefore)) {
        writeFileSync(startedBefore, '');
        let read = '';
        for (;;) {
          await new Promise((resolve) => process.stdin.once('readable', resolve));
          read += process.stdin.read() ?? '';
          if (read.includes('"initialize"')) break;
        }
        process.stdin.unshift(read);
      }
      serveStdio(() => {
        const server = new McpServer({ name: 'both', version: '1' });
        server.registerTool('ask', {}, async (extra) => ({ content: [] }));
        return server;
      });
    `;
    const folder = await mkdtemp(join(tmpdir(), 'signalbox-eras-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const client = makeFactory().create('s', {
      type: 'stdio',
      command: process.execPath,
      args: ['--input-type=module', '-e', server, join(folder, 'started-before')],
      cwd: join(import.meta.dirname, '../..'),
      // So long too is the answer to `initialize` waited for that comes after the one to the probe.
      'x-signalbox': { ...QUICK, timeouts: { ...QUICK.timeouts, probe: 1500 } },
    });
    await client.connect();
    expect(client.era).toBe('legacy');
    expect(await client.listTools()).toHaveLength(1);
    await client.reconnect();
    expect(client.era).toBe('modern');
    expect(await client.listTools()).toHaveLength(1);
  });

  it('S26-11b unanswered means a legacy server, and is not cancelled', async () => {
    const { peer, found } = await outcome(
      { wire: 'stdio', era: 'legacy', on: { 'server/discover': () => {} } },
      { timeouts: { probe: 50 } },
    );
    expect(found).toBe('2025-11-25');
    expect(peer.methods()).toEqual(['server/discover', 'initialize', 'notifications/initialized']);
    expect(peer.connections).toBe(1);
  });

  it.each(['modern', 'legacy'] as const)(
    'S26-4 noise on stdout and stderr says nothing about the era: %s',
    async (era) => {
      const on = {
        'server/discover': ['stderr:ERROR: fatal', 'noise:[INFO] starting', 'noise:{"error":1', 'reply'],
      };
      const client = makeFactory().create('s', faultyEntry({ era, on }));
      expect((await client.connect()).metadata).toMatchObject({ era });
      expect(client.diagnostics().transport.stderrTail).toContain('fatal');
      expect(client.state).toBe('connected');
    },
  );
});

describe.each(LEGACY_WIRES)('initialize over %s', (wire) => {
  const settings = { protocol: 'legacy' };

  it('NEG-1 NEG-2 offers the latest legacy version, never a modern one', async () => {
    const { peer } = await outcome({ wire, era: 'legacy' });
    expect(peer.of('initialize').map(({ params }) => params['protocolVersion'])).toEqual(['2025-11-25']);
  });

  it.each(LEGACY_VERSIONS)('NEG-1 offers %s where the entry asks for it', async (version) => {
    const { peer, found } = await outcome({ wire, era: 'legacy', version }, { protocol: version });
    expect(found).toBe(version);
    expect(peer.of('initialize').map(({ params }) => params['protocolVersion'])).toEqual([version]);
  });

  it.each([...LEGACY_VERSIONS, '2024-10-07'])(
    'NEG-4 answered with %s is used at that version',
    async (version) => {
      const { peer, found } = await outcome({ wire, era: 'legacy', version }, settings);
      expect(found).toBe(version);
      expect(peer.methods()).toEqual(['initialize', 'notifications/initialized']);
    },
  );

  it.each(['2031-01-01', '2026-07-28', '1.0', ''])(
    'NEG-3 answered with %j ends the connection',
    async (version) => {
      const { peer, found } = await outcome({ wire, era: 'legacy', version }, settings);
      expect(found).toBe('PROTOCOL_UNSUPPORTED');
      expect(peer.methods()).toEqual(['initialize']);
    },
  );

  it('NEG-1 refused with the versions that the server speaks is repeated with the best of them', async () => {
    const on = {
      initialize: (exchange: Exchange): void => {
        if (exchange.params['protocolVersion'] === '2025-03-26') exchange.proceed();
        else
          exchange.error(-32602, 'Unsupported protocol version', { supported: ['2025-03-26', '2024-11-05'] });
      },
    };
    const { peer, found } = await outcome({ wire, era: 'legacy', version: '2025-03-26', on }, settings);
    expect(found).toBe('2025-03-26');
    expect(peer.of('initialize').map(({ params }) => params['protocolVersion'])).toEqual([
      '2025-11-25',
      '2025-03-26',
    ]);
  });

  it('NEG-5 is not cancelled, neither by its caller nor by time', async () => {
    const peer = await startPeer({ wire, era: 'legacy', on: { initialize: () => {} } });
    const abort = new AbortController();
    const client = makeFactory().create('s', peer.entry(settings));
    const connecting = rejection(client.connect({ signal: abort.signal }));
    await peer.nth('initialize');
    abort.abort();
    expect(await connecting).toMatchObject({ code: 'REQUEST_ABORTED' });
    const timed = makeFactory().create('s', peer.entry({ ...settings, timeouts: { connect: 100 } }));
    expect(await rejection(timed.connect())).toMatchObject({ code: 'CONNECT_TIMEOUT' });
    expect(new Set(peer.methods())).toEqual(new Set(['initialize']));
  });
});
