import { generateText, stepCountIs, streamText, type ToolSet } from 'ai';
import { convertArrayToReadableStream, MockLanguageModelV3 } from 'ai/test';
import { describe, expect, it } from 'vitest';
import { aiSdkTools, ToolCallError } from '../../src/adapters/ai-sdk/index.ts';
import { MemoryServer } from '../helpers/memory-server.ts';
import { until } from '../helpers/until.ts';
import { memoryRegistry } from './memory-registry.ts';
import { realServers } from './real-servers.ts';

type Generated = Awaited<ReturnType<MockLanguageModelV3['doGenerate']>>;
type Streamed = Awaited<ReturnType<MockLanguageModelV3['doStream']>>;
type Part = Streamed extends { stream: ReadableStream<infer One> } ? One : never;

const USAGE = {
  inputTokens: { total: 1, noCache: 1, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 1, text: 1, reasoning: undefined },
};

const says = (text: string): Generated => ({
  content: [{ type: 'text', text }],
  finishReason: { unified: 'stop', raw: undefined },
  usage: USAGE,
  warnings: [],
});

const calls = (...wanted: [tool: string, args: Record<string, unknown>][]): Generated => ({
  content: wanted.map(([toolName, args], index) => ({
    type: 'tool-call',
    toolCallId: `call-${index + 1}`,
    toolName,
    input: JSON.stringify(args),
  })),
  finishReason: { unified: 'tool-calls', raw: undefined },
  usage: USAGE,
  warnings: [],
});

/** A generation as a stream of its parts. */
function streamed({ content, finishReason, usage }: Generated): Streamed {
  const parts: Part[] = content.flatMap((part): Part[] => {
    if (part.type === 'tool-call') return [part];
    if (part.type !== 'text') throw new Error(part.type);
    return [
      { type: 'text-start', id: '1' },
      { type: 'text-delta', id: '1', delta: part.text },
      { type: 'text-end', id: '1' },
    ];
  });
  const end: Part = { type: 'finish', finishReason, usage };
  return { stream: convertArrayToReadableStream([{ type: 'stream-start', warnings: [] }, ...parts, end]) };
}

/** What the model was told in its last request. */
function lastTold(model: MockLanguageModelV3, calledBy: 'doGenerateCalls' | 'doStreamCalls'): unknown[] {
  const message = model[calledBy].at(-1)!.prompt.at(-1)!;
  if (message.role !== 'tool') throw new Error(message.role);
  return message.content.map((part) => part.type === 'tool-result' && part.output);
}

const { registry } = realServers();

/** One generation in which the model makes these calls and then ends. */
async function generate(
  tools: ToolSet,
  ...wanted: [tool: string, args: Record<string, unknown>][]
): Promise<{ model: MockLanguageModelV3; result: Awaited<ReturnType<typeof generateText>> }> {
  const model = new MockLanguageModelV3({ doGenerate: [calls(...wanted), says('done')] });
  const result = await generateText({ model, tools, prompt: 'go', stopWhen: stepCountIs(5) });
  return { model, result };
}

