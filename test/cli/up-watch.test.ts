import { renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { cleanGateways, connectOfficial } from '../gateway/gateway-fixture.ts';
import { faultyCommand, readJournal } from '../helpers/faulty-server.ts';
import { isRunning, temporaryDirectory } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';
import { type RunningCli, ready, startCli, writeConfig } from './cli-run.ts';

const directory = temporaryDirectory();
cleanGateways();
const started: RunningCli[] = [];
afterEach(async () => {
  for (const running of started) running.interruption.interrupt('SIGINT');
  await Promise.all(started.splice(0).map(({ outcome }) => outcome));
});
const QUICK = { 'x-signalbox': { stop: { eofMs: 300, termMs: 300 } } };

const journal = (name: string): string => join(directory, `${name}.journal`);
const server = (name: string, more: object = {}): object => ({
  ...faultyCommand({ era: 'modern', journal: journal(name) }),
  ...QUICK,
  ...more,
});
const starts = (name: string): number[] =>
  readJournal(journal(name)).flatMap(({ started }) => (started === undefined ? [] : [started]));

type Told = Record<string, unknown>;

interface Watched {
  readonly running: RunningCli;
  readonly url: string;
  readonly told: (event: string) => Told[];
  /** Replaces the file, as an editor does. */
  readonly save: (servers: Record<string, unknown> | string) => void;
  readonly file: string;
}

async function startWatched(servers: Record<string, unknown>): Promise<Watched> {
  const { file, folder } = writeConfig(directory, servers);
  const running = startCli(['up', '--watch', '--port', '0', '-c', file, '--json', '--no-state']);
  started.push(running);
  const { endpoint } = await ready(running);
  const told = (event: string): Told[] =>
    running
      .stderr()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Told)
      .filter((line) => line['event'] === event);
  const save = (content: Record<string, unknown> | string): void => {
    const next = join(folder, '.mcp.json.new');
    writeFileSync(next, typeof content === 'string' ? content : JSON.stringify({ mcpServers: content }));
    renameSync(next, file);
  };
  return { running, url: endpoint.url, told, save, file };
}

async function stop({ running }: Watched): Promise<void> {
  running.interruption.interrupt('SIGINT');
  expect((await running.outcome).code).toBe(0);
}

describe('up --watch', () => {
  it('F-139 restarts only what has changed when the file is saved, and keeps everything when it is broken', async () => {
    const up = await startWatched({ stays: server('stays'), edited: server('edited'), goes: server('goes') });
    up.save({
      stays: server('stays'),
      edited: server('edited', { timeout: 5000 }),
      comes: server('comes'),
      bad: { url: 'ftp://x' },
    });
    await until('it is told', () => up.told('config').length === 1);
    expect(up.told('config')[0]).toMatchObject({
      added: ['comes'],
      changed: ['edited'],
      removed: ['goes'],
      unchanged: 1,
      invalid: [{ server: 'bad', runs: false, error: { code: 'CONFIG_INVALID' } }],
    });
    const connected = (): unknown[] =>
      up.told('server').map(({ server: name, to }) => `${String(name)} ${String(to)}`);
    await until('the new ones are connected', () => connected().length === 2);
    expect(new Set(connected())).toEqual(new Set(['comes connected', 'edited connected']));
    await until('the old ones are gone', () => ![starts('goes')[0]!, starts('edited')[0]!].some(isRunning));
    expect(['stays', 'edited', 'goes', 'comes'].map((name) => starts(name).length)).toEqual([1, 2, 1, 1]);

    up.save('{ "mcpServers": {\n  "stays": { "command": } } }');
    await until('that it is broken is told', () => up.told('config').length === 2);
    expect(up.told('config')[1]).toMatchObject({
      error: { code: 'CONFIG_INVALID', message: expect.stringContaining(`${up.file}:2:`) as string },
    });
    unlinkSync(up.file);
    await until('that it is gone is told', () => up.told('config').length === 3);
    // One entry is broken: what runs under its name goes on.
    up.save({ stays: { command: 7 }, edited: server('edited', { timeout: 5000 }), comes: server('comes') });
    await until('that one is broken is told', () => up.told('config').length === 4);
    expect(up.told('config')[3]).toMatchObject({
      unchanged: 2,
      removed: [],
      invalid: [
        {
          server: 'stays',
          runs: true,
          error: { message: expect.stringContaining(`${up.file}:1`) as string },
        },
      ],
    });
    expect(['stays', 'edited', 'comes'].map((name) => starts(name).length)).toEqual([1, 2, 1]);
    expect(isRunning(starts('stays')[0]!)).toBe(true);
    await stop(up);
    for (const name of ['stays', 'edited', 'goes', 'comes']) expect(starts(name).some(isRunning)).toBe(false);
  });

  it('clients of the endpoint hear that its tools have changed', async () => {
    const up = await startWatched({ one: server('one') });
    const client = await connectOfficial(up.url, 'legacy');
    let changes = 0;
    client.setNotificationHandler('notifications/tools/list_changed', () => void changes++);
    expect((await client.listTools()).tools.some(({ name }) => name.startsWith('two__'))).toBe(false);
    up.save({ one: server('one'), two: server('two') });
    await until('a change is told', () => changes > 0);
    await until('the server is connected', () => up.told('server').some(({ to }) => to === 'connected'));
    expect((await client.listTools()).tools.some(({ name }) => name.startsWith('two__'))).toBe(true);
    await client.close();
    await stop(up);
  });

  it('says for people what it did', async () => {
    const { file } = writeConfig(directory, { people: server('people') });
    const running = startCli(['up', '--watch', '--port', '0', '-c', file, '--no-state']);
    started.push(running);
    await until('it is ready', () => running.stdout().includes('--stdio'));
    writeFileSync(
      file,
      JSON.stringify({ mcpServers: { people: server('people'), more: server('more'), no: 1 } }),
    );
    await until('it is told', () => running.stderr().includes('✓ more: connected'));
    expect(running.stderr()).toMatch(/^config: added more; 1 unchanged$/mu);
    expect(running.stderr()).toMatch(/^✗ no: .*:1: .*\(CONFIG_INVALID\); it is not started$/mu);
    writeFileSync(file, '{');
    await until('it is told', () => running.stderr().includes('everything goes on as it was'));
    expect(running.stderr()).toMatch(
      /^✗ .*\.mcp\.json:1:\d+: not valid JSON.*\(CONFIG_INVALID\); everything goes on as it was$/mu,
    );
    running.interruption.interrupt('SIGINT');
    expect((await running.outcome).code).toBe(0);
  });
});
