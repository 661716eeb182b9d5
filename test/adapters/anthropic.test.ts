import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import Anthropic from '@anthropic-ai/sdk';
import type { MessageParam } from '@anthropic-ai/sdk/resources/messages';
import { describe, expect, it } from 'vitest';
import { anthropicTools } from '../../src/adapters/anthropic/index.ts';
import { rejection } from '../helpers/clients.ts';
import { realServers } from './real-servers.ts';

const { registry } = realServers();

interface Request {
  readonly messages: readonly { readonly content: unknown }[];
  readonly tools: readonly { readonly name: string; readonly input_schema: { readonly type: string } }[];
}

/** A server that speaks as much of the Messages API as a model with tools needs, and answers with what is written down. */
async function scripted(answers: readonly object[][]) {
  const requests: Request[] = [];
  const left = [...answers];
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      requests.push(body as Request);
      response.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
      response.end(
        JSON.stringify({ id: 'm', type: 'message', role: 'assistant', model: 'any', content: left.shift() }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    requests,
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async (): Promise<void> => {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const use = (id: string, name: string, input: unknown) => ({ type: 'tool_use', id, name, input }) as const;

describe('tools for the Anthropic Messages API', () => {
  it('work with the official package', async () => {
    await using api = await scripted([
      [
        { type: 'text', text: 'I add.' },
        use('1', 'everything__get-sum', { a: 2, b: 3 }),
        use('2', 'everything__get-sum', { a: 'x' }),
        use('3', 'everything__get-tiny-image', {}),
        use('4', 'nothing', {}),
      ],
      [{ type: 'text', text: 'It is 5.' }],
    ]);
    const anthropic = new Anthropic({ baseURL: api.baseURL, apiKey: 'none', maxRetries: 0 });
    const tools = await anthropicTools(registry);
    const messages: MessageParam[] = [{ role: 'user', content: 'add 2 and 3' }];
    const ask = async () =>
      await anthropic.messages.create({ model: 'any', max_tokens: 99, messages, tools: tools.definitions });
    const { content } = await ask();
    messages.push({ role: 'assistant', content });
    messages.push({ role: 'user', content: await tools.callAll(content) });
    expect((await ask()).content).toMatchObject([{ type: 'text', text: 'It is 5.' }]);

    expect(api.requests[0]!.tools.find(({ name }) => name === 'everything__get-sum')).toMatchObject({
      description: 'Returns the sum of two numbers',
      input_schema: { type: 'object', required: ['a', 'b'] },
    });
    expect(api.requests[1]!.messages[2]!.content).toEqual([
      {
        type: 'tool_result',
        tool_use_id: '1',
        content: [{ type: 'text', text: 'The sum of 2 and 3 is 5.' }],
      },
      {
        type: 'tool_result',
        tool_use_id: '2',
        is_error: true,
        content: [{ type: 'text', text: expect.stringContaining('expected number') as string }],
      },
      {
        type: 'tool_result',
        tool_use_id: '3',
        content: [
          { type: 'text', text: "Here's the image you requested:" },
          {
            type: 'image',
            source: {
              type: 'base64',
              media_type: 'image/png',
              data: expect.stringMatching(/^iVBOR/u) as string,
            },
          },
          { type: 'text', text: 'The image above is the MCP logo.' },
        ],
      },
      {
        type: 'tool_result',
        tool_use_id: '4',
        is_error: true,
        content: [{ type: 'text', text: 'There is no tool "nothing". Use one of those that are offered.' }],
      },
    ]);
  });

  it('end with the signal of a call', async () => {
    const tools = await anthropicTools(registry);
    const signal = AbortSignal.abort();
    const error = await rejection(
      tools.callAll([use('1', 'everything__echo', { message: 'x' })], { signal }),
    );
    expect(error).toMatchObject({ code: 'REQUEST_ABORTED' });
    expect(await tools.refresh()).toBe(false);
    expect(tools.missing).toEqual([]);
  });
});
