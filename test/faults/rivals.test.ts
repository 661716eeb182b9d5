/**
 * The faults under which fifteen other clients were studied: one test each, in the order of the table in
 * docs/reliability.md, which links here.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import type { ServerEntry } from '../../src/config/entry.ts';
import { ServerRegistry } from '../../src/registry/server-registry.ts';
import { faultyEntry, QUICK, rejection, testFactories } from '../helpers/clients.ts';
import { faultyCommand, readJournal } from '../helpers/faulty-server.ts';
import { checkHttpFixtures, sendJson } from '../helpers/http-fixture.ts';
import { trackProcesses } from '../helpers/leak-check.ts';
import { type McpHttp, startMcpHttp } from '../helpers/mcp-http.ts';
import { isRunning, temporaryDirectory } from '../helpers/processes.ts';
import { checkRawHttp, closedPort, startRawHttp } from '../helpers/raw-http.ts';
import { until } from '../helpers/until.ts';

const tracker = trackProcesses();
checkHttpFixtures();
checkRawHttp();
const makeFactory = testFactories();
const directory = temporaryDirectory();
let journals = 0;
const newJournal = (): string => join(directory, `journal-${journals++}.jsonl`);

const OK = { content: [{ type: 'text' }] };

async function connected(entry: ServerEntry): Promise<McpClient> {
  return await makeFactory().createAndConnect('s', entry);
}

/** A legacy server over Streamable HTTP whose tools carry no annotations, as in the study. */
async function legacyHttp(onCall?: Parameters<typeof startMcpHttp>[0]): Promise<[McpHttp, McpClient]> {
  const server = await startMcpHttp({ era: 'legacy', ...onCall });
  return [server, await connected({ type: 'http', url: server.url, 'x-signalbox': QUICK })];
}

