import { appendFileSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import {
  type FaultRule,
  type FaultServer,
  faultServerCommand,
  seededRandom,
} from '../../src/testing/index.ts';
import { QUICK, testFactories, withSettings } from '../helpers/clients.ts';
import { trackProcesses } from '../helpers/leak-check.ts';
import { isRunning, temporaryDirectory } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';
import { testFaultServers } from './fault-servers.ts';

const tracker = trackProcesses();
const servers = testFaultServers();
const makeFactory = testFactories();
const scratch = temporaryDirectory();

const RETRY = { maxAttempts: 50, baseMs: 5, maxMs: 20 };

function makeClient(entry: FaultServer['entry'] | ReturnType<typeof faultServerCommand>['entry']): McpClient {
  return makeFactory().create('s', withSettings(entry, { ...QUICK, retry: RETRY, breaker: false }));
}

const count = (client: McpClient, key: string): Promise<unknown> =>
  client.callTool('count', { key }, { timeoutMs: 5000 }).then(
    ({ content }) => (content[0] as { text: string }).text,
    (error: unknown) => (error as { code: unknown }).code,
  );

describe.each([
  { wire: 'http', era: 'legacy' },
  { wire: 'http', era: 'modern' },
  { wire: 'sse', era: 'legacy' },
  { wire: 'connect-rpc', era: 'legacy' },
] as const)('a fault server over $wire, $era era, while it runs', (place) => {
  it('breaks all connections', async () => {
    const server = await servers.http(place);
    const client = makeClient(server.entry);
    await client.connect();
    const call = client.callTool('slow', { ms: 60_000, key: 'k' }).catch((error: unknown) => error);
    await until('it runs', () => server.journal.timesRun('k') === 1);
    expect(server.dropConnections()).toBeGreaterThan(0);
    expect(await call).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    await until('the client is back', () => client.state === 'connected');
    expect(await count(client, 'again')).toBe('1');
    expect(server.connections).toBeGreaterThan(0);
    expect(server.journal.repeatedKeys()).toEqual([]);
  });

  it('pauses and resumes', async () => {
    const server = await servers.http(place);
    const client = makeClient(server.entry);
    await client.connect();
    server.pause();
    const call = count(client, 'k');
    await expect(client.callTool('count', { key: 'other' }, { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'REQUEST_TIMEOUT',
    });
    expect(server.journal.calls()).toEqual([]);
    server.resume();
    expect(await call).toBe('1');
  });

  it('stops, refuses, and starts at the same address', async () => {
    const server = await servers.http(place);
    const { url } = server;
    const client = makeClient(server.entry);
    await client.connect();
    await server.stop();
    await expect(fetch(url)).rejects.toThrow();
    await server.start();
    expect(server.url).toBe(url);
    await until('the client is back', () => client.state === 'connected');
    expect(await count(client, 'k')).toBe('1');
  });
});

describe('a fault server over http, legacy era', () => {
  it('loses its sessions, and counts them', async () => {
    const server = await servers.http({ era: 'legacy' });
    const client = makeClient(server.entry);
    await client.connect();
    expect(server.sessions).toBe(1);
    expect(server.loseSessions()).toBe(1);
    expect(server.sessions).toBe(0);
    expect(await count(client, 'k')).toBe('1');
    expect(server.sessions).toBe(1);
    await client.disconnect();
    expect(server.sessions).toBe(0);
  });
});

describe('a fault server over stdio, while it runs', () => {
  it('is killed, paused, and counts on', async () => {
    const server = servers.stdio();
    expect(server.pid).toBeUndefined();
    expect(server.kill()).toBe(false);
    const client = makeClient(server.entry);
    await client.connect();
    expect(await count(client, 'k')).toBe('1');
    const first = tracker.track(server.pid!);
    server.kill('SIGSTOP');
    await expect(client.callTool('echo', { message: '' }, { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'REQUEST_TIMEOUT',
    });
    server.kill('SIGCONT');
    expect(await count(client, 'k')).toBe('2');
    const lost = new Promise<void>((resolve) => client.on('state', () => resolve()));
    expect(server.kill()).toBe(true);
    await lost;
    expect(isRunning(first)).toBe(false);
    expect(await count(client, 'k')).toBe('3');
    expect(server.starts).toBe(2);
    // The call that timed out was executed when the process went on.
    expect(server.journal.calls().map(({ n, tool }) => `${n} ${tool}`)).toEqual([
      '1 count',
      '2 echo',
      '3 count',
      '4 count',
    ]);
    tracker.track(server.pid!);
    await client.disconnect();
    expect(server.pid).toBeUndefined();
    expect(server.kill()).toBe(false);
  });

  it('counts the uses of a rule across restarts', async () => {
    const server = servers.stdio({
      faults: { 'tools/call': { kind: 'disconnect', executes: true, times: 3 } },
    });
    const client = makeClient(server.entry);
    await client.connect();
    const seen: unknown[] = [];
    for (const key of ['a', 'b', 'c', 'd']) seen.push(await count(client, key));
    expect(seen).toEqual(['OUTCOME_UNKNOWN', 'OUTCOME_UNKNOWN', 'OUTCOME_UNKNOWN', '1']);
    expect(server.starts).toBe(4);
    expect(server.journal.calls().map(({ n }) => n)).toEqual([1, 2, 3, 4]);
  });

  it('takes new faults at once, and keeps its journal through a torn line', async () => {
    const folder = join(scratch, 'kept');
    const server = servers.stdio({ folder });
    const client = makeClient(server.entry);
    await client.connect();
    server.faults.set('tools/call', { kind: 'error', code: 1 });
    expect(await count(client, 'k')).toBe(1);
    server.faults.set('tools/call', { kind: 'error', code: 2, times: 1 });
    server.faults.add('tools/call', { kind: 'error', code: 3, times: 1 });
    expect([await count(client, 'k'), await count(client, 'k')]).toEqual([2, 3]);
    expect(await count(client, 'k')).toBe('1');
    server.faults.set('*', { kind: 'error', code: 4 });
    server.faults.clear('*');
    expect(await count(client, 'k')).toBe('2');
    await client.disconnect();
    appendFileSync(join(folder, 'journal.jsonl'), '{"event":"call","n":99');
    await client.connect();
    expect(await count(client, 'k')).toBe('3');
    expect(server.journal.timesRun('k')).toBe(3);
    server.close();
    expect(existsSync(folder)).toBe(true);
  });

  it('leaves nothing behind', () => {
    const server = faultServerCommand();
    expect(readdirSync(server.folder)).toEqual(['faults.json']);
    server.close();
    expect(existsSync(server.folder)).toBe(false);
  });
});

describe('when faults happen', () => {
  async function drawn(seed: number): Promise<string> {
    const server = await servers.http({
      random: seededRandom(seed),
      faults: { 'tools/call': { kind: 'error', probability: 0.5 } },
    });
    const client = makeClient(server.entry);
    await client.connect();
    let pattern = '';
    for (let call = 0; call < 40; call++) pattern += (await count(client, 'k')) === -32603 ? 'x' : '.';
    return pattern;
  }

  it('is a matter of the seed', async () => {
    const pattern = await drawn(7);
    expect(pattern).toMatch(/x/u);
    expect(pattern).toMatch(/\./u);
    expect(await drawn(7)).toBe(pattern);
    expect(await drawn(8)).not.toBe(pattern);
  });

  it('the more precise target comes first, and what does not happen leaves the request to the next', async () => {
    const server = await servers.http({
      faults: {
        '*': { kind: 'error', code: 3, times: 1 },
        'tools/call': [
          { kind: 'error', code: 9, probability: 0 },
          { kind: 'error', code: 2, times: 1 },
        ],
        'tools/call:count': [
          { kind: 'none', times: 1 },
          { kind: 'error', code: 1, times: 1 },
        ],
        // The handshake is not what this is about.
        'server/discover': { kind: 'none' },
      },
    });
    const client = makeClient(server.entry);
    await client.connect();
    const seen: unknown[] = [];
    for (let call = 0; call < 5; call++) seen.push(await count(client, 'k'));
    expect(seen).toEqual(['1', 1, 2, 3, '2']);
  });

  const wrong: readonly (readonly [string, unknown])[] = [
    ['an unknown kind', { kind: 'earthquake' }],
    ['no times', { kind: 'hang', times: 0 }],
    ['a probability above 1', { kind: 'hang', probability: 1.5 }],
    ['a delay backwards', { kind: 'late', delayMs: [20, 10] }],
    ['no delay', { kind: 'late' }],
    ['a good status', { kind: 'status', status: 200 }],
    ['no status', { kind: 'status' }],
    ['no size', { kind: 'huge' }],
    ['too much', { kind: 'huge', bytes: 2 ** 30 }],
    ['two lines', { kind: 'noise', text: 'a\nb' }],
    ['an execution that is no choice', { kind: 'truncate', executes: false }],
  ];
  it.each(wrong)('%s is refused at once', async (_what, rule) => {
    const server = await servers.http();
    expect(() => server.faults.add('tools/call', rule as FaultRule)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
    expect(() => server.faults.set('', { kind: 'hang' })).toThrow(/no target/u);
  });

  it('a bad exit code is refused, and so is the modern era over HTTP+SSE', async () => {
    expect(() => faultServerCommand({ faults: { '*': { kind: 'exit', code: 256 } } })).toThrow(/exit code/u);
    await expect(servers.http({ wire: 'sse', era: 'modern' })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });
});
