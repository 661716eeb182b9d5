import { chmodSync, copyFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import type { ServerEntry } from '../../src/config/entry.ts';
import { faultyEntry, rejection, testFactories } from '../helpers/clients.ts';
import { FAULTY_STDIO } from '../helpers/faulty-server.ts';
import { trackProcesses } from '../helpers/leak-check.ts';
import { isRunning, temporaryDirectory } from '../helpers/processes.ts';
import { RecordingLogger } from '../helpers/stdio-probe.ts';
import { until } from '../helpers/until.ts';

const processes = trackProcesses();
const makeFactory = testFactories();
const directory = temporaryDirectory();
let programs = 0;

function pidOf(client: McpClient): number {
  return processes.track(client.diagnostics().transport.pid!);
}

/** A program of its own that starts the misbehaving server, so that it can be replaced while the server runs. */
function program(text: string = `exec "${process.execPath}" "${FAULTY_STDIO}" '{}'`): string {
  programs++;
  const path = join(directory, `program-${programs}.sh`);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

function entryOf(path: string): ServerEntry {
  return { ...faultyEntry({}, { retry: { maxAttempts: 2, baseMs: 5, maxMs: 10 } }), command: path, args: [] };
}

describe('a program that changes between two starts', () => {
  it.each<[string, (path: string) => void, RegExp]>([
    ['removed', (path) => rmSync(path), /there is no program/u],
    ['no longer executable', (path) => chmodSync(path, 0o644), /permissions/u],
  ])(
    'F-026 it is %s: the new error, not the old one, and no further start',
    async (_what, change, message) => {
      const path = program();
      const client = makeFactory().create('s', entryOf(path));
      await client.connect();
      const first = pidOf(client);
      change(path);
      process.kill(first, 'SIGKILL');
      await until('the client gave up', () => client.state === 'error');
      const error = await rejection(client.callTool('echo'));
      expect(error).toMatchObject({ code: 'SPAWN_FAILED', retryable: false });
      expect(error.message).toMatch(message);
    },
  );

  it('F-026 it is replaced: the next start runs the new one', async () => {
    const path = program();
    const client = makeFactory().create('s', entryOf(path));
    await client.connect();
    const first = pidOf(client);
    const argument = JSON.stringify({ tools: [{ name: 'new-one', inputSchema: { type: 'object' } }] });
    renameSync(program(`exec "${process.execPath}" "${FAULTY_STDIO}" '${argument}'`), path);
    process.kill(first, 'SIGKILL');
    await until('it is connected again', () => client.isConnected && pidOf(client) !== first);
    expect((await client.listTools()).map(({ name }) => name)).toEqual(['new-one']);
  });

  it('F-026 its file is overwritten by something else: that is what the error tells', async () => {
    const path = program();
    const client = makeFactory().create('s', entryOf(path));
    await client.connect();
    const first = pidOf(client);
    const other = join(directory, 'other');
    copyFileSync('/bin/true', other);
    renameSync(other, path);
    process.kill(first, 'SIGKILL');
    await until('the client gave up', () => client.state === 'error');
    expect(await rejection(client.callTool('echo'))).not.toMatchObject({ details: { signal: 'SIGKILL' } });
  });
});

describe('a process that is stopped (SIGSTOP)', () => {
  it('F-019 calls time out; after SIGCONT its late answers are ignored and the next call works', async () => {
    const client = makeFactory().create('s', faultyEntry({}, { timeouts: { request: 300 } }));
    await client.connect();
    process.kill(pidOf(client), 'SIGSTOP');
    const error = await rejection(client.callTool('echo', { message: 'late' }));
    expect(error).toMatchObject({ code: 'REQUEST_TIMEOUT', delivered: 'unknown' });
    process.kill(pidOf(client), 'SIGCONT');
    const answer = await client.callTool('echo', { message: 'fresh' });
    expect(answer.content).toEqual([{ type: 'text', text: 'fresh' }]);
  });

  it('F-019 disconnect ends it', async () => {
    const client = makeFactory().create('s', faultyEntry({}));
    await client.connect();
    const pid = pidOf(client);
    process.kill(pid, 'SIGSTOP');
    await client.disconnect();
    expect(isRunning(pid)).toBe(false);
  });
});

describe('an environment that loads foreign code', () => {
  it('S02 is warned of once, however often the server is started', async () => {
    const logger = new RecordingLogger();
    const entry = { ...faultyEntry({}), env: { NODE_OPTIONS: '--no-warnings' } };
    const client = makeFactory({ logger }).create('s', entry);
    await client.connect();
    const first = pidOf(client);
    process.kill(first, 'SIGKILL');
    await until('it is connected again', () => client.isConnected && pidOf(client) !== first);
    await client.reconnect();
    pidOf(client);
    const warnings = logger.lines.filter(({ message }) => message.includes('foreign code'));
    expect(warnings).toMatchObject([{ level: 'warn', fields: { server: 's', variables: ['NODE_OPTIONS'] } }]);
  });
});