describe('what other clients fail at', () => {
  it('a session is lost: 404', async () => {
    const [server, client] = await legacyHttp();
    server.sessions.clear();
    expect(await client.callTool('echo', { n: 1 })).toMatchObject(OK);
    expect(await client.callTool('echo', { n: 2 })).toMatchObject(OK);
    expect(server.calls).toBe(2);
    expect(server.methods().filter((method) => method === 'initialize')).toHaveLength(2);
  });

  it('a server is down for one call, then back with new sessions', async () => {
    const [server, client] = await legacyHttp();
    const port = Number(new URL(server.url).port);
    await new Promise<void>((resolve) => {
      server.server.close(() => resolve());
      server.server.closeAllConnections();
    });
    server.sessions.clear();
    const first = client.callTool('echo', { n: 1 });
    await new Promise((resolve) => setTimeout(resolve, 30));
    await new Promise<void>((resolve) => server.server.listen(port, '127.0.0.1', resolve));
    expect(await first).toMatchObject(OK);
    expect(await client.callTool('echo', { n: 2 })).toMatchObject(OK);
    expect(server.calls).toBe(2);
  });

  it('one 429 with Retry-After', async () => {
    const [server, client] = await legacyHttp();
    await client.callTool('echo');
    server.faults.push((_, response) => void response.writeHead(429, { 'retry-after': '2' }).end());
    const startedAt = performance.now();
    expect(await client.callTool('echo')).toMatchObject(OK);
    expect(performance.now() - startedAt).toBeGreaterThan(1990);
    expect(server.calls).toBe(2);
  });

  it.each([
    ['a tool is executed, then 503', 'HTTP_ERROR'],
    ['a tool is executed, then the socket dropped', 'CONNECTION_LOST'],
  ])('%s', async (_what, cause) => {
    const [server, client] = await legacyHttp({
      onCall: (_params, response, id) => {
        if (server.calls > 1)
          sendJson(response, { jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: 'x' }] } });
        else if (cause === 'HTTP_ERROR') response.writeHead(503).end('busy');
        else response.socket?.resetAndDestroy();
      },
    });
    expect(await rejection(client.callTool('echo'))).toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      delivered: 'unknown',
      cause: { code: cause },
    });
    expect(server.calls).toBe(1);
    expect(await client.callTool('echo')).toMatchObject(OK);
    expect(server.calls).toBe(2);
  });

  it('a stdio server is killed between calls', async () => {
    const journal = newJournal();
    const client = await connected(faultyEntry({ journal }));
    await client.callTool('echo', { message: 'a' });
    process.kill(client.diagnostics().transport.pid!, 'SIGKILL');
    await until('the loss is seen, before anybody calls', () => client.state !== 'connected');
    expect(await client.callTool('echo', { message: 'b' })).toMatchObject(OK);
    expect(await client.callTool('echo', { message: 'c' })).toMatchObject(OK);
    expect(readJournal(journal).filter(({ method }) => method === 'tools/call')).toHaveLength(3);
  });

  it('close() with a wrapper, as npx is one, whose child ignores the end of stdin', async () => {
    const journal = newJournal();
    const { command, args } = faultyCommand({ journal, ignoreEof: true });
    // The wrapper waits for its child; SIGTERM ends the wrapper only.
    const client = await connected({
      type: 'stdio',
      command: 'sh',
      args: ['-c', '"$@"; exit $?', 'sh', command, ...args],
      'x-signalbox': QUICK,
    });
    await client.callTool('echo', { message: 'a' });
    const wrapper = tracker.track(client.diagnostics().transport.pid!);
    const server = tracker.track(readJournal(journal).find(({ started }) => started !== undefined)!.started!);
    expect(server).not.toBe(wrapper);
    await client.disconnect();
    expect([wrapper, server].filter(isRunning)).toEqual([]);
    expect(readJournal(journal).filter(({ started }) => started !== undefined)).toHaveLength(1);
  });

  it('of four servers one URL is refused and one command is not there', async () => {
    const good = await startMcpHttp({ era: 'modern' });
    await using registry = new ServerRegistry({ factory: makeFactory() });
    registry.register('http', { type: 'http', url: good.url, 'x-signalbox': QUICK });
    registry.register('stdio', faultyEntry({}));
    registry.register('refused', {
      type: 'http',
      url: `http://127.0.0.1:${await closedPort()}/mcp`,
      'x-signalbox': QUICK,
    });
    registry.register('missing', { type: 'stdio', command: 'no-such-command-here', 'x-signalbox': QUICK });
    const outcomes = await registry.connectAll();
    expect([...outcomes].map(([name, { success }]) => [name, success])).toEqual([
      ['http', true],
      ['stdio', true],
      ['refused', false],
      ['missing', false],
    ]);
    const { items, missing, complete } = await registry.listTools();
    expect(items.map(({ name }) => name)).toContain('http__echo');
    expect(items.map(({ name }) => name)).toContain('stdio__echo');
    expect(missing.map(({ server }) => server)).toEqual(['refused', 'missing']);
    expect(complete).toBe(false);
    expect(await registry.callTool('stdio__echo', { message: 'a' })).toMatchObject(OK);
  });

  it('of three servers one accepts and never answers', async () => {
    const hanging = await startRawHttp([]);
    const good = await startMcpHttp({ era: 'modern' });
    await using registry = new ServerRegistry({ factory: makeFactory() });
    // Longer than this test may last: whoever waits for it fails.
    const patient = { ...QUICK, timeouts: { ...QUICK.timeouts, connect: 120_000, probe: 120_000 } };
    registry.register('hangs', { type: 'http', url: hanging.url, 'x-signalbox': patient });
    registry.register('http', { type: 'http', url: good.url, 'x-signalbox': QUICK });
    registry.register('stdio', faultyEntry({}));
    const all = registry.connectAll();
    await registry.waitForReady({ required: ['http', 'stdio'] });
    const { items, missing } = await registry.listTools();
    expect(new Set(items.map(({ server }) => server))).toEqual(new Set(['http', 'stdio']));
    expect(missing.map(({ server }) => server)).toEqual(['hangs']);
    expect(await registry.callTool('http__echo')).toMatchObject(OK);
    await registry.shutdown({ drainMs: 0 });
    expect((await all).get('hangs')).toMatchObject({ success: false });
  });

  it('a stdio server is silent on methods that it does not know', async () => {
    const journal = newJournal();
    const client = await connected(faultyEntry({ era: 'legacy', discover: 'silent', journal }));
    expect(await client.callTool('echo', { message: 'a' })).toMatchObject(OK);
    const seen = readJournal(journal);
    // It was asked once, in the process that then served: nobody is started twice.
    expect(seen.filter(({ started }) => started !== undefined)).toHaveLength(1);
    expect(seen.map(({ method }) => method).filter((method) => method !== undefined)).toEqual([
      'server/discover',
      'initialize',
      'notifications/initialized',
      'tools/call',
    ]);
  });
});
