import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../helpers/processes.ts';
import { cleanGateways, startGateway, UNITS } from './gateway-fixture.ts';
import { modernRequest, openSession, rawRequest } from './raw-request.ts';

cleanGateways();
const directory = temporaryDirectory();

describe('S05 no request brings a server with it', () => {
  it('by no method, of either era', async () => {
    const { url, registry } = await startGateway({ units: UNITS });
    const pid = registry.getServer('units')!.status().pid;
    const mark = join(directory, 'started');
    const entry = { command: 'touch', args: [mark] };
    const params = {
      name: 'evil',
      server: 'evil',
      command: entry.command,
      args: entry.args,
      entry,
      mcpServers: { evil: entry },
    };
    const headers = await openSession(url);
    for (const method of [
      'servers/add',
      'server/register',
      'registry/register',
      'config/set',
      'signalbox/connect',
      'signalbox/restart',
      'roots/list',
      'sampling/createMessage',
    ]) {
      const modern = await rawRequest(url, modernRequest(method, params));
      expect(modern.json, method).toMatchObject({ error: { code: -32601 } });
      const legacy = await rawRequest(url, { headers, body: { jsonrpc: '2.0', id: 1, method, params } });
      expect(legacy.json, method).toMatchObject({ error: { code: -32601 } });
    }
    // Nor as the arguments of what it does know.
    for (const method of ['tools/list', 'tools/call', 'resources/read', 'prompts/get', 'server/discover']) {
      await rawRequest(url, modernRequest(method, { ...params, uri: `file://${mark}`, name: 'evil__touch' }));
    }
    expect(registry.getAllServers().map(({ name }) => name)).toEqual(['units']);
    expect(registry.getServer('units')!.status().pid).toBe(pid);
    expect(existsSync(mark)).toBe(false);
  });

  it('by no path, whatever the HTTP method', async () => {
    const { url, registry } = await startGateway({ units: UNITS });
    const mark = join(directory, 'by-path');
    const body = { mcpServers: { evil: { command: 'touch', args: [mark] } } };
    for (const path of [
      '/servers',
      '/servers/evil',
      '/config',
      '/api/servers',
      '/mcp/servers',
      '/.mcp.json',
    ]) {
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
        const answer = await rawRequest(url, { path, method, body });
        expect(answer.status, `${method} ${path}`).toBe(404);
      }
    }
    expect((await rawRequest(url, { method: 'POST', body })).status).toBe(400);
    expect(registry.getAllServers().map(({ name }) => name)).toEqual(['units']);
    expect(existsSync(mark)).toBe(false);
  });
});
