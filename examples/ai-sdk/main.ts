/**
 * An agent of the AI SDK with the tools of two MCP servers. The model is scripted, so that it runs without a key:
 *
 *     npx tsx examples/ai-sdk/main.ts
 *
 * With a key, put in a model of a provider: `npm install @ai-sdk/openai`, `import { openai } from '@ai-sdk/openai'`, `model:
 * openai('…')`.
 * It exits with 1 if anything is not as it should be.
 */

import assert from 'node:assert/strict';
import { generateText, stepCountIs } from 'ai';
import { loadConfig, ServerRegistry } from 'signalbox';
import { aiSdkTools } from 'signalbox/adapters/ai-sdk';
import { scriptedModel } from './scripted-model.ts';

process.chdir(import.meta.dirname);
const registry = new ServerRegistry();
const { servers } = await loadConfig('.mcp.json');
for (const [name, entry] of servers) registry.register(name, entry);
await registry.connectAll();

const { text, steps } = await generateText({
  model: scriptedModel(),
  tools: await aiSdkTools(registry),
  stopWhen: stepCountIs(10),
  prompt: 'How many kilometres are 26.2 miles?',
});
await registry.shutdown();

for (const { toolCalls } of steps) {
  for (const { toolName, input } of toolCalls) console.log(`calls ${toolName}(${JSON.stringify(input)})`);
}
console.log(text);
assert.equal(text, '26.2 mi = 42.1648128 km');
