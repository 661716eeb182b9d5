import { describe, expect, it } from 'vitest';
import type { ForeignServerEvent, ServerEntry } from '../../src/index.ts';
import { ServerRegistry } from '../../src/index.ts';
import { startFaultServer } from '../../src/testing/index.ts';
import { cli, writeConfig } from '../cli/cli-run.ts';
import { cleanGateways, connectOfficial, startGateway, textOf } from '../gateway/gateway-fixture.ts';
import { testFactories, withSettings } from '../helpers/clients.ts';
import { temporaryDirectory } from '../helpers/processes.ts';
import { testPeers } from '../helpers/protocol-peer.ts';
import { until } from '../helpers/until.ts';

cleanGateways();
const directory = temporaryDirectory();
const startPeer = testPeers();
const makeFactory = testFactories();

describe('a server of the dialect connect-rpc', () => {
  it('costs no request more than it must, and none to find out its era', async () => {
    const peer = await startPeer({ wire: 'connect-rpc' });
    const client = await makeFactory().createAndConnect('s', peer.entry());
    await peer.nth('notifications/initialized');
    expect(peer.http!.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /mcp/connect',
      'GET /mcp/events',
      'POST /mcp/rpc',
      'POST /mcp/rpc',
    ]);
    expect(peer.methods()).toEqual(['initialize', 'notifications/initialized']);
    expect(client).toMatchObject({ era: 'legacy', protocolVersion: '2025-11-25', transportKind: 'sse' });
    const { client: introduced } = JSON.parse(peer.http!.requests[0]!.body) as { client: { name: string } };
    expect(introduced.name).not.toBe('');
  });

  it('tells its own events to who listens, and what it means for the protocol to all', async () => {
    const peer = await startPeer({ wire: 'connect-rpc' });
    const client = await makeFactory().createAndConnect('s', peer.entry());
    const told: ForeignServerEvent[] = [];
    const lists: string[] = [];
    client.on('serverEvent', (event) => told.push(event));
    client.on('listChanged', ({ list }) => lists.push(list));
    const push = (event: object): Promise<void> => peer.push(event);
    await push({ type: 'heartbeat' });
    await push({ type: 'job_done', job: 7 });
    await push({ type: 'tools_changed' });
    await until('both have arrived', () => told.length === 1 && lists.length === 1);
    expect(told).toEqual([{ type: 'job_done', data: { type: 'job_done', job: 7 } }]);
    expect(lists).toEqual(['tools']);
    expect(client.diagnostics().wire).toMatchObject({ noise: 0, badMessages: 0, unknownResponses: 0 });
  });

  it('F-042 F-043 F-121 answers to nothing, second answers and wrong ids harm nobody', async () => {
    const peer = await startPeer({ wire: 'connect-rpc' });
    peer.on.set('tools/call', async (exchange) => {
      const { id } = exchange.message;
      for (const requestId of [`${id}.0`, ` ${id}`, -1, null, { id }, 'x'.repeat(10_000), 'constructor'])
        await peer.push({ request_id: requestId, result: { content: [] } } as never);
      await peer.push({
        request_id: String(id),
        result: { content: [{ type: 'text', text: 'right' }] },
      } as never);
      await peer.push({ request_id: id, result: { content: [{ type: 'text', text: 'late' }] } } as never);
    });
    const client = await makeFactory().createAndConnect('s', peer.entry());
    expect(textOf(await client.callTool('echo'))).toBe('right');
    await client.listTools();
    const { unknownResponses, duplicateResponses, badMessages } = client.diagnostics().wire!;
    expect({ unknownResponses, duplicateResponses, badMessages }).toEqual({
      unknownResponses: 5,
      duplicateResponses: 1,
      badMessages: 2,
    });
  });

  it('F-049 its errors are errors of the server, clean and bounded', async () => {
    const peer = await startPeer({ wire: 'connect-rpc' });
    peer.on.set('tools/call', ({ message: { id } }) =>
      peer.push({ request_id: id, error: `\u001B[31mno${'o'.repeat(5000)}` } as never),
    );
    const client = await makeFactory().createAndConnect('s', peer.entry());
    const error = (await client.callTool('echo').catch((cause: unknown) => cause)) as Error;
    expect(error).toMatchObject({ name: 'RemoteError', code: -32_603 });
    expect(error.message).not.toContain('\u001B');
    expect(error.message.length).toBeLessThan(400);
  });

  it('F-088 a session that is forgotten is renewed once for all calls that meet it', async () => {
    await using server = await startFaultServer({ wire: 'connect-rpc' });
    const registry = new ServerRegistry();
    try {
      registry.register('s', withSettings(server.entry, { required: true }));
      await registry.connectAll();
      await registry.callTool('s__echo', { message: 'before' });
      expect(server.loseSessions()).toBe(1);
      const calls = Array.from({ length: 20 }, (_, n) => registry.callTool('s__count', { key: `k${n}` }));
      expect((await Promise.all(calls)).map((result) => textOf(result))).toEqual(
        Array.from({ length: 20 }, () => '1'),
      );
      expect(server.journal.repeatedKeys()).toEqual([]);
      expect(server.sessions).toBe(1);
    } finally {
      await registry.shutdown();
    }
    expect(server.sessions).toBe(0);
  });

  it('is called by the command line, and examined by the doctor', async () => {
    await using server = await startFaultServer({ wire: 'connect-rpc' });
    const { file } = writeConfig(directory, { jobs: server.entry });
    const call = await cli(['call', 'jobs__echo', 'message=hello', '-c', file]);
    expect(call).toMatchObject({ code: 0, stderr: '' });
    expect(call.stdout).toContain('hello');
    const doctor = await cli(['doctor', '-c', file]);
    expect(doctor.stdout).toContain('over sse (connect-rpc)');
    expect(doctor.code).toBe(0);
    const broken = writeConfig(directory, { jobs: { ...server.entry, type: 'http' } });
    const refused = await cli(['call', 'jobs__echo', '-c', broken.file]);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('belongs to a server with "type": "sse"');
  });

  it('is reached through the gateway by the official client', async () => {
    await using server = await startFaultServer({ wire: 'connect-rpc' });
    const entry: ServerEntry = withSettings(server.entry);
    const { url } = await startGateway({ jobs: entry });
    const client = await connectOfficial(url, 'legacy');
    expect((await client.listTools()).tools).toHaveLength(5);
    const result = await client.callTool({ name: 'jobs__echo', arguments: { message: 'through' } });
    expect(textOf(result)).toBe('through');
  });
});
