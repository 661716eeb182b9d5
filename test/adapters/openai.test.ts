import OpenAI from 'openai';
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import type { ResponseInputItem } from 'openai/resources/responses/responses';
import { describe, expect, it } from 'vitest';
import { openaiTools } from '../../src/adapters/openai/index.ts';
import { rejection } from '../helpers/clients.ts';
import { MemoryServer } from '../helpers/memory-server.ts';
import { until } from '../helpers/until.ts';
import { memoryRegistry } from './memory-registry.ts';
import { realServers } from './real-servers.ts';
import { completion, response, ScriptedOpenAi } from './scripted-openai.ts';

const { registry } = realServers();

const chatCall = (id: string, name: string, args: string) =>
  ({ id, type: 'function', function: { name, arguments: args } }) as const;
const responsesCall = (call_id: string, name: string, args: string) =>
  ({ type: 'function_call', call_id, name, arguments: args }) as const;

describe('tools for the OpenAI API', () => {
  it('work in Chat Completions with the official package', async () => {
    await using api = new ScriptedOpenAi([
      completion({
        tool_calls: [
          chatCall('1', 'everything__get-sum', '{"a":2,"b":3}'),
          chatCall('2', 'everything__get-sum', '{"a":2,'),
          chatCall('3', 'everything__get-env', ''),
        ],
      }),
      completion({ content: 'It is 5.' }),
    ]);
    const openai = new OpenAI({ baseURL: await api.listen(), apiKey: 'none', maxRetries: 0 });
    const tools = await openaiTools(registry);
    const messages: ChatCompletionMessageParam[] = [{ role: 'user', content: 'add 2 and 3' }];
    const ask = async () => {
      const { choices } = await openai.chat.completions.create({ model: 'any', messages, tools: tools.chat });
      const { message } = choices[0]!;
      messages.push(message);
      return message;
    };
    const { tool_calls } = await ask();
    messages.push(...(await tools.callChat(tool_calls)));
    expect((await ask()).content).toBe('It is 5.');

    const told = api.requests[1]!['messages'] as Record<string, unknown>[];
    expect(told.slice(2)).toEqual([
      { role: 'tool', tool_call_id: '1', content: 'The sum of 2 and 3 is 5.' },
      {
        role: 'tool',
        tool_call_id: '2',
        content: 'Error: The arguments are no JSON object. Nothing was called.',
      },
      { role: 'tool', tool_call_id: '3', content: expect.stringContaining('PATH') as string },
    ]);
    expect((api.requests[0]!['tools'] as unknown[]).length).toBe(tools.chat.length);
  });

  it('work in the Responses API with the official package, images included', async () => {
    await using api = new ScriptedOpenAi([
      response(
        { type: 'reasoning', id: 'r', summary: [] },
        responsesCall('1', 'everything__get-sum', '{"a":2,"b":3}'),
        responsesCall('2', 'everything__get-tiny-image', '{}'),
      ),
      response({
        type: 'message',
        id: 'm',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'It is 5.', annotations: [] }],
      }),
    ]);
    const openai = new OpenAI({ baseURL: await api.listen(), apiKey: 'none', maxRetries: 0 });
    const tools = await openaiTools(registry);
    const input: ResponseInputItem[] = [{ role: 'user', content: 'add 2 and 3' }];
    const first = await openai.responses.create({ model: 'any', input, tools: tools.responses });
    // The types of the package tell output from input, the API does not.
    input.push(...(first.output as ResponseInputItem[]), ...(await tools.callResponses(first.output)));
    const second = await openai.responses.create({ model: 'any', input, tools: tools.responses });
    expect(second.output_text).toBe('It is 5.');

    const told = api.requests[1]!['input'] as Record<string, unknown>[];
    expect(told.slice(4)).toEqual([
      { type: 'function_call_output', call_id: '1', output: 'The sum of 2 and 3 is 5.' },
      {
        type: 'function_call_output',
        call_id: '2',
        output: [
          { type: 'input_text', text: "Here's the image you requested:" },
          {
            type: 'input_image',
            detail: 'auto',
            image_url: expect.stringMatching(/^data:image\/png;base64,iVBOR/u) as string,
          },
          { type: 'input_text', text: 'The image above is the MCP logo.' },
        ],
      },
    ]);
    expect(tools.responses[0]).toMatchObject({ type: 'function', strict: false });
  });

  it('are made fit for the API, whatever servers describe', async () => {
    const odd = new MemoryServer();
    odd.tools = [
      { name: 'a.b', description: 'x'.repeat(5000), inputSchema: { anyOf: [{ properties: { a: {} } }] } },
      { name: 'y'.repeat(100), inputSchema: { type: 'object', properties: { list: { type: 'array' } } } },
      { name: 'none' },
      ...Array.from({ length: 200 }, (_, index) => ({ name: `t${index}`, inputSchema: { type: 'object' } })),
    ];
    const few = new MemoryServer();
    const tools = await openaiTools(await memoryRegistry({ odd, few }));
    await using api = new ScriptedOpenAi([completion({ content: 'ok' })]);
    const openai = new OpenAI({ baseURL: await api.listen(), apiKey: 'none', maxRetries: 0 });
    const request = { model: 'any', messages: [{ role: 'user', content: 'go' }] as const, tools: tools.chat };
    const { choices } = await openai.chat.completions.create({ ...request, messages: [...request.messages] });
    expect(choices[0]!.message.content).toBe('ok');

    const names = tools.chat.map(({ function: { name } }) => name);
    expect(names).toHaveLength(128);
    expect(names).toContain('few__echo');
    expect(tools.missing).toEqual([
      {
        server: 'odd',
        tool: undefined,
        reason: '76 of its tools are left out: more are selected than maxTools (128)',
      },
    ]);
    const answer = await tools.call(chatCall('1', names[0]!, '{"a":1}'));
    expect(answer.content).toBe('{"a":1}');
    expect(odd.received.at(-1)).toMatchObject({ method: 'tools/call', params: { name: 'a.b' } });
  });

  it('answer what went wrong in words for the model', async () => {
    const tools = await openaiTools(registry);
    const said = async (name: string, args: string): Promise<string> =>
      (await tools.call(chatCall('1', name, args))).content;
    expect(await said('everything__get-sum', '{"a":"x"}')).toMatch(
      /^Error: MCP error -32602: Input validation/u,
    );
    expect(await said('everything__get-sum', '[1]')).toBe(
      'Error: The arguments are no JSON object. Nothing was called.',
    );
    expect(await said('delete\u001B[2J_all', '{}')).toBe(
      'Error: There is no tool "delete_all". Use one of those that are offered.',
    );
    const output = await tools.call(responsesCall('9', 'nothing', '{}'));
    expect(output).toMatchObject({
      call_id: '9',
      output: expect.stringMatching(/^Error: There is no/u) as string,
    });
  });

  it('end with the signal of a call', async () => {
    const stop = new AbortController();
    const name = 'everything__trigger-long-running-operation';
    const tools = await openaiTools(registry, { onProgress: () => stop.abort() });
    const calls = [chatCall('1', name, '{"duration":600,"steps":2000}')];
    const error = await rejection(tools.callChat(calls, { signal: stop.signal }));
    expect(error).toMatchObject({ code: 'REQUEST_ABORTED' });
    const { client } = registry.getServer('everything')!;
    await until('the call is given up', () => client.inFlight === 0);
  });

  it('leave calls of other kinds to others', async () => {
    const tools = await openaiTools(registry);
    expect(await tools.callChat(undefined)).toEqual([]);
    expect(await tools.callChat([{ type: 'custom' }])).toEqual([]);
    expect(await tools.callResponses([{ type: 'message' }])).toEqual([]);
  });
});
