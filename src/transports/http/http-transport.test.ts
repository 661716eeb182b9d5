import { afterEach, describe, expect, it } from 'vitest';
import {
  checkHttpFixtures,
  openStream,
  sendJson,
  sseEvent,
  startHttpFixture,
  until,
} from '../../../test/helpers/http-fixture.ts';
import { ProbeOutgoing, ProbeReceiver, probeContext } from '../../../test/helpers/transport-probe.ts';
import { HttpTransport } from './http-transport.ts';
import { PoolCache } from './pool-cache.ts';

checkHttpFixtures();
const open: HttpTransport[] = [];
afterEach(async () => {
  for (const transport of open.splice(0)) {
    transport.destroy();
    await transport.closed;
  }
});

describe('HttpTransport', () => {
  it('answers from JSON and from an event stream', async () => {
    const server = await startHttpFixture((request, response) => {
      const { id } = JSON.parse(request.body) as { id: number };
      if (id % 2 === 1) sendJson(response, { jsonrpc: '2.0', id, result: {} });
      else {
        openStream(response);
        response.write(sseEvent({ data: { jsonrpc: '2.0', method: 'notifications/progress' } }));
        response.end(sseEvent({ data: { jsonrpc: '2.0', id, result: {} } }));
      }
    });
    const receiver = new ProbeReceiver();
    const transport = new HttpTransport(
      { url: server.url, headers: { 'X-Key': 'k' } },
      probeContext(),
      new PoolCache(),
    );
    open.push(transport);
    await transport.open(receiver, new AbortController().signal);
    const calls = [1, 2, 3, 4].map(
      (id) => new ProbeOutgoing({ id, headers: { 'mcp-method': 'tools/call' } }),
    );
    for (const call of calls) transport.send(call);
    await Promise.all(calls.map((call) => call.result));
    expect(calls.map((call) => call.flushes)).toEqual([1, 1, 1, 1]);
    expect(server.requests[0]?.headers).toMatchObject({
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      'accept-encoding': 'identity',
      'x-key': 'k',
      'mcp-method': 'tools/call',
    });
    await until(() => calls.every((call) => call.exchange === undefined));
  });
});
