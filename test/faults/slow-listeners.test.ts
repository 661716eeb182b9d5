import { describe, expect, it } from 'vitest';
import { faultyEntry, testFactories } from '../helpers/clients.ts';

const makeFactory = testFactories();
const MIB = 1024 * 1024;

describe('F-114 a listener that is slower than its server', () => {
  it.each(['legacy', 'modern'] as const)('holds the server back and not the memory (%s)', async (era) => {
    const count = 4000;
    const size = 64 * 1024;
    const steps = [`notifyMany:notifications/large,${count},${size}`, 'reply'];
    const entry = faultyEntry({ era, on: { 'tools/call': steps } }, { timeouts: { request: 50_000 } });
    const client = await makeFactory().createAndConnect('s', entry);
    let heard = 0;
    let most = 0;
    const before = process.memoryUsage().rss;
    client.on('notification', ({ params }) => {
      heard++;
      expect((params['pad'] as string).length).toBe(size);
      const end = performance.now() + 0.5;
      while (performance.now() < end);
      if (heard % 50 === 0) most = Math.max(most, process.memoryUsage().rss - before);
    });
    // 256 MB pass; what the listener has not seen yet waits in the pipe, and its writer with it.
    await client.callTool('echo', {}, { timeoutMs: 50_000 });
    expect(heard).toBe(count);
    expect(most).toBeLessThan(160 * MIB);
  });
});
