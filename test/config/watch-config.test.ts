import {
  appendFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { FileWatch } from '../../src/config/watch/file-watch.ts';
import {
  type ConfigChange,
  type ConfigWatch,
  type WatchOptions,
  watchConfig,
} from '../../src/config/watch/watch-config.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { temporaryDirectory } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

const directory = temporaryDirectory();
const open: { close(): void }[] = [];
afterEach(() => {
  for (const watch of open.splice(0)) watch.close();
});

let folders = 0;

const text = (...names: string[]): string =>
  JSON.stringify({ mcpServers: Object.fromEntries(names.map((name) => [name, { command: 'x' }])) });

interface Watched {
  readonly folder: string;
  readonly file: string;
  readonly watch: ConfigWatch;
  readonly changes: ConfigChange[];
  /** What is told next: the names of the servers, or why there are none. */
  readonly next: () => Promise<string>;
}

/** A config file with the server `a`, watched. Without events it is looked at every hour: then only they tell. */
function watched(options: WatchOptions = {}): Watched {
  const folder = join(directory, `watch-${++folders}`);
  mkdirSync(folder);
  const file = join(folder, '.mcp.json');
  writeFileSync(file, text('a'));
  const changes: ConfigChange[] = [];
  const watch = watchConfig(file, (change) => changes.push(change), {
    settleMs: 30,
    pollMs: 3_600_000,
    ...options,
  });
  open.push(watch);
  let told = 0;
  const next = async (): Promise<string> => {
    await until('a change is told', () => changes.length > told);
    const change = changes[told++]!;
    return change.type === 'loaded' ? [...change.config.servers.keys()].join(' ') : change.error.message;
  };
  return { folder, file, watch, changes, next };
}

describe('watchConfig', () => {
  it('F-139 tells of a file that is written to', async () => {
    const { file, next } = watched();
    writeFileSync(file, text('a', 'b'));
    expect(await next()).toBe('a b');
    writeFileSync(file, text('b'));
    expect(await next()).toBe('b');
  });

  it('F-139 tells of a file that is replaced by renaming, again and again', async () => {
    const { folder, file, next } = watched();
    for (const name of ['b', 'c', 'd']) {
      writeFileSync(join(folder, 'new'), text(name));
      renameSync(join(folder, 'new'), file);
      expect(await next()).toBe(name);
    }
  });

  it('F-139 tells that a file is gone, and that it is back', async () => {
    const { file, next } = watched();
    unlinkSync(file);
    expect(await next()).toMatch(/\.mcp\.json: the config file does not exist/u);
    writeFileSync(file, text('b'));
    expect(await next()).toBe('b');
  });

  it('F-139 tells where a broken file is broken, and goes on', async () => {
    const { file, next } = watched();
    writeFileSync(file, '{ "mcpServers": {\n  "a": { "command": } } }');
    expect(await next()).toMatch(/\.mcp\.json:2:21: not valid JSON: a value is expected/u);
    writeFileSync(file, text('a', 'b'));
    expect(await next()).toBe('a b');
  });

  it('F-139 waits for a file that is being written', async () => {
    const { file, changes, next } = watched({ settleMs: 2000 });
    const whole = text('a', 'b', 'c');
    writeFileSync(file, '');
    for (const character of whole) {
      appendFileSync(file, character);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await next()).toBe('a b c');
    expect(changes).toHaveLength(1);
  });

  it('tells of a folder that was taken away and made anew, by looking now and then', async () => {
    const { folder, file, next } = watched({ pollMs: 30 });
    rmSync(folder, { recursive: true });
    expect(await next()).toMatch(/does not exist/u);
    mkdirSync(folder);
    writeFileSync(file, text('b'));
    expect(await next()).toBe('b');
  });

  it('tells of a file behind a link, by looking now and then', async () => {
    const { folder, file, next } = watched({ pollMs: 30 });
    const elsewhere = join(directory, `target-${folders}.json`);
    writeFileSync(elsewhere, text('b'));
    unlinkSync(file);
    symlinkSync(elsewhere, join(folder, 'link'));
    renameSync(join(folder, 'link'), file);
    expect(await next()).toBe('b');
    writeFileSync(elsewhere, text('b', 'c'));
    expect(await next()).toBe('b c');
  });

  it('follows the env files of its servers', async () => {
    const { folder, file, changes, next } = watched();
    const entry = { command: 'x', envFile: 'a.env' };
    writeFileSync(join(folder, 'a.env'), 'KEY=one\n');
    writeFileSync(file, JSON.stringify({ mcpServers: { a: entry } }));
    expect(await next()).toBe('a');
    writeFileSync(join(folder, 'a.env'), 'KEY=two\n');
    expect(await next()).toBe('a');
    expect(changes.at(-1)).toMatchObject({ type: 'loaded' });
    const { config } = changes.at(-1) as Extract<ConfigChange, { type: 'loaded' }>;
    expect(config.files).toEqual([file, join(folder, 'a.env')]);
    expect(config.servers.get('a')!.env).toMatchObject({ KEY: 'two' });
  });

  it('tells nothing after it was closed, and of a listener that throws only the log', async () => {
    const errors: unknown[] = [];
    const { file, watch } = watched();
    watch.close();
    let calls = 0;
    const other = watchConfig(
      file,
      () => {
        calls++;
        throw new Error('listener');
      },
      {
        settleMs: 30,
        pollMs: 3_600_000,
        logger: {
          debug: () => {},
          info: () => {},
          warn: () => {},
          error: (message, fields) => void errors.push([message, fields?.['error']]),
        },
      },
    );
    open.push(other);
    writeFileSync(file, text('b'));
    await until('the listener failed', () => errors.length === 1);
    expect(errors).toEqual([['the listener of a config file failed', 'listener']]);
    writeFileSync(file, text('c'));
    await until('it is told again', () => calls === 2);
  });

  it.each([{ settleMs: 0 }, { settleMs: Number.NaN }, { pollMs: 1 }, { pollMs: 1e9 }])(
    'refuses %j',
    (options) => {
      expect(() => watchConfig('x', () => {}, options)).toThrow(/must be a number from/u);
    },
  );
});

describe('FileWatch', () => {
  it('waits until a file is left alone, not for ever, and looks at it by its own clock', async () => {
    const clock = new FakeClock();
    const file = join(directory, 'busy');
    writeFileSync(file, '0');
    let told = 0;
    const watch = new FileWatch(file, { clock, settleMs: 100, pollMs: 10, changed: () => told++ });
    open.push(watch);
    const look = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));
    let writes = 0;
    const write = async (): Promise<void> => {
      writeFileSync(file, 'x'.repeat(++writes));
      await clock.advance(10);
      await look();
    };
    // Written to in every pause.
    for (let times = 0; times < 150; times++) await write();
    expect(told).toBe(0);
    // Looking takes real time, by which the pauses are longer than they would be.
    for (let times = 0; times < 2000 && told === 0; times++) await write();
    expect(told).toBe(1);
    await clock.advance(10);
    watch.close();
    await clock.advance(1000);
    expect(clock.pendingTimers).toBe(0);
  });
});
