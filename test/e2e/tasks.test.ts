import { describe, expect, it } from 'vitest';
import { rejection } from '../helpers/clients.ts';
import { type Era, journalOf, tasksServers, textOf } from '../helpers/tasks-servers.ts';

const servers = tasksServers();

const WORLDS: [Era, 'stdio' | 'http'][] = [
  ['modern', 'stdio'],
  ['modern', 'http'],
  ['legacy', 'stdio'],
  ['legacy', 'http'],
];

describe.each(WORLDS)('tasks of a %s server over %s', (era, wire) => {
  it('hands out a handle at once, tells of the status, and waits for the result', async () => {
    const client = await servers.connected(wire, { era });
    const task = await client.callTool('slow', { ms: 20 }, { task: { ttlMs: 30_000 } });
    expect(task.id).toMatch(/^task 1-\d+ ü$/u);
    expect([task.tool, task.status, task.statusMessage]).toEqual(['slow', 'working', 'slow begins']);
    const told: unknown[] = [];
    using _ = task.on('status', (event) => told.push(event));
    expect(textOf(await task.result())).toBe('slow: done');
    expect(told).toEqual([{ status: 'completed', statusMessage: 'slow ends' }]);
    expect(textOf(await task.result())).toBe('slow: done');

    const { received, violations } = await journalOf(client);
    expect(violations).toEqual([]);
    const call = received.find(({ method }) => method === 'tools/call');
    expect(call!.params['task']).toEqual(era === 'legacy' ? { ttl: 30_000 } : undefined);
    const gets = received.filter(({ method }) => method === 'tasks/get');
    expect(gets.length).toBeGreaterThan(0);
    const encoded = `=?base64?${Buffer.from(task.id!).toString('base64')}?=`;
    if (wire === 'http' && era === 'modern') expect(gets.every(({ name }) => name === encoded)).toBe(true);
    expect(received.map(({ method }) => method)).not.toContain('notifications/cancelled');
  });

  it('rejects with the JSON-RPC error that a task failed with', async () => {
    const client = await servers.connected(wire, { era });
    const task = await client.callTool('fail', {}, { task: true });
    const error = await rejection(task.result());
    expect(error).toMatchObject({ name: 'RemoteError', code: -32050, remoteMessage: 'it broke' });
    expect(task.status).toBe('failed');
    expect(await rejection(task.result())).toMatchObject({ code: -32050 });
  });

  it('keeps the result of a tool that failed by itself a result', async () => {
    const client = await servers.connected(wire, { era });
    const task = await client.callTool('unhappy', {}, { task: true });
    expect(await task.result()).toMatchObject({ isError: true });
  });

  it('lets people answer what a task asks, once', async () => {
    const client = await servers.connected(wire, { era });
    let asked = 0;
    if (era === 'modern') {
      client.onInputRequest({
        elicitForm: (request) => {
          asked++;
          expect(request.message).toBe('Which name?');
          return { action: 'accept', content: { name: 'Ada' } };
        },
      });
    }
    const task = await client.callTool('ask', { ms: 10 }, { task: true });
    expect(task.status).toBe('input_required');
    const statuses: string[] = [];
    task.on('status', ({ status }) => statuses.push(status));
    expect(textOf(await task.result())).toBe('{"action":"accept","content":{"name":"Ada"}}');
    expect(statuses.at(-1)).toBe('completed');
    expect((await journalOf(client)).violations).toEqual([]);
    if (era === 'modern') expect(asked).toBe(1);
  });

  it('does not answer again what the server has not taken note of yet', async () => {
    const client = await servers.connected(wire, { era });
    const task = await client.callTool('nag', {}, { task: true });
    expect(textOf(await task.result())).toContain('Ada');
    const { received, violations } = await journalOf(client);
    expect(violations).toEqual([]);
    const updates = received.filter(({ method }) => method === 'tasks/update');
    expect(updates.length).toBe(era === 'modern' ? 1 : 0);
  });

  it('cancels a task, and only by tasks/cancel', async () => {
    const client = await servers.connected(wire, { era });
    const task = await client.callTool('endless', {}, { task: true });
    const outcome = rejection(task.result());
    await task.cancel();
    expect(await outcome).toMatchObject({ code: 'TASK_CANCELLED', delivered: 'yes' });
    expect(task.status).toBe('cancelled');
    await task.cancel();
    const { received } = await journalOf(client);
    const methods = received.map(({ method }) => method);
    expect(methods.filter((method) => method === 'tasks/cancel')).toHaveLength(1);
    expect(methods).not.toContain('notifications/cancelled');
  });

  it('hands out the result of a task that does not let itself be cancelled', async () => {
    const client = await servers.connected(wire, { era });
    const task = await client.callTool('stubborn', { ms: 50 }, { task: true });
    await task.cancel();
    expect(textOf(await task.result())).toBe('stubborn: done');
  });

  it('does not mind that a task has ended before it was cancelled', async () => {
    const client = await servers.connected(wire, { era });
    const task = await client.callTool('slow', {}, { task: true });
    await task.cancel();
    expect(textOf(await task.result())).toBe('slow: done');
  });

  it('gives a handle that is completed where the server answers at once', async () => {
    const client = await servers.connected(wire, { era });
    for (const tool of ['quick', 'never']) {
      const task = await client.callTool(tool, {}, { task: true });
      expect([task.id, task.status]).toEqual([undefined, 'completed']);
      expect(textOf(await task.result())).toBe(`${tool}: done`);
      const again = client.resumeTask(JSON.parse(JSON.stringify(task)));
      expect(textOf(await again.result())).toBe(`${tool}: done`);
    }
    expect((await journalOf(client)).violations).toEqual([]);
  });

  it('makes no task of an ordinary call, except of a tool that insists on it', async () => {
    const client = await servers.connected(wire, { era });
    expect(textOf(await client.callTool('slow'))).toBe('slow: done');
    const before = await journalOf(client);
    expect(before.received.filter(({ method }) => method.startsWith('tasks/'))).toEqual([]);
    await client.listTools();
    expect(textOf(await client.callTool('must', { ms: 5 }))).toBe('must: done');
    expect((await journalOf(client)).violations).toEqual([]);
  });

  it('ends the waiting, not the task, when the signal fires', async () => {
    const client = await servers.connected(wire, { era });
    const task = await client.callTool('slow', { ms: 300 }, { task: true });
    const error = await rejection(task.result({ signal: AbortSignal.timeout(30) }));
    expect(error).toMatchObject({ code: 'REQUEST_ABORTED' });
    expect(task.status).toBe('working');
    expect(textOf(await task.result())).toBe('slow: done');
  });

  it('lets go of everything when the client is disconnected', async () => {
    const client = await servers.connected(wire, { era });
    const task = await client.callTool('endless', {}, { task: true });
    const errors: unknown[] = [];
    task.on('error', ({ error }) => errors.push(error));
    const waiting = rejection(task.result());
    await client.disconnect();
    expect(await waiting).toMatchObject({ code: 'CONNECTION_CLOSED' });
    expect(errors).toHaveLength(1);
  });

  it('hears of changes where the server tells of them', async () => {
    // It asks to be left alone for longer than this test may take.
    const client = await servers.connected(wire, { era, pushes: true, pollInterval: 600_000 });
    const task = await client.callTool('slow', { ms: 300 }, { task: true });
    expect(textOf(await task.result())).toBe('slow: done');
    const { received, violations } = await journalOf(client);
    const looks = received.filter(({ method }) => method === 'tasks/get').length;
    // One look when the subscription stands; a legacy server tells unasked.
    expect(looks).toBe(era === 'modern' ? 1 : 0);
    expect(violations).toEqual([]);
  });
});

