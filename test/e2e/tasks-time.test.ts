import { describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { QUICK, rejection } from '../helpers/clients.ts';
import { newEngine, type TaskEngine, tasksServers, textOf } from '../helpers/tasks-servers.ts';

const servers = tasksServers();
const REQUEST_MS = Number(QUICK.timeouts?.request);

interface World {
  readonly clock: FakeClock;
  readonly engine: TaskEngine;
  readonly client: McpClient;
  readonly drop: () => void;
  /** Requests of this method so far. */
  readonly count: (method: string) => number;
}

/** Client and server in this process, on one clock, and without chance. */
async function world(options: object, random: () => number = () => 0): Promise<World> {
  const clock = new FakeClock();
  const setTimer = (callback: () => void, ms: number): unknown => clock.setTimeout(callback, ms);
  const engine = newEngine({ now: () => clock.wallNow(), setTimer, ...options });
  const { client, drop } = await servers.inMemory(engine, { clock, random });
  const count = (wanted: string): number => engine.received.filter(({ method }) => method === wanted).length;
  return { clock, engine, client, drop, count };
}

/** Whether a promise has settled, and how. */
function watch(promise: Promise<unknown>): { error: unknown; value: unknown } {
  const seen: { error: unknown; value: unknown } = { error: undefined, value: undefined };
  promise.then(
    (value) => {
      seen.value = value;
    },
    (error: unknown) => {
      seen.error = error;
    },
  );
  return seen;
}

describe.each(['modern', 'legacy'])('the pace of questions to a %s server', (era) => {
  it('is what the server wants, and no more than twice a second', async () => {
    for (const [pollInterval, expected] of [
      [2000, 2000],
      [1, 500],
      [undefined, 1000],
      [3_600_000, 300_000],
    ]) {
      const { clock, client, count } = await world({ era, pollInterval, ttl: null });
      const task = await client.callTool('endless', {}, { task: true });
      watch(task.result());
      await clock.advance(expected! - 1);
      expect(count('tasks/get')).toBe(0);
      await clock.advance(1);
      expect(count('tasks/get')).toBe(1);
      await clock.advance(expected! * 3);
      expect(count('tasks/get')).toBe(4);
    }
  });

  it('is spread upwards by chance, by a tenth at most', async () => {
    const { clock, client, count } = await world({ era, pollInterval: 1000 }, () => 0.999);
    watch((await client.callTool('endless', {}, { task: true })).result());
    await clock.advance(1098);
    expect(count('tasks/get')).toBe(0);
    await clock.advance(2);
    expect(count('tasks/get')).toBe(1);
  });

  it('costs nothing while nobody waits, and stops with the end', async () => {
    const { clock, client, count } = await world({ era });
    const task = await client.callTool('slow', { ms: 900 }, { task: true });
    await clock.advance(5000);
    expect(count('tasks/get')).toBe(0);
    const seen = watch(task.result());
    await clock.advance(0);
    expect(textOf(seen.value as never)).toBe('slow: done');
    await clock.advance(60_000);
    expect(count('tasks/get')).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('follows as long as somebody listens', async () => {
    const { clock, client, count } = await world({ era });
    const task = await client.callTool('slow', { ms: 5000 }, { task: true });
    const stop = task.on('status', () => {});
    await clock.advance(1000);
    expect(count('tasks/get')).toBe(2);
    stop();
    stop();
    await clock.advance(30_000);
    expect(clock.pendingTimers).toBe(0);
    expect(count('tasks/get')).toBe(2);
    expect(await task.refresh()).toBe('completed');
  });

  it('is shared by all who wait', async () => {
    const { clock, client, count } = await world({ era });
    const task = await client.callTool('slow', { ms: 400 }, { task: true });
    const [one, two] = [watch(task.result()), watch(task.result())];
    const abort = new AbortController();
    const third = watch(task.result({ signal: abort.signal }));
    abort.abort();
    await clock.advance(500);
    expect(third.error).toMatchObject({ code: 'REQUEST_ABORTED' });
    expect([one.value, two.value]).toEqual([one.value, one.value]);
    expect(one.value).toBeDefined();
    expect(count('tasks/get')).toBe(1);
  });
});

describe.each(['modern', 'legacy'])('the end of time for a task of a %s server', (era) => {
  it('gives up when its time to live is over, after a last look', async () => {
    const { clock, client, count } = await world({ era, ttl: 1700, pollInterval: 600_000 });
    const task = await client.callTool('endless', {}, { task: true });
    const seen = watch(task.result());
    await clock.advance(1699);
    expect([seen.error, count('tasks/get')]).toEqual([undefined, 0]);
    await clock.advance(1);
    expect(count('tasks/get')).toBe(1);
    expect(seen.error).toMatchObject({ code: 'TASK_EXPIRED', delivered: 'unknown', retryable: false });
    await clock.advance(5000); // the wheel of deadlines turns slowly
    expect(clock.pendingTimers).toBe(0);
  });

  it('says so when the server does not know the task any more', async () => {
    const { clock, client, engine } = await world({ era, ttl: null });
    const task = await client.callTool('endless', {}, { task: true });
    const seen = watch(task.result());
    engine.tasks.clear();
    await clock.advance(500);
    expect(seen.error).toMatchObject({ code: 'TASK_EXPIRED', cause: { code: -32602 } });
    expect(await rejection(task.refresh())).toMatchObject({ code: 'TASK_EXPIRED' });
  });

  it('counts from when we heard of it, over the end of a process too', async () => {
    const { clock, client } = await world({ era, ttl: 10_000 });
    // The clock of the server is an hour behind: what counts is ours.
    const stored = { ...(await client.callTool('endless', {}, { task: true })).toJSON() };
    expect(stored.receivedAt).toBe(new Date(clock.wallNow()).toISOString());
    await clock.advance(9000);
    const again = client.resumeTask({ ...stored, createdAt: '2001-01-01T00:00:00Z' });
    expect(again.toJSON().receivedAt).toBe(stored.receivedAt);
    const seen = watch(again.result());
    await clock.advance(999);
    expect(seen.error).toBeUndefined();
    await clock.advance(1);
    expect(seen.error).toMatchObject({ code: 'TASK_EXPIRED' });
  });

  it('still fetches what the server has kept for longer', async () => {
    const { clock, client, engine } = await world({ era, ttl: null });
    const task = await client.callTool('slow', {}, { task: true });
    const stored = { ...task.toJSON(), ttlMs: 1000 };
    await clock.advance(5000);
    expect(engine.tasks.size).toBe(1);
    const seen = watch(client.resumeTask(stored).result());
    await clock.advance(0);
    expect(seen.value).toBeDefined();
  });
});

describe.each(['modern', 'legacy'])('faults while a task of a %s server is followed', (era) => {
  it('outlasts lost connections', async () => {
    const { clock, client, drop, count } = await world({ era });
    const task = await client.callTool('slow', { ms: 3000 }, { task: true });
    const seen = watch(task.result());
    await clock.advance(600);
    drop();
    await clock.advance(1200);
    drop();
    await clock.advance(5000);
    expect(seen.error).toBeUndefined();
    expect(textOf(seen.value as never)).toBe('slow: done');
    expect(count('tools/call')).toBe(1);
  });

  it('outlasts a reconnection that was asked for', async () => {
    const { clock, client } = await world({ era });
    const task = await client.callTool('slow', { ms: 3000 }, { task: true });
    const seen = watch(task.result());
    await clock.advance(600);
    const reconnected = client.reconnect();
    await clock.advance(5000);
    await reconnected;
    expect(seen.error).toBeUndefined();
    expect(seen.value).toBeDefined();
  });

  it('outlasts questions without answer, until the time is over', async () => {
    const { clock, client, engine, count } = await world({ era, ttl: 60_000 });
    const task = await client.callTool('endless', {}, { task: true });
    const seen = watch(task.result());
    engine.failures.push({ method: 'tasks/get', silent: true }, { method: 'tasks/get', silent: true });
    await clock.advance(500 + 2 * (REQUEST_MS + 250) + 2000);
    expect(count('tasks/get')).toBeGreaterThanOrEqual(3);
    expect(seen.error).toBeUndefined();
    await clock.advance(60_000);
    expect(seen.error).toMatchObject({ code: 'TASK_EXPIRED' });
    expect(count('notifications/cancelled')).toBe(2); // of the questions, by their deadline
  });

  it('does not outlast an error that the server answers with', async () => {
    const { clock, client, engine } = await world({ era });
    const task = await client.callTool('slow', { ms: 3000 }, { task: true });
    engine.failures.push({ method: 'tasks/get', code: -32099 });
    const seen = watch(task.result());
    await clock.advance(500);
    expect(seen.error).toMatchObject({ name: 'RemoteError', code: -32099 });
    // The task is not lost: whoever asks again goes on.
    const again = watch(task.result());
    await clock.advance(3000);
    expect(again.value).toBeDefined();
  });
});

describe('input of a modern task', () => {
  it('is asked of people once, however often the answer must be sent', async () => {
    const { clock, client, engine, count } = await world({ era: 'modern' });
    let asked = 0;
    client.onInputRequest({
      elicitForm: () => {
        asked++;
        return { action: 'accept', content: { name: 'Eve' } };
      },
    });
    engine.failures.push({ method: 'tasks/update', silent: true });
    const seen = watch((await client.callTool('ask', {}, { task: true })).result());
    await clock.advance(REQUEST_MS + 5000);
    expect(textOf(seen.value as never)).toContain('Eve');
    expect([asked, count('tasks/update')]).toEqual([1, 2]);
  });

  it('is remembered in what is stored', async () => {
    const { clock, client, count } = await world({ era: 'modern' });
    const task = await client.callTool('nag', {}, { task: true });
    const abort = new AbortController();
    watch(task.result({ signal: abort.signal }));
    await clock.advance(0);
    abort.abort();
    const stored = task.toJSON();
    expect(stored.answered).toEqual(['name']);
    const seen = watch(client.resumeTask(stored).result());
    await clock.advance(5000);
    expect(seen.value).toBeDefined();
    expect(count('tasks/update')).toBe(1);
  });

  it('is no longer wanted when the task ends meanwhile', async () => {
    const { clock, client } = await world({ era: 'modern' });
    let signal: AbortSignal | undefined;
    client.onInputRequest({
      elicitForm: (_, context) => {
        signal = context.signal;
        return new Promise(() => {});
      },
    });
    const task = await client.callTool('ask', {}, { task: true });
    const seen = watch(task.result());
    await clock.advance(600);
    expect(signal!.aborted).toBe(false);
    await task.cancel();
    await clock.advance(0);
    expect(seen.error).toMatchObject({ code: 'TASK_CANCELLED' });
    expect(signal!.aborted).toBe(true);
  });
});

describe('push', () => {
  it('makes questions rarer, not superfluous', async () => {
    const { clock, client, count } = await world({ era: 'modern', pushes: true, pollInterval: 1000 });
    const seen = watch((await client.callTool('slow', { ms: 2500 }, { task: true })).result());
    await clock.advance(2500);
    expect(seen.value).toBeDefined();
    expect([count('tasks/get'), count('subscriptions/listen')]).toEqual([2, 1]);
    watch((await client.callTool('endless', {}, { task: true })).result());
    await clock.advance(1000 + 4000 + 4000);
    expect(count('tasks/get')).toBe(2 + 4);
  });

  it('begins at once where questions are rare', async () => {
    const { clock, client, count } = await world({ era: 'modern', pushes: true, pollInterval: 60_000 });
    const seen = watch((await client.callTool('slow', { ms: 700 }, { task: true })).result());
    await clock.advance(700);
    expect(seen.value).toBeDefined();
    expect([count('tasks/get'), count('subscriptions/listen')]).toEqual([1, 1]);
  });

  it('is renewed with the connection', async () => {
    for (const disturb of ['drop', 'reconnect']) {
      const { clock, client, drop, count } = await world({
        era: 'modern',
        pushes: true,
        pollInterval: 60_000,
      });
      const resumed = client.resumeTask(
        (await client.callTool('slow', { ms: 9000 }, { task: true })).toJSON(),
      );
      const seen = watch(resumed.result());
      await clock.advance(1000);
      expect(count('subscriptions/listen')).toBe(1);
      if (disturb === 'drop') drop();
      else void client.reconnect();
      await clock.advance(3000);
      expect(count('subscriptions/listen')).toBe(2);
      await clock.advance(5000);
      expect(seen.value).toBeDefined();
    }
  });

  it('serves eight tasks at a time; others are asked after', async () => {
    const { clock, client, count } = await world({ era: 'modern', pushes: true });
    const all = await Promise.all(
      Array.from({ length: 10 }, () => client.callTool('slow', { ms: 3000 }, { task: true })),
    );
    const seen = all.map((task) => watch(task.result()));
    await clock.advance(600);
    expect(count('subscriptions/listen')).toBe(8);
    await clock.advance(3000);
    expect(seen.every(({ value }) => value !== undefined)).toBe(true);
    watch((await client.callTool('endless', {}, { task: true })).result());
    await clock.advance(600);
    expect(count('subscriptions/listen')).toBe(9);
  });
});
