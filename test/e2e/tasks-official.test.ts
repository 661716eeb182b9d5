import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rejection } from '../helpers/clients.ts';
import { tasksServers, textOf } from '../helpers/tasks-servers.ts';

const servers = tasksServers();
const program = join(import.meta.dirname, '../fixtures/servers/tasks-official.mjs');
const entry = { command: process.execPath, args: [program] };

describe('tasks of the official server library', () => {
  it('waits for a tool that must be a task, asked for or not', async () => {
    const client = await servers.client(entry);
    const task = await client.callTool('delay', { ms: 20 }, { task: { ttlMs: 30_000 } });
    expect(task.toJSON()).toMatchObject({ era: 'legacy', status: 'working', ttlMs: 30_000 });
    expect(textOf(await task.result())).toBe('waited 20 ms');
    expect(textOf(await client.callTool('delay', { ms: 10 }))).toBe('waited 10 ms');
  });

  it('answers what a task asks', async () => {
    const client = await servers.client(entry);
    const task = await client.callTool('confirm', {}, { task: true });
    const statuses: string[] = [];
    task.on('status', ({ status }) => statuses.push(status));
    expect(textOf(await task.result())).toBe('hello Ada');
    expect(statuses.at(-1)).toBe('completed');
  });

  it('keeps a failure that the tool tells itself a result', async () => {
    const client = await servers.client(entry);
    const task = await client.callTool('crash', {}, { task: true });
    expect(await task.result()).toMatchObject({ isError: true, content: [{ text: 'it broke' }] });
    expect(task.status).toBe('failed');
  });

  it('cancels', async () => {
    const client = await servers.client(entry);
    const task = await client.callTool('delay', { ms: 60_000 }, { task: true });
    await task.cancel();
    expect(task.status).toBe('cancelled');
    const error = await rejection(task.result());
    expect(error).toMatchObject({ code: 'TASK_CANCELLED' });
    expect(error.message).toContain('Client cancelled task execution.');
  });
});
