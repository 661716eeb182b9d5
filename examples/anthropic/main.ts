/**
 * The official Anthropic client with the tools of two MCP servers. The model is scripted, so that it runs without a key:
 *
 *     npx tsx examples/anthropic/main.ts
 *
 * With a key, leave out `baseURL` and `apiKey`: the client reads ANTHROPIC_API_KEY. Then name a model.
 * It exits with 1 if anything is not as it should be.
 */

import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import type { MessageParam } from '@anthropic-ai/sdk/resources/messages';
import { loadConfig, ServerRegistry } from 'signalbox';
import { anthropicTools } from 'signalbox/adapters/anthropic';
import { scriptedModel } from './scripted-model.ts';

process.chdir(import.meta.dirname);
const registry = new ServerRegistry();
const { servers } = await loadConfig('.mcp.json');
for (const [name, entry] of servers) registry.register(name, entry);
await registry.connectAll();

const scripted = await scriptedModel();
const anthropic = new Anthropic({ baseURL: scripted.baseURL, apiKey: 'none' });
const tools = await anthropicTools(registry);
const messages: MessageParam[] = [{ role: 'user', content: 'How many kilometres are 26.2 miles?' }];
let said = '';
for (;;) {
  const request = { model: 'scripted', max_tokens: 1000, messages, tools: tools.definitions };
  const { content } = await anthropic.messages.create(request);
  said = content.map((block) => (block.type === 'text' ? block.text : '')).join('');
  const answers = await tools.callAll(content);
  if (answers.length === 0) break;
  messages.push({ role: 'assistant', content }, { role: 'user', content: answers });
}
await registry.shutdown();
await scripted.close();

console.log(said);
assert.equal(said, '26.2 mi = 42.1648128 km');
