import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { SseStream } from '../../src/gateway/http/sse-stream.ts';
import { until } from '../helpers/until.ts';
import { cleanGateways, onCleanup } from './gateway-fixture.ts';

cleanGateways();

/** A response on its way to a client that reads nothing yet. */
async function deafResponse(): Promise<{ response: ServerResponse; client: Socket; text: () => string }> {
  const responses: ServerResponse[] = [];
  const server = createServer((_request, response) => void responses.push(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onCleanup(() => new Promise((resolve) => server.close(resolve)));
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onCleanup(() => Promise.resolve(client.destroy()));
  client.pause();
  let text = '';
  client.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  client.pause();
  client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await until('the request has arrived', () => responses.length === 1);
  return { response: responses[0]!, client, text: () => text };
}

describe('S19 an event stream whose reader is behind', () => {
  it('drops what may be dropped, keeps the newest of the rest, and loses no answer', async () => {
    const { response, client, text } = await deafResponse();
    const stream = new SseStream(response, { bufferedBytes: 1000, stallMs: 10_000 });
    stream.sendIfRoom('"first"');
    stream.sendLatest('tools', '"at once"');
    while (response.writableLength < 1000) stream.send(`"${'x'.repeat(100_000)}"`);
    for (let n = 0; n < 1000; n++) stream.sendIfRoom(`"dropped ${n}"`);
    for (let n = 0; n < 1000; n++) stream.sendLatest('tools', `"tools ${n}"`);
    stream.sendLatest('prompts', '"prompts"');
    stream.tick();
    const held = response.writableLength;
    stream.send('"answer"');
    expect(response.writableLength - held).toBeLessThan(100);
    client.resume();
    await until('the late ones have come', () => text().includes('"prompts"'));
    stream.end();
    const events = [...text().matchAll(/data: "([^x]*?)"\n/gu)].map(([, data]) => data);
    expect(events).toEqual(['first', 'at once', 'answer', 'tools 999', 'prompts']);
    expect(text().includes('\n: keep-alive')).toBe(false);
  });

  it('is silent when it is over', async () => {
    const { response, client } = await deafResponse();
    const stream = new SseStream(response, { bufferedBytes: 1000, stallMs: 10_000 });
    response.on('error', () => {});
    client.destroy();
    await until('the response is closed', () => response.destroyed);
    stream.send('"x"');
    stream.sendLatest('a', '"x"');
    stream.tick();
    stream.end();
    expect(() => new SseStream(response, { bufferedBytes: 1000, stallMs: 10_000 })).not.toThrow();
  });
});
