import { AIMessage, HumanMessage, ToolMessage } from '@langchain/core/messages';
import { fakeModel } from '@langchain/core/testing';
import { convertToOpenAITool } from '@langchain/core/utils/function_calling';
import { describe, expect, it } from 'vitest';
import { langchainTools, ToolCallError } from '../../src/adapters/langchain/index.ts';
import { rejection } from '../helpers/clients.ts';
import { MemoryServer } from '../helpers/memory-server.ts';
import { until } from '../helpers/until.ts';
import { memoryRegistry } from './memory-registry.ts';
import { realServers } from './real-servers.ts';

const { registry } = realServers();

async function toolNamed(name: string, options: Parameters<typeof langchainTools>[1] = {}) {
  const [tool] = await langchainTools(registry, { ...options, tools: [name] });
  return tool!;
}

const toolCall = (name: string, args: Record<string, unknown>) =>
  ({ type: 'tool_call', id: 'call-1', name, args }) as const;

describe('tools for LangChain', () => {
  it('give their content where they are invoked with arguments', async () => {
    const sum = await toolNamed('everything__get-sum');
    expect(await sum.invoke({ a: 2, b: 3 })).toBe('The sum of 2 and 3 is 5.');
    expect(sum).toMatchObject({ name: 'everything__get-sum', description: 'Returns the sum of two numbers' });
  });

  it('give a ToolMessage with the whole result where they are invoked with a tool call', async () => {
    const sum = await toolNamed('everything__get-sum');
    const message: unknown = await sum.invoke(toolCall('everything__get-sum', { a: 2, b: 3 }));
    expect(message).toBeInstanceOf(ToolMessage);
    expect(message).toMatchObject({
      content: 'The sum of 2 and 3 is 5.',
      tool_call_id: 'call-1',
      name: 'everything__get-sum',
      status: 'success',
      artifact: { content: [{ type: 'text', text: 'The sum of 2 and 3 is 5.' }] },
    });
  });

  it('drive an agent: a model that is bound to them, two turns', async () => {
    const tools = await langchainTools(registry);
    const model = fakeModel()
      .respondWithTools([
        { name: 'everything__get-sum', args: { a: 20, b: 22 }, id: '1' },
        { name: 'memory__read_graph', args: {}, id: '2' },
      ])
      .respond((messages) => new AIMessage(`The tool said: ${messages.at(-2)!.text}`));
    const bound = model.bindTools(tools);
    const question = new HumanMessage('add 20 and 22');
    const asked = await bound.invoke([question]);
    const answers = await Promise.all(
      (asked.tool_calls ?? []).map(async (call): Promise<ToolMessage> => {
        const tool = tools.find(({ name }) => name === call.name)!;
        return (await tool.invoke({ ...call, type: 'tool_call' })) as ToolMessage;
      }),
    );
    const answer = await bound.invoke([question, asked, ...answers]);
    expect(answer.content).toBe('The tool said: The sum of 20 and 22 is 42.');
    expect(answers.map(({ tool_call_id, status }) => [tool_call_id, status])).toEqual([
      ['1', 'success'],
      ['2', 'success'],
    ]);
  });

  it('have a schema that providers take', async () => {
    const sum = await toolNamed('everything__get-sum');
    expect(convertToOpenAITool(sum)).toMatchObject({
      type: 'function',
      function: {
        name: 'everything__get-sum',
        parameters: {
          type: 'object',
          properties: { a: { type: 'number', description: 'First number' } },
          required: ['a', 'b'],
        },
      },
    });
  });

  it('give images as blocks, or name them', async () => {
    const name = 'everything__get-tiny-image';
    const shown = (await (await toolNamed(name)).invoke(toolCall(name, {}))) as ToolMessage;
    expect(shown.content).toMatchObject([
      { type: 'text', text: "Here's the image you requested:" },
      {
        type: 'image_url',
        image_url: { url: expect.stringMatching(/^data:image\/png;base64,iVBOR/u) as string },
      },
      { type: 'text' },
    ]);
    const named = (await (
      await toolNamed(name, { images: false })
    ).invoke(toolCall(name, {}))) as ToolMessage;
    expect(named.content).toMatch(/^Here's the image.*\n\[image\/png, \d+ bytes: not shown\]\n/u);
  });

  it('that fail answer a tool call with an error that the model reads', async () => {
    const sum = await toolNamed('everything__get-sum');
    const message = (await sum.invoke(toolCall('everything__get-sum', { a: 'x' }))) as ToolMessage;
    expect(message).toMatchObject({ status: 'error', tool_call_id: 'call-1', artifact: { isError: true } });
    expect(message.content).toContain('expected number, received string');
  });

  it('that fail throw where nobody made a tool call, and where that is wanted', async () => {
    const name = 'everything__get-sum';
    const sum = await toolNamed(name);
    expect(await rejection(sum.invoke({ a: 'x' }))).toBeInstanceOf(ToolCallError);
    const throwing = await toolNamed(name, { onError: 'throw' });
    expect(await rejection(throwing.invoke(toolCall(name, { a: 'x' })))).toMatchObject({
      code: 'TOOL_FAILED',
    });
  });

  it('end with the signal of their config', async () => {
    const name = 'everything__trigger-long-running-operation';
    const stop = new AbortController();
    const tool = await toolNamed(name, { onProgress: () => stop.abort() });
    const running = tool.invoke(toolCall(name, { duration: 600, steps: 2000 }), { signal: stop.signal });
    expect(await rejection(running)).toMatchObject({ code: 'REQUEST_ABORTED' });
    const { client } = registry.getServer('everything')!;
    await until('the call is given up', () => client.inFlight === 0);
  });

  it('S21 run no regular expression of a peer', async () => {
    const server = new MemoryServer();
    const text = { type: 'string', pattern: '^(a+)+$' };
    server.tools = [{ name: 'echo', inputSchema: { type: 'object', properties: { text } } }];
    const [tool] = await langchainTools(await memoryRegistry({ s: server }));
    // What LangChain checks schemas with would be busy for years.
    const hostile = `${'a'.repeat(60)}!`;
    expect(await tool!.invoke({ text: hostile })).toBe(JSON.stringify({ text: hostile }));
    expect(tool!.schema).toMatchObject({ properties: { text } });
  });
});
