import { describe, expect, it } from 'vitest';
import { checkHttpClients, httpClient, resultFor } from '../helpers/http-client.ts';
import { openStream, sendJson, sseEvent, startHttpFixture, until } from '../helpers/http-fixture.ts';

checkHttpClients();

describe('without faults', () => {
  it('opening does no I/O, and a request costs one POST with the headers of the protocol', async () => {
    const server = await startHttpFixture((request, response) => sendJson(response, resultFor(request.body)));
    const { transport, receiver, send } = await httpClient(server.url, { headers: { 'X-Key': 'k' } });
    expect(await server.connections()).toBe(0);
    const call = send({ headers: { 'mcp-method': 'tools/call', 'mcp-protocol-version': '2026-07-28' } });
    await call.result;
    expect(call).toMatchObject({ flushes: 1, exchange: undefined });
    expect(receiver.messages).toEqual([
      { text: JSON.stringify(resultFor(call.text)), exchange: call, status: 200 },
    ]);
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]).toMatchObject({
      method: 'POST',
      path: '/mcp',
      body: call.text,
      headers: {
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
        'accept-encoding': 'gzip, deflate, br',
        'x-request-id': expect.stringMatching(/^[a-z\d]{8}-[a-z\d]+$/u) as string,
        'x-key': 'k',
        'mcp-method': 'tools/call',
        'mcp-protocol-version': '2026-07-28',
      },
    });
    expect(server.requests[0]?.headers).not.toHaveProperty('mcp-session-id');
    await transport.close();
    expect(server.requests).toHaveLength(1);
  });

  it('answers come as JSON and as event streams, side by side', async () => {
    const server = await startHttpFixture((request, response) => {
      const answer = resultFor(request.body);
      if (answer.id % 2 === 1) sendJson(response, answer);
      else {
        openStream(response);
        response.write(sseEvent({ data: { jsonrpc: '2.0', method: 'notifications/progress' } }));
        response.end(sseEvent({ data: answer }));
      }
    });
    const { receiver, send } = await httpClient(server.url);
    const calls = Array.from({ length: 50 }, () => send());
    await Promise.all(calls.map((call) => call.result));
    expect(receiver.messages).toHaveLength(75);
    expect(receiver.messages.every(({ exchange }) => exchange !== undefined)).toBe(true);
    await until(() => calls.every((call) => call.exchange === undefined));
  });

  it('the query of the URL is kept, and shown without its secrets', async () => {
    const server = await startHttpFixture((request, response) => sendJson(response, resultFor(request.body)));
    const { transport, send } = await httpClient(`${server.url}?api_key=canary-1&x=1#part`);
    await send().result;
    expect(server.requests[0]?.path).toBe('/mcp?api_key=canary-1&x=1');
    expect(transport.diagnostics()).toEqual({ url: `${server.url}?api_key=***&x=1` });
  });

  it.each([
    ['', '/'],
    ['?x', '/?x'],
    ['/a/../b c/', '/b%20c/'],
    ['/#part', '/'],
  ])('the URL that ends in "%s" is asked at %s', async (end, path) => {
    const server = await startHttpFixture((request, response) => sendJson(response, resultFor(request.body)));
    const { send } = await httpClient(`${server.origin.replace('http', 'HTTP')}${end}`);
    await send().result;
    expect(server.requests[0]?.path).toBe(path);
  });

  it('a long-lived stream stays open and delivers until it is abandoned', async () => {
    let say: ((n: number) => void) | undefined;
    let gone = false;
    const server = await startHttpFixture((_request, response) => {
      openStream(response);
      response.on('close', () => {
        gone = true;
      });
      say = (n) => void response.write(sseEvent({ data: { jsonrpc: '2.0', method: `n/${n}` } }));
    });
    const { transport, receiver, send } = await httpClient(server.url);
    const call = send({ longLived: true });
    await until(() => say !== undefined);
    for (let n = 0; n < 3; n++) say!(n);
    await until(() => receiver.messages.length === 3);
    expect(call.settled).toBe(false);
    transport.abandon(call);
    await until(() => gone);
  });
});
