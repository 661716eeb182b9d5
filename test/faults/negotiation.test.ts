import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type FaultRules, startFaultServer } from '../../src/testing/index.ts';
import { faultyEntry, QUICK, recordStates, rejection, testFactories } from '../helpers/clients.ts';
import { readJournal } from '../helpers/faulty-server.ts';
import { temporaryDirectory } from '../helpers/processes.ts';

const makeFactory = testFactories();
const directory = temporaryDirectory();
let journals = 0;
const newJournal = (): string => join(directory, `journal-${journals++}`);
const methodsIn = (journal: string): string[] => readJournal(journal).flatMap(({ method }) => method ?? []);
const startsIn = (journal: string): number =>
  readJournal(journal).filter((entry) => entry.started !== undefined).length;

describe('negotiation over stdio', () => {
  it('finds a modern server with one request', async () => {
    const journal = newJournal();
    const client = makeFactory().create('s', faultyEntry({ journal, era: 'modern' }));
    const { metadata } = await client.connect();
    expect(metadata).toMatchObject({ era: 'modern', protocolVersion: '2026-07-28', transport: 'stdio' });
    expect(methodsIn(journal)).toEqual(['server/discover']);
  });

  it.each(['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'])(
    'speaks %s with a legacy server',
    async (version) => {
      const journal = newJournal();
      const client = makeFactory().create('s', faultyEntry({ journal, era: 'legacy', versions: [version] }));
      const { metadata } = await client.connect();
      expect(metadata).toMatchObject({ era: 'legacy', protocolVersion: version });
      await client.ping();
      expect(methodsIn(journal)).toEqual([
        'server/discover',
        'initialize',
        'notifications/initialized',
        'ping',
      ]);
      expect(startsIn(journal)).toBe(1);
    },
  );

  it('F-064 a version that nobody here speaks is final and names both sides', async () => {
    const journal = newJournal();
    const entry = faultyEntry(
      { journal, era: 'legacy', versions: ['2031-01-01'] },
      { retry: { maxAttempts: 5 } },
    );
    const error = await rejection(makeFactory().create('s', entry).connect());
    expect(error).toMatchObject({ code: 'PROTOCOL_UNSUPPORTED', retryable: false });
    expect(error.message).toContain('2031-01-01');
    expect(error.message).toContain('2025-11-25');
    expect(startsIn(journal)).toBe(1);
  });

  it('F-064 a modern version that nobody here speaks is final too, without initialize', async () => {
    const journal = newJournal();
    const entry = faultyEntry({
      journal,
      era: 'modern',
      modernVersions: ['2031-01-01'],
      discover: 'unsupported',
    });
    expect(await rejection(makeFactory().create('s', entry).connect())).toMatchObject({
      code: 'PROTOCOL_UNSUPPORTED',
    });
    expect(methodsIn(journal)).not.toContain('initialize');
  });

  it('F-065 initialize answered with an error is a failed connection', async () => {
    const entry = faultyEntry({ era: 'legacy', on: { initialize: ['error:-32603'] } });
    const error = await rejection(makeFactory().create('s', entry).connect());
    expect(error).toMatchObject({ code: 'CONNECT_FAILED', details: { code: -32603 } });
  });

  it.each(['{}', '{"protocolVersion":7}', '[]', 'null'])(
    'F-065 initialize answered with %s is a failed connection',
    async (result) => {
      const entry = faultyEntry({ era: 'legacy', on: { initialize: [`result:${result}`] } });
      const error = await rejection(makeFactory().create('s', entry).connect());
      expect(['CONNECT_FAILED', 'INVALID_RESULT']).toContain((error as Error & { code: string }).code);
    },
  );

  it('F-065 initialize answered twice connects once', async () => {
    const client = makeFactory().create('s', faultyEntry({ era: 'legacy', on: { initialize: ['dup'] } }));
    const states = recordStates(client);
    await client.connect();
    await client.ping();
    expect(client.diagnostics().wire).toMatchObject({ duplicateResponses: 1 });
    expect(states.map(({ to }) => to)).toEqual(['connecting', 'initializing', 'connected']);
  });

  it('F-066 undeclared lists are empty and are not asked for', async () => {
    const journal = newJournal();
    const client = makeFactory().create('s', faultyEntry({ journal, capabilities: {} }));
    await client.connect();
    expect(await client.listTools()).toEqual([]);
    expect(await client.listPrompts()).toEqual([]);
    expect(methodsIn(journal)).not.toContain('tools/list');
  });

  it('F-066 a declared list that the server does not know is empty, with a warning and without reconnection', async () => {
    const entry = faultyEntry({ capabilities: { tools: {} }, on: { 'tools/list': ['error:-32601'] } });
    const client = makeFactory().create('s', entry);
    await client.connect();
    const warnings: string[] = [];
    client.on('warning', ({ message }) => warnings.push(message));
    expect(await client.listTools()).toEqual([]);
    expect(warnings).toEqual(['the server declares tools but does not know tools/list']);
    expect(client.stats().connections).toBe(1);
  });

  it('F-067 a legacy server that drops the probe is initialised in the same process, and a late answer is ignored', async () => {
    const journal = newJournal();
    const late = '{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"late"}}';
    const entry = faultyEntry(
      { journal, era: 'legacy', discover: 'silent', on: { ping: [`raw:${late}`, 'reply'] } },
      { timeouts: { probe: 100 } },
    );
    const client = makeFactory().create('s', entry);
    const { metadata } = await client.connect();
    expect(metadata).toMatchObject({ era: 'legacy' });
    await client.ping();
    expect(startsIn(journal)).toBe(1);
    expect(methodsIn(journal)).toEqual([
      'server/discover',
      'initialize',
      'notifications/initialized',
      'ping',
    ]);
  });

  it('F-067 a modern server that starts slowly keeps its era: a late answer to the probe counts', async () => {
    const entry = faultyEntry(
      {
        era: 'modern',
        on: { 'server/discover': ['delay:400', 'reply'], initialize: ['delay:800', 'error:-32022'] },
      },
      { timeouts: { probe: 100 } },
    );
    const { metadata } = await makeFactory().create('s', entry).connect();
    expect(metadata).toMatchObject({ era: 'modern' });
  });

  it('F-067 a late refusal of the probe leaves the initialize that is under way to its end', async () => {
    const journal = newJournal();
    const entry = faultyEntry(
      {
        journal,
        era: 'legacy',
        on: { 'server/discover': ['delay:300', 'error:-32601'], initialize: ['delay:600', 'reply'] },
      },
      { timeouts: { probe: 100 } },
    );
    const { metadata } = await makeFactory().create('s', entry).connect();
    expect(metadata).toMatchObject({ era: 'legacy' });
    expect(methodsIn(journal).filter((method) => method === 'initialize')).toHaveLength(1);
  });

  it('starts a server again that dies on the probe, and begins with initialize then', async () => {
    const journal = newJournal();
    const factory = makeFactory();
    const entry = faultyEntry({ journal, era: 'legacy', discover: 'exit' });
    const client = factory.create('s', entry);
    expect((await client.connect()).metadata).toMatchObject({ era: 'legacy' });
    await client.ping();
    expect(methodsIn(journal)).toEqual([
      'server/discover',
      'initialize',
      'notifications/initialized',
      'ping',
    ]);
    // The verdict is remembered for this configuration: the next client does not kill it again.
    await factory.release('s');
    await factory.create('again', entry).connect();
    expect(startsIn(journal)).toBe(3);
    expect(methodsIn(journal).filter((method) => method === 'server/discover')).toHaveLength(1);
  });

  it('a pinned era is not probed for', async () => {
    const journal = newJournal();
    const client = makeFactory().create('s', faultyEntry({ journal, era: 'both' }, { protocol: 'legacy' }));
    expect((await client.connect()).metadata).toMatchObject({ era: 'legacy' });
    expect(methodsIn(journal)[0]).toBe('initialize');
  });

  it('a pin to modern fails on a legacy server instead of falling back', async () => {
    const journal = newJournal();
    const entry = faultyEntry({ journal, era: 'legacy' }, { protocol: 'modern' });
    expect(await rejection(makeFactory().create('s', entry).connect())).toMatchObject({
      code: 'CONNECT_FAILED',
    });
    expect(methodsIn(journal)).toEqual(['server/discover']);
  });

  it('an unknown version in the entry is refused with the known ones', async () => {
    const entry = faultyEntry({}, { protocol: '2020-01-01' });
    const error = await rejection(makeFactory().create('s', entry).connect());
    expect(error).toMatchObject({ code: 'PROTOCOL_UNSUPPORTED' });
    expect(error.message).toContain('2026-07-28');
  });
});

describe('a mishap during the negotiation', () => {
  it.each<[string, 'modern' | 'legacy', FaultRules]>([
    [
      'a modern server whose probe met an internal error',
      'modern',
      { 'server/discover': { kind: 'error', times: 1 } },
    ],
    ['a legacy server whose initialize did', 'legacy', { initialize: { kind: 'error', times: 1 } }],
  ])('does not give up %s', async (_what, era, faults) => {
    const server = await startFaultServer({ era, faults });
    try {
      const client = makeFactory().create('s', {
        ...server.entry,
        'x-signalbox': { ...QUICK, retry: { maxAttempts: 2, baseMs: 5 } },
      });
      await client.connect();
      expect(client.era).toBe(era);
      expect(server.journal.faults()).toEqual(['error']);
    } finally {
      await server.close();
    }
  });
});
