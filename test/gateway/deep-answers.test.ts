import { describe, expect, it } from 'vitest';
import { faultyEntry } from '../helpers/clients.ts';
import { cleanGateways, startGateway } from './gateway-fixture.ts';
import { modernRequest, openSession, rawRequest } from './raw-request.ts';

cleanGateways();

describe('F-054 an answer of a server that nests deeper than any stack', () => {
  it.each(['deepResult', 'deepError'])(
    'is an error of its call, and the gateway goes on (%s)',
    async (step) => {
      const on = { 'tools/call': [[`${step}:200000`], [`${step}:200000`], ['reply']] };
      const { url } = await startGateway({ s: faultyEntry({ era: 'legacy', on }) });
      const params = { name: 's__echo', arguments: { message: 'x' } };
      const modern = await rawRequest(url, modernRequest('tools/call', params));
      expect(modern.json).toMatchObject({ error: { code: expect.any(Number) } });
      const headers = await openSession(url);
      const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params };
      expect((await rawRequest(url, { headers, body })).json).toMatchObject({ id: 1, error: {} });
      expect((await rawRequest(url, { headers, body })).json).toMatchObject({ id: 1, result: {} });
    },
  );
});
