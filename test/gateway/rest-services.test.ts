import { describe, expect, it } from 'vitest';
import { QUICK } from '../helpers/clients.ts';
import { checkHttpFixtures, sendJson } from '../helpers/http-fixture.ts';
import { startRestService } from '../helpers/rest-service.ts';
import { cleanGateways, connectOfficial, startGateway } from './gateway-fixture.ts';

checkHttpFixtures();
cleanGateways();

describe.each(['legacy', 'modern'] as const)('the official client, %s, before a REST service', (era) => {
  it('lists, calls, reads and gets, and is told what the service refuses', async () => {
    const service = await startRestService();
    const entry = { type: 'rest', url: service.url, 'x-signalbox': QUICK };
    const { url, registry } = await startGateway({ shop: entry });
    expect(registry.getConnectedServers().map(({ name }) => name)).toEqual(['shop']);
    const client = await connectOfficial(url, era);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain('shop__add');
    const sum = await client.callTool({ name: 'shop__add', arguments: { a: 2, b: 3 } });
    expect(sum).toMatchObject({ structuredContent: { sum: 5 } });
    const { contents } = await client.readResource({ uri: 'file:///a b?c=d#e' });
    expect(contents).toMatchObject([{ text: 'the text of a' }]);
    expect((await client.getPrompt({ name: 'shop__hello' })).messages).toHaveLength(1);
    const refused = client.callTool({ name: 'shop__add', arguments: { a: 'x' } });
    await expect(refused).rejects.toMatchObject({ data: { code: 'INVALID_ARGUMENT', delivered: 'no' } });
    service.faults.set('POST /tools/echo/call', [(response) => sendJson(response, {}, 503)]);
    const unknown = client.callTool({ name: 'shop__echo', arguments: {} });
    await expect(unknown).rejects.toMatchObject({ data: { code: 'OUTCOME_UNKNOWN', delivered: 'unknown' } });
  });
});
