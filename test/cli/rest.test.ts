import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkHttpFixtures, sendJson } from '../helpers/http-fixture.ts';
import { temporaryDirectory } from '../helpers/processes.ts';
import { startRestService } from '../helpers/rest-service.ts';
import { cli, writeConfig } from './cli-run.ts';

checkHttpFixtures();
const directory = temporaryDirectory();

/** A service that Signalbox starts itself, with nothing but configuration. */
const launched = writeConfig(directory, {
  shout: {
    type: 'rest',
    url: 'http://127.0.0.1:{port}',
    'x-signalbox': {
      stop: { eofMs: 50 },
      launch: {
        command: process.execPath,
        args: [join(import.meta.dirname, '../fixtures/servers/rest-service.mjs')],
        env: { PORT: '{port}' },
        port: 'auto',
      },
    },
  },
});

describe('a REST service on the command line', () => {
  it('is started and called', async () => {
    const status = await cli(['status'], { cwd: launched.folder });
    expect(status.stdout).toMatch(/✓ +shout +rest +legacy 2025-11-25 +connected +1 +\d+ ms/u);
    const call = await cli(['call', 'shout__upper', 'text=hello', '--json'], { cwd: launched.folder });
    expect({ code: call.code, stderr: call.stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(call.stdout)).toMatchObject({ structuredContent: { text: 'HELLO' } });
  });

  it('shows what it offers', async () => {
    const read = await cli(['read', 'about:this'], { cwd: launched.folder });
    expect(read.stdout).toContain('A service without MCP.');
    const list = await cli(['list'], { cwd: launched.folder });
    expect(list.stdout).toContain('upper');
  });

  it('is examined by doctor, which finds nothing wrong', async () => {
    const { code, stdout } = await cli(['doctor', '--json', '-c', launched.file]);
    const { servers } = JSON.parse(stdout) as { servers: { findings: { level: string; what: string }[] }[] };
    expect(servers[0]!.findings).toContainEqual(
      expect.objectContaining({ level: 'ok', what: 'legacy era, revision 2025-11-25, over rest' }),
    );
    expect(servers[0]!.findings.filter(({ level }) => level === 'error' || level === 'warning')).toEqual([]);
    expect(code).toBe(0);
  });

  it('that is not well is told with the route that may be wrong', async () => {
    const service = await startRestService({
      also: ({ path }, response) => {
        if (path.endsWith('/health')) sendJson(response, { message: 'no such page' }, 404);
        return path.endsWith('/health');
      },
    });
    const { file } = writeConfig(directory, {
      shop: { type: 'rest', url: service.url, 'x-signalbox': { retry: false } },
    });
    const { code, stdout } = await cli(['doctor', '-c', file]);
    expect(code).not.toBe(0);
    expect(stdout.replaceAll(/\s+/gu, ' ')).toContain('x-signalbox.rest.operations.health');
    const call = await cli(['call', 'shop__echo', '-c', file]);
    expect(call.code).not.toBe(0);
    expect(call.stderr.replaceAll(/\s+/gu, ' ')).toContain('no such page');
  });

  it('refuses a broken map with file, line and nearest key', async () => {
    const { file } = writeConfig(directory, {
      shop: {
        type: 'rest',
        url: 'http://h',
        'x-signalbox': { rest: { operations: { 'tools/call': { pth: '/x' } } } },
      },
    });
    const { code, stdout, stderr } = await cli(['status', '-c', file]);
    expect(code).not.toBe(0);
    expect(`${stdout}${stderr}`.replaceAll(/\s+/gu, ' ')).toContain('did you mean "path"?');
  });
});
