import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import { faultyEntry, rejection, testFactories } from '../helpers/clients.ts';

const makeFactory = testFactories();

const schema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] };
const tool = (outputSchema: unknown): object => ({
  name: 'echo',
  inputSchema: { type: 'object' },
  outputSchema,
});

async function clientOf(answer: object, outputSchema: unknown = schema): Promise<McpClient> {
  const result = JSON.stringify({ content: [], ...answer });
  const entry = faultyEntry({ tools: [tool(outputSchema)], on: { 'tools/call': [`result:${result}`] } });
  const client = await makeFactory().createAndConnect('s', entry);
  await client.listTools();
  return client;
}

describe('structured content against outputSchema', () => {
  it('TOOL an answer that fits passes', async () => {
    const client = await clientOf({ structuredContent: { n: 1 } });
    expect(await client.callTool('echo', {}, { validate: 'error' })).toMatchObject({
      structuredContent: { n: 1 },
    });
  });

  it.each([
    ['a wrong type', { structuredContent: { n: 'one' } }],
    ['null', { structuredContent: null }],
    ['nothing', {}],
  ])('F-132 %s is refused, warned of, or let through, as asked', async (_what, answer) => {
    const client = await clientOf(answer);
    const warnings: string[] = [];
    client.on('warning', ({ message }) => warnings.push(message));
    const error = await rejection(client.callTool('echo', {}, { validate: 'error' }));
    expect(error).toMatchObject({ code: 'INVALID_RESULT', delivered: 'yes' });
    expect(await client.callTool('echo', {}, { validate: 'warn' })).toMatchObject({ content: [] });
    expect(warnings).toHaveLength(1);
    expect(await client.callTool('echo')).toMatchObject({ content: [] });
    expect(warnings).toHaveLength(1);
  });

  it('a tool that failed is not held to its schema', async () => {
    const client = await clientOf({ isError: true });
    expect(await client.callTool('echo', {}, { validate: 'error' })).toMatchObject({ isError: true });
  });

  it('S22 a schema that would have to be fetched is a warning, whatever the mode', async () => {
    const client = await clientOf({ structuredContent: {} }, { $ref: 'http://127.0.0.1:1/schema' });
    const warnings: string[] = [];
    client.on('warning', ({ message }) => warnings.push(message));
    await client.callTool('echo', {}, { validate: 'error' });
    expect(warnings).toEqual([expect.stringContaining('not checked')]);
  });

  it('real servers keep what they announce', async () => {
    const client = await makeFactory().createAndConnect('units', {
      command: process.execPath,
      args: [join(import.meta.dirname, '../../examples/servers/modern-stdio.mjs')],
      'x-signalbox': { validate: 'error' },
    });
    await client.listTools();
    const result = await client.callTool('convert', { value: 1, from: 'km', to: 'm' });
    expect(result.structuredContent).toMatchObject({ value: 1000 });
  });
});