describe('tasks of a modern server', () => {
  it('gives the input that is wanted before there is a task', async () => {
    const client = await servers.connected('http', { era: 'modern' });
    const task = await client.callTool('mrtr', {}, { task: true });
    expect(task.id).toBeDefined();
    expect(textOf(await task.result())).toBe('mrtr: done');
  });

  it('rejects where nobody gives the input, and can go on when somebody does', async () => {
    const client = await servers.connected('http', { era: 'modern' });
    client.onInputRequest({});
    const task = await client.callTool('ask', {}, { task: true });
    expect(await rejection(task.result())).toMatchObject({ code: 'INPUT_REQUIRED' });
    client.onInputRequest({ elicitForm: () => ({ action: 'decline' }) });
    expect(textOf(await task.result())).toBe('{"action":"decline"}');
  });

  it('never tells a server of the extension with other requests', async () => {
    const client = await servers.connected('http', { era: 'modern' });
    await client.listTools();
    await client.callTool('slow');
    await client.ping();
    const { received, violations } = await journalOf(client);
    expect(violations).toEqual([]);
    const plain = received.find(({ method }) => method === 'tools/call');
    expect(JSON.stringify(plain)).not.toContain('/tasks');
  });
});

describe('tasks of a legacy server', () => {
  it('asks for none where the server offers none, whatever its tools say', async () => {
    for (const options of [{ offers: false }, { version: '2025-06-18' }]) {
      const client = await servers.connected('http', { era: 'legacy', ...options });
      const task = await client.callTool('slow', {}, { task: true });
      expect(task.id).toBeUndefined();
      expect((await journalOf(client)).violations).toEqual([]);
    }
  });

  it('says that a server cannot cancel', async () => {
    const client = await servers.connected('http', { era: 'legacy', cancels: false });
    const task = await client.callTool('endless', {}, { task: true });
    expect(await rejection(task.cancel())).toMatchObject({ code: 'NOT_SUPPORTED' });
  });

  it('cancels the task of an ordinary call that is given up', async () => {
    const client = await servers.connected('http', { era: 'legacy' });
    await client.listTools();
    const error = await rejection(client.callTool('must', { ms: 60_000 }, { totalTimeoutMs: 50 }));
    expect(error).toMatchObject({ code: 'REQUEST_TIMEOUT', delivered: 'unknown' });
    await expect
      .poll(async () => (await journalOf(client)).received.map(({ method }) => method))
      .toContain('tasks/cancel');
  });

  it('refuses a time to live that is none', async () => {
    const client = await servers.connected('http', { era: 'legacy' });
    for (const ttlMs of [0, -1, 0.5, Number.NaN]) {
      const error = await rejection(client.callTool('slow', {}, { task: { ttlMs } }));
      expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
  });
});
