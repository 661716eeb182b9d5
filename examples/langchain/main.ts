/**
 * A LangChain model with the tools of two MCP servers. The model is scripted, so that it runs without a key:
 *
 *     npx tsx examples/langchain/main.ts
 *
 * With a key, put in a model of a provider: `npm install @langchain/openai`, `import { ChatOpenAI } from '@langchain/openai'`,
 * `new ChatOpenAI({ model: '…' })` instead of `scriptedModel()`.
 * It exits with 1 if anything is not as it should be.
 */

import assert from 'node:assert/strict';
import { type BaseMessage, HumanMessage } from '@langchain/core/messages';
import { loadConfig, ServerRegistry } from 'signalbox';
import { langchainTools } from 'signalbox/adapters/langchain';
import { scriptedModel } from './scripted-model.ts';

process.chdir(import.meta.dirname);
const registry = new ServerRegistry();
const { servers } = await loadConfig('.mcp.json');
for (const [name, entry] of servers) registry.register(name, entry);
await registry.connectAll();

const tools = await langchainTools(registry);
const model = scriptedModel().bindTools(tools);
const messages: BaseMessage[] = [new HumanMessage('How many kilometres are 26.2 miles?')];
let answer = await model.invoke(messages);
while ((answer.tool_calls ?? []).length > 0) {
  messages.push(answer);
  for (const call of answer.tool_calls ?? []) {
    console.log(`calls ${call.name}(${JSON.stringify(call.args)})`);
    const tool = tools.find(({ name }) => name === call.name);
    messages.push((await tool?.invoke({ ...call, type: 'tool_call' })) as BaseMessage);
  }
  answer = await model.invoke(messages);
}
await registry.shutdown();

console.log(answer.text);
assert.equal(answer.text, '26.2 mi = 42.1648128 km');
