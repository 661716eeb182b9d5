import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { cleanGateways } from '../gateway/gateway-fixture.ts';
import { faultyCommand, readJournal } from '../helpers/faulty-server.ts';
import { temporaryDirectory } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';
import { cli, type RunningCli, ready, startCli, writeConfig } from './cli-run.ts';

const directory = temporaryDirectory();
cleanGateways();
const running: RunningCli[] = [];
afterEach(async () => {
  for (const one of running) one.interruption.interrupt('SIGINT');
  await Promise.all(running.splice(0).map(({ outcome }) => outcome));
});

let journals = 0;
const newJournal = (): string => join(directory, `approve-${journals++}.journal`);
const entry = (journal: string, ...args: readonly string[]): object => ({
  ...faultyCommand({ era: 'modern', journal }, ...args),
  env: { API_KEY: 'canary-of-a-secret' },
  'x-signalbox': { stop: { eofMs: 300, termMs: 300 } },
});
const starts = (journal: string): number =>
  readJournal(journal).filter(({ started }) => started !== undefined).length;
const save = (file: string, servers: Readonly<Record<string, object>>): void =>
  writeFileSync(file, JSON.stringify({ mcpServers: servers }));

describe('a server whose start has changed', () => {
  it('S04 is not started until somebody agrees, whatever the command; the others are', async () => {
    const journal = newJournal();
    const other = newJournal();
    const { file } = writeConfig(directory, { files: entry(journal), other: entry(other) });
    const call = (): ReturnType<typeof cli> => cli(['call', 'files__echo', 'message=hi', '-c', file]);
    expect(await call()).toMatchObject({ code: 0 });
    expect(starts(journal)).toBe(1);

    save(file, { files: entry(journal, '--root', '/'), other: entry(other) });
    const refused = await call();
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain('NEEDS_APPROVAL');
    expect(refused.stderr).toContain('signalbox approve files');
    const status = await cli(['status', '-c', file, '--json']);
    const { servers } = JSON.parse(status.stdout) as { servers: { name: string; state: string }[] };
    expect(servers.map(({ name, state }) => [name, state])).toEqual([
      ['other', 'connected'],
      ['files', 'invalid'],
    ]);
    expect(starts(journal)).toBe(1);

    const approved = await cli(['approve', '-c', file]);
    expect(approved.code).toBe(0);
    // All of it, and no value of a variable.
    expect(approved.stdout).toContain('"--root" "/"');
    expect(approved.stdout).toContain('"API_KEY"');
    expect(approved.stdout).not.toContain('canary');
    expect(approved.stdout).not.toContain('other');
    expect(await call()).toMatchObject({ code: 0 });
    expect(starts(journal)).toBe(2);
    expect((await cli(['approve', '-c', file])).stdout).toContain('nothing has changed');
  });

  it('S04 goes on as it was under up --watch, and is replaced when somebody agrees', async () => {
    const journal = newJournal();
    const { file } = writeConfig(directory, { files: entry(journal) });
    const up = startCli(['up', '--watch', '--port', '0', '-c', file, '--json', '--no-state']);
    running.push(up);
    await ready(up);
    expect(starts(journal)).toBe(1);
    save(file, { files: entry(journal, '--root', '/') });
    await until('the change is refused', () => up.stderr().includes('NEEDS_APPROVAL'));
    expect(up.stderr()).toContain('"runs":true');
    expect(starts(journal)).toBe(1);
    expect((await cli(['approve', 'files', '-c', file])).code).toBe(0);
    await until('it is replaced', () => starts(journal) === 2);
  });

  it('is approved by name only if it is there', async () => {
    const { file } = writeConfig(directory, { files: entry(newJournal()) });
    const wrong = await cli(['approve', 'fils', '-c', file]);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('UNKNOWN_SERVER');
  });

  it('S04 what starts nothing here needs no consent, nor do new tokens and time limits', async () => {
    const journal = newJournal();
    const remote = { url: 'http://127.0.0.1:9/mcp', 'x-signalbox': { retry: false } };
    const { file } = writeConfig(directory, { files: entry(journal), remote });
    expect(await cli(['call', 'files__echo', '-c', file])).toMatchObject({ code: 0 });
    save(file, {
      files: { ...entry(journal), env: { API_KEY: 'another-secret' }, timeout: 5000 },
      remote: { ...remote, url: 'http://127.0.0.1:9/other' },
    });
    expect(await cli(['call', 'files__echo', '-c', file])).toMatchObject({ code: 0 });
    expect((await cli(['approve', '-c', file])).stdout).toContain('nothing has changed');
  });
});