describe('tools for the AI SDK', () => {
  it('are shown to the model, and called by generateText in two steps', async () => {
    const model = new MockLanguageModelV3({
      doGenerate: [
        calls(['everything__get-sum', { a: 2, b: 3 }], ['everything__echo', { message: 'hi' }]),
        calls([
          'memory__create_entities',
          { entities: [{ name: 'Ann', entityType: 'person', observations: [] }] },
        ]),
        says('It is 5.'),
      ],
    });
    const tools = await aiSdkTools(registry);
    const { text, steps } = await generateText({
      model,
      tools,
      prompt: 'add 2 and 3',
      stopWhen: stepCountIs(5),
    });

    expect(text).toBe('It is 5.');
    expect(steps).toHaveLength(3);
    expect(steps[0]!.toolResults.map(({ output }) => output)).toEqual([
      { content: [{ type: 'text', text: 'The sum of 2 and 3 is 5.' }] },
      { content: [{ type: 'text', text: 'Echo: hi' }] },
    ]);
    const offered = model.doGenerateCalls[0]!.tools!;
    expect(offered.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['everything__get-sum', 'memory__read_graph']),
    );
    expect(offered.find(({ name }) => name === 'everything__get-sum')).toMatchObject({
      type: 'function',
      description: 'Returns the sum of two numbers',
      inputSchema: {
        type: 'object',
        properties: { a: { type: 'number' }, b: { type: 'number' } },
        required: ['a', 'b'],
      },
    });
    const told = model.doGenerateCalls[1]!.prompt.at(-1)!;
    expect(told.content).toMatchObject([
      { toolCallId: 'call-1', output: { type: 'text', value: 'The sum of 2 and 3 is 5.' } },
      { toolCallId: 'call-2', output: { type: 'text', value: 'Echo: hi' } },
    ]);
    expect(lastTold(model, 'doGenerateCalls')).toMatchObject([
      { type: 'text', value: expect.stringContaining('"name": "Ann"') as string },
    ]);
  });

  it('are called by streamText', async () => {
    const model = new MockLanguageModelV3({
      doStream: [streamed(calls(['everything__get-sum', { a: 20, b: 22 }])), streamed(says('42'))],
    });
    const result = streamText({
      model,
      tools: await aiSdkTools(registry),
      prompt: 'add',
      stopWhen: stepCountIs(5),
    });
    const types: string[] = [];
    for await (const part of result.fullStream) types.push(part.type);
    expect(types).toEqual(expect.arrayContaining(['tool-call', 'tool-result', 'text-delta', 'finish']));
    expect(await result.text).toBe('42');
    expect(lastTold(model, 'doStreamCalls')).toEqual([
      { type: 'text', value: 'The sum of 20 and 22 is 42.' },
    ]);
  });

  it('give images as images', async () => {
    const { model } = await generate(await aiSdkTools(registry), ['everything__get-tiny-image', {}]);
    expect(lastTold(model, 'doGenerateCalls')).toEqual([
      {
        type: 'content',
        value: [
          { type: 'text', text: "Here's the image you requested:" },
          {
            type: 'image-data',
            mediaType: 'image/png',
            data: expect.stringMatching(/^iVBOR/u) as string,
          },
          { type: 'text', text: 'The image above is the MCP logo.' },
        ],
      },
    ]);
  });

  it('that fail are tool errors, which the model reads', async () => {
    const { model, result } = await generate(await aiSdkTools(registry), ['everything__get-sum', { a: 'x' }]);
    const [error] = result.steps[0]!.content.filter((part) => part.type === 'tool-error');
    expect(error?.error).toBeInstanceOf(ToolCallError);
    expect(error?.error).toMatchObject({
      code: 'TOOL_FAILED',
      server: 'everything',
      tool: 'everything__get-sum',
      result: { isError: true },
    });
    expect(lastTold(model, 'doGenerateCalls')).toEqual([
      { type: 'error-text', value: expect.stringContaining('expected number, received string') as string },
    ]);
  });

  it('of a server that is gone meanwhile are errors with a code and advice', async () => {
    const away = await memoryRegistry({ units: new MemoryServer() });
    const tools = await aiSdkTools(away);
    away.markUnavailable('units', 'maintenance');
    const { model, result } = await generate(tools, ['units__echo', {}]);
    const [error] = result.steps[0]!.content.filter((part) => part.type === 'tool-error');
    expect(error?.error).toMatchObject({ code: 'SERVER_UNAVAILABLE', delivered: 'no', retryable: true });
    expect(lastTold(model, 'doGenerateCalls')).toEqual([
      {
        type: 'error-text',
        value:
          '[SERVER_UNAVAILABLE] units: the server is unavailable: maintenance\n  The call was not executed. It can be made again later.',
      },
    ]);
  });

  it('end with the generation when it is aborted in the middle of a call', async () => {
    const stop = new AbortController();
    const tools = await aiSdkTools(registry, {
      tools: ['everything__trigger-long-running-operation'],
      onProgress: () => stop.abort(new DOMException('enough', 'AbortError')),
    });
    const client = registry.getServer('everything')!.client;
    const duration = { duration: 600, steps: 2000 };
    const model = new MockLanguageModelV3({
      doStream: async ({ abortSignal }) => {
        abortSignal?.throwIfAborted();
        return await Promise.resolve(
          streamed(calls(['everything__trigger-long-running-operation', duration])),
        );
      },
    });
    const result = streamText({
      model,
      tools,
      prompt: 'go',
      abortSignal: stop.signal,
      stopWhen: stepCountIs(5),
    });
    const types: string[] = [];
    for await (const part of result.fullStream) types.push(part.type);
    expect(types.at(-1)).toBe('abort');
    expect(types).not.toContain('tool-result');
    await until('the call is given up', () => client.inFlight === 0);
  });

  it('reject a call whose signal has fired with what the caller gave', async () => {
    const tools = await aiSdkTools(registry, { signal: AbortSignal.abort(new Error('shut down')) });
    const execute = tools['everything__echo']!.execute!;
    await expect(execute({ message: 'hi' }, { toolCallId: '1', messages: [] })).rejects.toMatchObject({
      code: 'REQUEST_ABORTED',
      cause: { message: 'shut down' },
    });
  });

  it('wait for an approval of the AI SDK where that is wanted', async () => {
    const tools = await aiSdkTools(registry, { needsApproval: true });
    const model = new MockLanguageModelV3({
      doGenerate: [
        calls(['memory__delete_entities', { entityNames: ['Ann'] }], ['everything__echo', { message: 'x' }]),
      ],
    });
    const { content } = await generateText({ model, tools, prompt: 'go' });
    // The annotations of `everything` are trusted, and its echo calls itself read-only.
    expect(content.filter(({ type }) => type === 'tool-approval-request')).toMatchObject([
      { toolCall: { toolName: 'memory__delete_entities' } },
    ]);
    expect(content.filter(({ type }) => type === 'tool-result')).toMatchObject([
      { toolName: 'everything__echo' },
    ]);
  });

  it('let a function decide which calls wait for an approval', async () => {
    const seen: unknown[] = [];
    const tools = await aiSdkTools(registry, {
      needsApproval: ({ name, args, toolCallId }) => {
        seen.push([name, args, toolCallId]);
        return args['message'] === 'secret';
      },
    });
    const model = new MockLanguageModelV3({
      doGenerate: [
        calls(['everything__echo', { message: 'secret' }], ['everything__echo', { message: 'x' }]),
      ],
    });
    const { content } = await generateText({ model, tools, prompt: 'go' });
    expect(content.filter(({ type }) => type === 'tool-approval-request')).toHaveLength(1);
    const { result } = await generate(tools, ['everything__echo', [] as never]);
    expect(result.steps[0]!.content.find(({ type }) => type === 'tool-error')).toMatchObject({
      error: { code: 'BAD_ARGUMENTS' },
    });
    expect(seen).toContainEqual(['everything__echo', { message: 'secret' }, 'call-1']);
  });

  it('take what a tool may be called, and read results that were stored', async () => {
    const tools = await aiSdkTools(
      {
        name: 's',
        settings: registry.getServer('memory')!.client.settings,
        listTools: () => Promise.resolve([{ name: '__proto__' }]),
        callTool: (() => Promise.resolve({ content: [] })) as never,
      },
      {},
    );
    expect(Object.keys(tools)).toEqual(['__proto__']);
    const { toModelOutput } = Object.values(tools)[0]!;
    const output = (value: unknown): unknown => toModelOutput!({ toolCallId: '1', input: {}, output: value });
    expect(output(JSON.parse('{"content":[{"type":"text","text":"kept"}]}'))).toEqual({
      type: 'text',
      value: 'kept',
    });
    expect(output('text')).toEqual({ type: 'text', value: 'text' });
    expect(output(undefined)).toEqual({ type: 'text', value: 'null' });
  });
});
