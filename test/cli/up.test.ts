import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { faultyCommand } from '../helpers/faulty-server.ts';
import { trackProcesses } from '../helpers/leak-check.ts';
import { isRunning, temporaryDirectory } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';
import {
  cli,
  ENTRIES,
  openStdin,
  type RunningCli,
  ready,
  startCli,
  type UpReport,
  writeConfig,
} from './cli-run.ts';

const tracker = trackProcesses();
const directory = temporaryDirectory();
const units = writeConfig(directory, { units: ENTRIES.units });
const refused = { url: 'http://127.0.0.1:9/mcp', 'x-signalbox': { retry: false } };

const startUp = (file: string, ...more: string[]): RunningCli =>
  startCli(['up', '--port', '0', '-c', file, ...more]);

async function readyWithPids(running: RunningCli): Promise<UpReport> {
  const report = await ready(running);
  for (const { pid } of report.servers) if (pid !== undefined) tracker.track(pid);
  return report;
}

async function stop(running: RunningCli): Promise<string> {
  running.interruption.interrupt('SIGINT');
  const { code, stderr } = await running.outcome;
  expect(code).toBe(0);
  return stderr;
}

/** Asks the endpoint for its tools, as a client of the modern era. */
async function toolsAt(url: string): Promise<string[]> {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/list',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: meta } }),
  });
  const { result } = (await response.json()) as { result: { tools: { name: string }[] } };
  return result.tools.map(({ name }) => name);
}

describe('up', () => {
  it('serves all servers at one endpoint until it is interrupted, and then stops in good order', async () => {
    const running = startUp(units.file, '--json', '--path', '/all');
    const { endpoint, servers } = await readyWithPids(running);
    expect(endpoint.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/all$/u);
    expect(servers).toMatchObject([{ name: 'units', state: 'connected', tools: 4 }]);
    expect(await toolsAt(endpoint.url)).toContain('units__convert');
    const events = (await stop(running))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(events).toEqual([
      { event: 'stopping', reason: 'SIGINT' },
      { event: 'endpoint-closed' },
      { event: 'stopped' },
    ]);
    expect(running.stdout().trimEnd()).not.toContain('\n');
  });

  it('prints the servers, what is wrong with them, and how hosts are told of the endpoint', async () => {
    const { file } = writeConfig(directory, { units: ENTRIES.units, refused, entry: { url: 'ftp://x' } });
    const running = startUp(file);
    await until('it is ready', () => running.stdout().includes('--stdio'));
    const stderr = await stop(running);
    expect(stderr).toMatch(/✓ units {2}connected {2}4 tools, \d+ ms\n/u);
    expect(stderr).toMatch(/✗ refused {2}failed {2}.*ECONNREFUSED/u);
    expect(stderr).toMatch(
      /stopping \(SIGINT\); Ctrl-C again hurries\nthe endpoint is closed\nall servers are stopped\n$/u,
    );
    expect(running.stdout()).toMatch(/✓ +units +stdio +modern 2026-07-28 +connected +4/u);
    expect(running.stdout()).toMatch(/✗ refused: .*ECONNREFUSED.*\(CONNECT_FAILED\)/u);
    expect(running.stdout()).toMatch(/✗ entry: .*ftp.*\(CONFIG_INVALID\)/u);
    expect(running.stdout()).toContain('1 of 3 servers connected, 4 tools');
    expect(running.stdout()).toMatch(
      /claude mcp add --transport http signalbox http:\/\/127\.0\.0\.1:\d+\/mcp/u,
    );
  });

  it('stays up without a single server that can be reached, and says so', async () => {
    const { file } = writeConfig(directory, { refused });
    const running = startUp(file);
    await until('it is ready', () => running.stdout().includes('--stdio'));
    expect(running.stdout()).toContain('0 of 1 servers connected, 0 tools; none could be reached yet');
    await stop(running);
    const empty = startUp(writeConfig(directory, {}).file);
    await until('it is ready', () => empty.stdout().includes('--stdio'));
    expect(empty.stdout()).toContain('no server is configured; add one to the config file');
    await stop(empty);
  });

  it('does not wait for ever for a server that does not answer', async () => {
    const silent = { ...faultyCommand({ neverRead: true }), 'x-signalbox': { stop: { eofMs: 50 } } };
    const { file } = writeConfig(directory, { silent, units: ENTRIES.units });
    const running = startUp(file, '--wait', '1500');
    await until('it is ready', () => running.stdout().includes('--stdio'));
    expect(running.stdout()).toMatch(/… +silent +stdio +– +connecting +– +–/u);
    // What the other one offers is told if it is known by then.
    expect(running.stdout()).toMatch(/(?:0 of 2 servers connected, 0|1 of 2 servers connected, [04]) tools/u);
    await stop(running);
  });

  it('tells of a server that is lost and comes back', async () => {
    const running = startUp(units.file, '--json');
    const { servers } = await readyWithPids(running);
    process.kill(servers[0]!.pid!, 'SIGKILL');
    const events = (): Record<string, unknown>[] =>
      running
        .stderr()
        .trimEnd()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    await until('it is back', () => events().some(({ to }) => to === 'connected'));
    expect(events()).toMatchObject([
      { event: 'server', server: 'units', to: 'reconnecting', reason: expect.stringMatching(/SIGKILL/u) },
      { event: 'server', server: 'units', to: 'connected', reason: '' },
    ]);
    await stop(running);
  });

  it('does not start a server if its port is taken, and ends with 1', async () => {
    const journal = `${directory}/untouched.journal`;
    const { file } = writeConfig(directory, { one: faultyCommand({ journal }) });
    const blocker = createServer().listen(0, '127.0.0.1');
    await until('the port is taken', () => blocker.listening);
    const { port } = blocker.address() as { port: number };
    const { code, stderr } = await cli(['up', '-c', file, '--port', String(port)]);
    blocker.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^signalbox: cannot listen on 127\.0\.0\.1:\d+: another program uses this port.*\(LISTEN_FAILED\)/mu,
    );
    expect(existsSync(journal)).toBe(false);
  });

  it('does not listen for other machines unless it is told to', async () => {
    const { code, stderr } = await cli(['up', '-c', units.file, '--port', '0', '--host', '0.0.0.0']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/reachable from other machines/u);
  });

  it('shows on a terminal what it waits for while it stops, and takes that away again', async () => {
    const slow = { ...faultyCommand({ ignoreEof: true }), 'x-signalbox': { stop: { eofMs: 300 } } };
    const { file } = writeConfig(directory, { slow });
    const running = startCli(['up', '--port', '0', '-c', file], { tty: 100, env: { NO_COLOR: '1' } });
    await until('it is ready', () => running.stderr().includes('Ctrl-C stops everything'));
    const stderr = await stop(running);
    const shown = stderr.slice(stderr.indexOf('stopping (SIGINT)'));
    // The line of the step stands below the others until it is cleared.
    expect(shown).toContain('\nstopping 5/6: waiting for processes (slow)\n\u001B[1A\u001B[0J');
    expect(shown).toMatch(/all servers are stopped\n$/u);
  });

  it('does not wait for a server that hangs, on the second interruption', async () => {
    const stubborn = {
      ...faultyCommand({ ignoreEof: true, ignoreTerm: true }),
      'x-signalbox': { stop: { eofMs: 30_000, termMs: 30_000 } },
    };
    const running = startUp(writeConfig(directory, { stubborn }).file, '--json');
    const { servers } = await readyWithPids(running);
    running.interruption.interrupt('SIGTERM');
    const started = performance.now();
    running.interruption.interrupt('SIGTERM');
    expect((await running.outcome).code).toBe(0);
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(isRunning(servers[0]!.pid!)).toBe(false);
  });
});

