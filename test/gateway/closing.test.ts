import { Agent, request as httpRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import { Gateway } from '../../src/gateway/index.ts';
import { ServerRegistry } from '../../src/registry/server-registry.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { faultyEntry } from '../helpers/clients.ts';
import { cleanGateways, connectOfficial, onCleanup, slowServer, startGateway } from './gateway-fixture.ts';
import { modernRequest, openSession, type RawAnswer, rawRequest } from './raw-request.ts';

// No socket and no timer may be left after a test.
cleanGateways();

const call = (message: string): ReturnType<typeof modernRequest> =>
  modernRequest('tools/call', { name: 'faulty__echo', arguments: { message } });

describe('closing a gateway', () => {
  it('ends streams and lets what is in flight finish', async () => {
    const { faulty, busyWith } = slowServer(['delay:200', 'reply']);
    const { url, gateway } = await startGateway({ faulty });
    const legacy = await connectOfficial(url, 'legacy');
    const modern = await connectOfficial(url, 'modern');
    const subscription = await modern.listen({ toolsListChanged: true });
    const calls = [
      rawRequest(url, call('modern')),
      legacy.callTool({ name: 'faulty__echo', arguments: { message: 'legacy' } }),
    ];
    await busyWith(2);
    const started = performance.now();
    await gateway.close({ drainMs: 50_000 });
    expect(performance.now() - started).toBeLessThan(25_000);
    const [raw, result] = (await Promise.all(calls)) as [RawAnswer, { content: unknown }];
    expect(raw.json).toMatchObject({ result: { content: [{ text: 'modern' }] } });
    expect(result.content).toEqual([{ type: 'text', text: 'legacy' }]);
    expect(await subscription.closed).toBe('graceful');
    await expect(rawRequest(url, { path: '/healthz' })).rejects.toThrow(/ECONNREFUSED/u);
  });

  it('answers with an error what does not finish in time', async () => {
    const { faulty, busyWith } = slowServer(['silent']);
    const { url, gateway } = await startGateway({ faulty });
    const headers = await openSession(url);
    const params = { name: 'faulty__echo', arguments: {} };
    const calls = [
      rawRequest(url, call('x')),
      rawRequest(url, { headers, body: { jsonrpc: '2.0', id: 1, method: 'tools/call', params } }),
    ];
    await busyWith(2);
    const started = performance.now();
    await gateway.close({ drainMs: 100 });
    expect(performance.now() - started).toBeLessThan(15_000);
    for (const { json } of await Promise.all(calls)) {
      expect(json).toMatchObject({
        id: 1,
        error: { code: -31000, data: { code: 'CONNECTION_CLOSED', retryable: true } },
      });
    }
  });

  it('hurries when asked twice', async () => {
    const { faulty, busyWith } = slowServer(['silent']);
    const { url, gateway } = await startGateway({ faulty });
    const answer = rawRequest(url, call('x'));
    await busyWith(1);
    const first = gateway.close({ drainMs: 60_000 });
    const started = performance.now();
    await gateway.close({ drainMs: 60_000 });
    await first;
    expect(performance.now() - started).toBeLessThan(15_000);
    expect((await answer).json).toMatchObject({ error: { data: { code: 'CONNECTION_CLOSED' } } });
  });

  it('takes nothing new on connections that are open', async () => {
    const { faulty, busyWith } = slowServer(['delay:300', 'reply']);
    const { url, gateway } = await startGateway({ faulty });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onCleanup(() => Promise.resolve(agent.destroy()));
    const slow = rawRequest(url, call('slow'));
    const status = (): Promise<number> =>
      new Promise((resolve, reject) => {
        const { headers, body } = modernRequest('tools/list');
        const all = { ...headers, 'content-type': 'application/json' };
        httpRequest(url, { method: 'POST', agent, headers: all }, (response) => {
          response.resume().on('end', () => resolve(response.statusCode!));
        })
          .on('error', reject)
          .end(JSON.stringify(body));
      });
    expect(await status()).toBe(200);
    await busyWith(1);
    const closed = gateway.close();
    // Idle connections are closed at once, so a refusal has either form.
    const late = await status().catch((error: unknown) => (error as NodeJS.ErrnoException).code);
    expect([503, 'ECONNRESET', 'ECONNREFUSED']).toContain(late);
    expect((await slow).json).toMatchObject({ result: {} });
    await closed;
  });

  it('leaves no timer, and may come before the start or twice', async () => {
    const clock = new FakeClock();
    const { url, gateway, registry } = await startGateway({}, { clock });
    await openSession(url);
    expect(await gateway.start()).toMatchObject({ url });
    expect(clock.pendingTimers).toBeGreaterThan(0);
    await gateway.close();
    expect(clock.pendingTimers).toBe(0);
    await gateway.close();
    await expect(gateway.start()).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
    const unused = new Gateway({ registry: new ServerRegistry(), port: 0 });
    await unused.close();
    // The registry is not the gateway's to shut down.
    expect(() => registry.register('still', faultyEntry({}))).not.toThrow();
  });
});
