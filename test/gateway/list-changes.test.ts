import type { Client } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { faultyEntry } from '../helpers/clients.ts';
import { until } from '../helpers/until.ts';
import { cleanGateways, connectOfficial, startGateway, UNITS } from './gateway-fixture.ts';
import { modernRequest, rawRequest } from './raw-request.ts';

cleanGateways();

function countChanges(client: Client): Record<'tools' | 'prompts' | 'resources', number> {
  const counts = { tools: 0, prompts: 0, resources: 0 };
  client.setNotificationHandler('notifications/tools/list_changed', () => void counts.tools++);
  client.setNotificationHandler('notifications/prompts/list_changed', () => void counts.prompts++);
  client.setNotificationHandler('notifications/resources/list_changed', () => void counts.resources++);
  return counts;
}

describe('a change of what is offered', () => {
  it('reaches clients of both eras, and only those who asked', async () => {
    const { url, registry } = await startGateway({ faulty: faultyEntry({ era: 'legacy' }) });
    const legacy = await connectOfficial(url, 'legacy');
    const modern = await connectOfficial(url, 'modern');
    const other = await connectOfficial(url, 'modern');
    const [ofLegacy, ofModern, ofOther] = [countChanges(legacy), countChanges(modern), countChanges(other)];
    const subscription = await modern.listen({ toolsListChanged: true, promptsListChanged: true });
    const others = await other.listen({ resourcesListChanged: true });
    await legacy.listTools();
    registry.register('units', UNITS);
    await registry.connectAll();
    await until('all were told', () => ofLegacy.tools > 0 && ofModern.tools > 0 && ofOther.resources > 0);
    await until('of prompts too', () => ofLegacy.prompts > 0 && ofModern.prompts > 0);
    expect(ofModern.resources).toBe(0);
    expect(ofOther).toMatchObject({ tools: 0, prompts: 0 });
    expect((await modern.listTools()).tools.map(({ name }) => name)).toContain('units__convert');
    const told = ofLegacy.tools;
    await registry.unregister('units', { drainMs: 0 });
    await until('they were told again', () => ofLegacy.tools > told);
    expect((await legacy.listTools()).tools.map(({ name }) => name)).not.toContain('units__convert');
    await subscription.close();
    await others.close();
  });

  it('that changes nothing is not told', async () => {
    const { url, registry } = await startGateway({ faulty: faultyEntry({ era: 'legacy' }) });
    const client = await connectOfficial(url, 'modern');
    const counts = countChanges(client);
    const all = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };
    const subscription = await client.listen(all);
    // Give the first state of the lists time to be read, then read them all again.
    await new Promise((resolve) => setTimeout(resolve, 100));
    await registry.getServer('faulty')!.refresh();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(counts).toEqual({ tools: 0, prompts: 0, resources: 0 });
    await subscription.close();
  });

  it('of a server is passed on', async () => {
    const { url, registry } = await startGateway({
      faulty: faultyEntry({ era: 'legacy', on: { 'tools/list': [['reply'], ['result:{"tools":[]}']] } }),
    });
    const client = await connectOfficial(url, 'legacy');
    const counts = countChanges(client);
    expect((await client.listTools()).tools).toHaveLength(4);
    await registry.getServer('faulty')!.refresh();
    await until('the client was told', () => counts.tools > 0);
    expect((await client.listTools()).tools).toHaveLength(0);
    expect(counts).toEqual({ tools: 1, prompts: expect.any(Number), resources: expect.any(Number) });
  });

  it('is told until the gateway ends the subscription in good order', async () => {
    const { url, gateway } = await startGateway({});
    const client = await connectOfficial(url, 'modern');
    const subscription = await client.listen({ toolsListChanged: true, resourceSubscriptions: ['a://b'] });
    expect(subscription.honoredFilter).toEqual({ toolsListChanged: true });
    const closed = gateway.close();
    await expect(subscription.closed).resolves.toBe('graceful');
    await closed;
  });
});

describe('subscriptions/listen', () => {
  it('needs a filter, a client that takes a stream, and room', async () => {
    const { url } = await startGateway({}, { limits: { streams: 1 } });
    const filter = { notifications: { toolsListChanged: true } };
    const without = await rawRequest(url, modernRequest('subscriptions/listen'));
    expect(without).toMatchObject({ status: 400, json: { id: 1, error: { code: -32602 } } });
    const plain = modernRequest('subscriptions/listen', filter, { accept: 'application/json' });
    expect((await rawRequest(url, plain)).status).toBe(406);
    const client = await connectOfficial(url, 'modern');
    const subscription = await client.listen({ toolsListChanged: true });
    expect((await rawRequest(url, modernRequest('subscriptions/listen', filter))).status).toBe(503);
    await subscription.close();
    // The gateway needs a moment to notice that the stream was closed.
    let again: Awaited<ReturnType<Client['listen']>> | undefined;
    for (let attempt = 0; again === undefined && attempt < 100; attempt++) {
      again = await client.listen({ toolsListChanged: true }).catch(() => undefined);
    }
    expect(again?.honoredFilter).toEqual({ toolsListChanged: true });
    await again?.close();
  });
});
