import { expect, it } from 'vitest';
import { EXIT, exitCodeOf } from '../../src/cli/exit-codes.ts';
import { findTool } from '../../src/cli/find-tool.ts';
import { ServerRegistry } from '../../src/registry/server-registry.ts';
import { rejection, testFactories } from '../helpers/clients.ts';
import { MemoryServer, registerMemory } from '../helpers/memory-server.ts';

const makeFactory = testFactories();

it('S15 a tool that is blocked is not called a name that nobody knows', async () => {
  const factory = makeFactory();
  const server = new MemoryServer();
  registerMemory(factory, { a: server });
  await using registry = new ServerRegistry({ factory });
  const instance = registry.register('a', { type: 'memory', url: 'a', 'x-signalbox': { drift: 'block' } });
  const results = await registry.connectAll();
  server.tools = [{ name: 'echo', description: 'another one' }];
  await instance.refresh();
  const servers = { file: '.mcp.json', registry, failed: new Map() };
  const refusal = await rejection(findTool(servers, results, 'a__echo'));
  expect(refusal).toMatchObject({
    code: 'TOOL_BLOCKED',
    details: { changed: ['description', 'inputSchema'] },
  });
  expect(exitCodeOf(refusal)).toBe(EXIT.auth);
  registry.approveTools('a');
  expect(await findTool(servers, results, 'a__echo')).toMatchObject({ server: 'a', tool: { name: 'echo' } });
});
