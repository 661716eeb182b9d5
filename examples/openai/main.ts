/**
 * The official OpenAI client with the tools of two MCP servers, first with Chat Completions, then with the Responses API.
 * The model is scripted, so that it runs without a key:
 *
 *     npx tsx examples/openai/main.ts
 *
 * With a key, leave out `baseURL` and `apiKey`: the client reads OPENAI_API_KEY. Then name a model.
 * It exits with 1 if anything is not as it should be.
 */
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import type { ResponseInputItem } from 'openai/resources/responses/responses';
import { loadConfig, ServerRegistry } from 'signalbox';
import { openaiTools } from 'signalbox/adapters/openai';
import { scriptedModel } from './scripted-model.ts';

process.chdir(import.meta.dirname);
const registry = new ServerRegistry();
const { servers } = await loadConfig('.mcp.json');
for (const [name, entry] of servers) registry.register(name, entry);
await registry.connectAll();

const scripted = await scriptedModel();
const openai = new OpenAI({ baseURL: scripted.baseURL, apiKey: 'none' });
const model = 'scripted';
const tools = await openaiTools(registry);
const question = { role: 'user', content: 'How many kilometres are 26.2 miles?' } as const;

async function chat(): Promise<string | null> {
  const messages: ChatCompletionMessageParam[] = [question];
  for (;;) {
    const { choices } = await openai.chat.completions.create({ model, messages, tools: tools.chat });
    const message = choices[0]!.message;
    const answers = await tools.callChat(message.tool_calls);
    if (answers.length === 0) return message.content;
    messages.push(message, ...answers);
  }
}

async function responses(): Promise<string> {
  const input: ResponseInputItem[] = [question];
  for (;;) {
    const response = await openai.responses.create({ model, input, tools: tools.responses });
    const answers = await tools.callResponses(response.output);
    if (answers.length === 0) return response.output_text;
    input.push(...(response.output as ResponseInputItem[]), ...answers);
  }
}

const answers = [await chat(), await responses()];
await registry.shutdown();
await scripted.close();

console.log(answers.join('\n'));
assert.deepEqual(answers, ['26.2 mi = 42.1648128 km', '26.2 mi = 42.1648128 km']);
