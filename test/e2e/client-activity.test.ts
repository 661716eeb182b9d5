import { describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { newEngine, tasksServers } from '../helpers/tasks-servers.ts';

const servers = tasksServers();

describe.each(['modern', 'legacy'])('the activity of a client of a %s server', (era) => {
  async function connected(options: object): Promise<{ client: McpClient; clock: FakeClock }> {
    const clock = new FakeClock();
    const setTimer = (callback: () => void, ms: number): unknown => clock.setTimeout(callback, ms);
    const engine = newEngine({ now: () => clock.wallNow(), setTimer, era, ...options });
    const { client } = await servers.inMemory(engine, { clock, random: () => 0 });
    return { client, clock };
  }

  it('counts a task that nobody follows until its time to live is over', async () => {
    const { client, clock } = await connected({ ttl: 60_000 });
    await client.callTool('endless', {}, { task: true });
    expect(client.activity).toMatchObject({ calls: 0, tasks: 1, isBusy: true });
    await clock.advance(59_999);
    expect(client.activity.tasks).toBe(1);
    await clock.advance(1);
    expect(client.activity).toMatchObject({ tasks: 0, isBusy: false });
  });

  it('counts a task that was resumed, and none whose end is known', async () => {
    const { client } = await connected({ ttl: null });
    const task = await client.callTool('endless', {}, { task: true });
    const stored = task.toJSON();
    await task.cancel();
    await task.refresh().catch(() => undefined);
    expect(client.activity.tasks).toBe(0);
    client.resumeTask({ ...stored, id: 'another' });
    expect(client.activity.tasks).toBe(1);
  });
});
