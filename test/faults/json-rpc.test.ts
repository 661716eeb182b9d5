import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import { faultyEntry, rejection, testFactories } from '../helpers/clients.ts';
import { type FaultyConfig, readJournal } from '../helpers/faulty-server.ts';
import { trackProcesses } from '../helpers/leak-check.ts';
import { temporaryDirectory } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

const processes = trackProcesses();
const makeFactory = testFactories();
const directory = temporaryDirectory();

async function connected(config: FaultyConfig, settings = {}, random?: () => number): Promise<McpClient> {
  const client = makeFactory(random === undefined ? {} : { random }).create(
    's',
    faultyEntry(config, settings),
  );
  await client.connect();
  processes.track(client.diagnostics().transport.pid!);
  return client;
}

const echoed = (text: string): object => ({ content: [{ type: 'text', text }] });
const SHORT = { timeoutMs: 400 };

describe.each(['legacy', 'modern'] as const)('JSON-RPC faults, %s era', (era) => {
  it('F-042 an answer to a request that was never made is ignored and counted', async () => {
    const client = await connected({ era, on: { 'tools/call': ['wrongId:unknown', 'reply'] } });
    expect(await client.callTool('echo', { message: 'a' })).toMatchObject(echoed('a'));
    expect(client.diagnostics().wire).toMatchObject({ unknownResponses: 1 });
  });

  it('F-043 the first of two answers wins, the second is counted', async () => {
    const client = await connected({ era, on: { 'tools/call': ['dup'] } });
    expect(await client.callTool('echo', { message: 'a' })).toMatchObject(echoed('a'));
    await client.listTools();
    expect(client.diagnostics().wire).toMatchObject({ duplicateResponses: 1 });
  });

  it('F-044 ids begin at a random offset, so that an answer cannot be guessed before its request', async () => {
    const guess = '{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"guessed"}]}}';
    const journal = join(directory, `ids-${era}`);
    const client = await connected(
      { era, journal, on: { 'tools/list': [`raw:${guess}`, 'reply'] } },
      {},
      () => 0.5,
    );
    await client.listTools();
    expect(await client.callTool('echo', { message: 'real' })).toMatchObject(echoed('real'));
    const ids = readJournal(journal).flatMap(({ id }) => (typeof id === 'number' ? [id] : []));
    expect(ids[0]).toBe(1 + 2 ** 29);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each(['string', 'padded', 'null', 'none'])(
    'F-045 an id of another type (%s) matches nothing',
    async (how) => {
      const client = await connected({ era, on: { 'tools/call': [`wrongId:${how}`] } });
      const error = await rejection(client.callTool('echo', { message: 'a' }, SHORT));
      expect(error).toMatchObject({ code: 'REQUEST_TIMEOUT', delivered: 'unknown' });
    },
  );

  it('an error of the server reaches the caller as it is', async () => {
    const client = await connected({ era, on: { 'tools/call': ['error:-32000'] } });
    expect(await rejection(client.callTool('echo'))).toMatchObject({ name: 'RemoteError', code: -32000 });
  });

  it.each(['[]', '"text"', '7'])('F-052 a result that is no object (%s) is a typed error', async (result) => {
    const client = await connected({ era, on: { 'tools/call': [`result:${result}`] } });
    expect(await rejection(client.callTool('echo'))).toMatchObject({
      code: 'INVALID_RESULT',
      delivered: 'yes',
    });
  });

  it('F-053 keys such as __proto__ stay data', async () => {
    const hostile =
      '{"content":[],"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}';
    const client = await connected({ era, on: { 'tools/call': [`result:${hostile}`] } });
    await client.callTool('echo');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('F-056 an answer that comes after the time-out is ignored', async () => {
    const client = await connected({ era, on: { 'tools/call': [['delay:600', 'reply'], ['reply']] } });
    expect(await rejection(client.callTool('echo', { message: 'a' }, { timeoutMs: 200 }))).toMatchObject({
      code: 'REQUEST_TIMEOUT',
    });
    await until('the late answer came', () => client.diagnostics().wire!.duplicateResponses === 1);
    expect(await client.callTool('echo', { message: 'b' })).toMatchObject(echoed('b'));
  });

  it('F-059 progress that names no token is ignored', async () => {
    const client = await connected({ era, on: { 'tools/call': ['notify:notifications/progress', 'reply'] } });
    const seen: unknown[] = [];
    await client.callTool('echo', { message: 'a' }, { onProgress: (progress) => seen.push(progress) });
    expect(seen).toEqual([]);
  });
});

describe('JSON-RPC faults of the legacy era', () => {
  it('F-057 a request without handler and an unknown notification do not disturb the call', async () => {
    const journal = join(directory, 'requests');
    const client = await connected({
      era: 'legacy',
      journal,
      on: { 'tools/call': ['request:sampling/createMessage', 'notify:notifications/unheard-of', 'reply'] },
    });
    const heard: string[] = [];
    client.on('notification', ({ method }) => heard.push(method));
    expect(await client.callTool('echo', { message: 'a' })).toMatchObject(echoed('a'));
    expect(heard).toEqual(['notifications/unheard-of']);
    expect(client.diagnostics().wire).toMatchObject({ unknownResponses: 0 });
  });

  it('answers a ping of the server while a call is under way', async () => {
    const client = await connected({ era: 'legacy', on: { 'tools/call': ['request:ping', 'reply'] } });
    expect(await client.callTool('echo', { message: 'a' })).toMatchObject(echoed('a'));
  });

  it('F-112 a request of a modern server is ignored and counted', async () => {
    const client = await connected({ era: 'modern', on: { 'tools/call': ['request:ping', 'reply'] } });
    await client.callTool('echo', { message: 'a' });
    expect(client.diagnostics().wire).toMatchObject({ ignoredRequests: 1 });
  });
});

describe('cancellation', () => {
  it.each(['legacy', 'modern'] as const)('F-137 an aborted call tells the server (%s)', async (era) => {
    const journal = join(directory, `cancel-${era}`);
    const client = await connected({ era, journal, on: { 'tools/call': ['silent'] } });
    const controller = new AbortController();
    const call = rejection(client.callTool('echo', {}, { signal: controller.signal }));
    await until('the server has the call', () =>
      readJournal(journal).some(({ method }) => method === 'tools/call'),
    );
    controller.abort(new Error('changed my mind'));
    expect(await call).toMatchObject({ code: 'REQUEST_ABORTED', delivered: 'unknown' });
    await until('the server was told', () =>
      readJournal(journal).some(({ method }) => method === 'notifications/cancelled'),
    );
  });

  it('F-137 a signal that fired before sends nothing', async () => {
    const journal = join(directory, 'cancel-before');
    const client = await connected({ journal });
    const error = await rejection(client.callTool('echo', {}, { signal: AbortSignal.abort() }));
    expect(error).toMatchObject({ code: 'REQUEST_ABORTED', delivered: 'no' });
    await client.listTools();
    expect(readJournal(journal).map(({ method }) => method)).not.toContain('tools/call');
  });

  it('F-137 a thousand calls with one signal leave no listener', async () => {
    // Most of them wait for a place first.
    const client = await connected({}, { concurrency: { maxInFlight: 64, maxQueued: 1000 } });
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    await Promise.all(
      Array.from({ length: 1000 }, () => client.callTool('echo', { message: 'a' }, { signal })),
    );
    expect(listeners).toBe(0);
  });
});
