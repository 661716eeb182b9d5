import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ClientFactory } from '../../src/client/client-factory.ts';
import { rejection } from '../helpers/clients.ts';
import { journalOf, newEngine, tasksCommand, tasksServers, textOf } from '../helpers/tasks-servers.ts';
import { until } from '../helpers/until.ts';

const servers = tasksServers();
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function newState(): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-tasks-'));
  folders.push(folder);
  return join(folder, 'tasks.json');
}

function throughJson<T>(value: T): ReturnType<T extends { toJSON(): infer R } ? () => R : never> {
  return JSON.parse(JSON.stringify(value)) as never;
}

describe.each(['modern', 'legacy'])('a stored task of a %s server', (era) => {
  it('is resumed by another client over HTTP', async () => {
    const { url, engine } = await servers.serve({ era });
    const first = await servers.client({ url });
    const stored = throughJson(await first.callTool('slow', { ms: 100 }, { task: { ttlMs: 20_000 } }));
    await first.disconnect();

    const second = await servers.client({ url });
    const task = second.resumeTask(stored);
    expect([task.id, task.tool, task.status]).toEqual([stored.id, 'slow', 'working']);
    expect(textOf(await task.result())).toBe('slow: done');
    expect(engine.violations).toEqual([]);
    // What has ended needs no server any more.
    engine.tasks.clear();
    expect(textOf(await second.resumeTask(throughJson(task)).result())).toBe('slow: done');
  });

  it('is resumed with a new process of its server', async () => {
    const options = { era, state: newState() };
    const first = await servers.client(tasksCommand(options));
    const stored = throughJson(await first.callTool('ask', { ms: 100 }, { task: true }));
    await first.disconnect();
    const second = await servers.client(tasksCommand(options));
    expect(textOf(await second.resumeTask(stored).result())).toContain('Ada');
  });

  it('outlives the process of its server while somebody waits', async () => {
    const client = await servers.client(tasksCommand({ era, state: newState() }));
    const task = await client.callTool('slow', { ms: 1200 }, { task: true });
    const outcome = task.result();
    await rejection(client.callTool('quick', { die: true }));
    expect(textOf(await outcome)).toBe('slow: done');
  });

  it('outlives broken connections while somebody waits', async () => {
    const { url, engine, reset } = await servers.serve({ era, pushes: true });
    const client = await servers.client({ url });
    const task = await client.callTool('slow', { ms: 1200 }, { task: true });
    const outcome = task.result();
    await until('it was asked after', () => engine.received.some(({ method }) => method === 'tasks/get'));
    reset();
    expect(textOf(await outcome)).toBe('slow: done');
    expect(engine.violations).toEqual([]);
  });

  it('means nothing to a server of the other era', async () => {
    const own = await servers.serve({ era });
    const stored = throughJson(
      await (await servers.client({ url: own.url })).callTool('endless', {}, { task: true }),
    );
    const other = await servers.serve({ era: era === 'modern' ? 'legacy' : 'modern' });
    const task = (await servers.client({ url: other.url })).resumeTask(stored);
    for (const attempt of [task.result(), task.refresh(), task.cancel()]) {
      expect(await rejection(attempt)).toMatchObject({ code: 'NOT_SUPPORTED' });
    }
    expect(other.engine.received.filter(({ method }) => method.startsWith('tasks/'))).toEqual([]);
  });

  it('is followed once, however often it is resumed', async () => {
    const client = await servers.connected('http', { era });
    const task = await client.callTool('slow', { ms: 50 }, { task: true });
    const outcome = task.result();
    expect(client.resumeTask(throughJson(task))).toBe(task);
    await outcome;
    expect(client.resumeTask(throughJson(task))).not.toBe(task);
  });
});

describe('what was stored', () => {
  const stored = {
    version: 1,
    server: 'tasks',
    era: 'modern',
    tool: 'slow',
    id: 'x',
    status: 'working',
    createdAt: '',
    lastUpdatedAt: '',
    receivedAt: '2026-01-01T00:00:00.000Z',
    ttlMs: null,
    answered: [],
  } as const;

  it.each([
    ['nothing', undefined],
    ['text', 'task'],
    ['a later version', { ...stored, version: 2 }],
    ['a task of another server', { ...stored, server: 'other' }],
    ['another era', { ...stored, era: 'ancient' }],
    ['a tool that is none', { ...stored, tool: 1 }],
    ['another status', { ...stored, status: 'lost' }],
    ['a message that is none', { ...stored, statusMessage: 1 }],
    ['a time to live that is none', { ...stored, ttlMs: -1 }],
    ['an interval that is none', { ...stored, pollIntervalMs: 'often' }],
    ['a time that is none', { ...stored, receivedAt: 'yesterday' }],
    ['keys that are none', { ...stored, answered: [1] }],
    ['an id that is none', { ...stored, id: 1 }],
    ['neither id nor outcome', { ...stored, id: undefined }],
    ['an outcome that is none', { ...stored, outcome: { kind: 'result', result: {} } }],
    ['an error that is none', { ...stored, outcome: { kind: 'error', error: {} } }],
  ])('is refused if it is %s', (_, value) => {
    const client = new ClientFactory().create('tasks', { command: 'node' });
    expect(() => client.resumeTask(value as never)).toThrow(/INVALID_ARGUMENT/u);
  });

  it('needs a connection as soon as somebody waits', async () => {
    const client = new ClientFactory().create('tasks', { command: 'node' });
    const task = client.resumeTask(stored);
    expect(throughJson(task)).toEqual(stored);
    expect(await rejection(task.result())).toMatchObject({ code: 'CONNECTION_CLOSED' });
  });
});

describe('a call of a legacy server that is given up before there is a task', () => {
  it('cancels the task when it learns its id, and not the request', async () => {
    const engine = newEngine({ era: 'legacy' });
    const { client } = await servers.inMemory(engine, {});
    await client.listTools();
    const abort = new AbortController();
    const call = rejection(client.callTool('endless', {}, { task: true, signal: abort.signal }));
    const called = (): boolean => engine.received.some(({ method }) => method === 'tools/call');
    while (!called()) await Promise.resolve();
    abort.abort();
    expect(await call).toMatchObject({ code: 'REQUEST_ABORTED' });
    await until('it is cancelled', () => [...engine.tasks.values()][0]!['status'] === 'cancelled');
    expect((await journalOf(client)).received.map(({ method }) => method)).not.toContain(
      'notifications/cancelled',
    );
  });

  it('fails in time where the server does not answer', async () => {
    const engine = newEngine({ era: 'legacy' });
    const { client } = await servers.inMemory(engine, {});
    await client.listTools();
    engine.failures.push({ method: 'tools/call', silent: true });
    const error = await rejection(client.callTool('endless', {}, { task: true, timeoutMs: 30 }));
    expect(error).toMatchObject({ code: 'REQUEST_TIMEOUT', delivered: 'unknown' });
    expect(engine.received.map(({ method }) => method)).not.toContain('notifications/cancelled');
  });
});