describe('up --stdio', () => {
  const initialize = {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
  };

  it('speaks MCP on stdin and stdout, all else on stderr, and ends when stdin ends', async () => {
    const stdin = openStdin();
    const running = startCli(['up', '--stdio', '-c', units.file], { stdin });
    await until('it is ready', () => running.stderr().includes('1 of 1 servers connected, 4 tools'));
    stdin.write(`${JSON.stringify(initialize)}\n`);
    stdin.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n');
    stdin.write('{"jsonrpc":"2.0","id":2,"method":"tools/list"}\n');
    const messages = (): Record<string, unknown>[] =>
      running
        .stdout()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    await until('both are answered', () => messages().some(({ id }) => id === 2));
    expect(messages().find(({ id }) => id === 1)).toMatchObject({
      result: { protocolVersion: '2025-06-18' },
    });
    expect(JSON.stringify(messages().find(({ id }) => id === 2))).toContain('units__convert');
    stdin.end();
    const { code, stderr } = await running.outcome;
    expect(code).toBe(0);
    expect(stderr).toContain('stopping (the client has gone)');
  });

  it('F-020 kills a server that does not end before its host would kill it', async () => {
    const stdin = openStdin();
    const { file } = writeConfig(directory, {
      stubborn: {
        ...faultyCommand({ ignoreEof: true, ignoreTerm: true }),
        'x-signalbox': { stop: { eofMs: 30_000, termMs: 30_000 } },
      },
    });
    const running = startCli(['up', '--stdio', '--json', '-c', file], { stdin });
    await until('it is ready', () => running.stderr().includes('"endpoint":"stdio"'));
    const report = JSON.parse(running.stderr().trimEnd()) as UpReport;
    const pid = tracker.track(report.servers[0]!.pid!);
    const started = performance.now();
    stdin.end();
    expect((await running.outcome).code).toBe(0);
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(isRunning(pid)).toBe(false);
  });
});
