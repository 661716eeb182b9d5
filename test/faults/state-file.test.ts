import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LogFields } from '../../src/core/log.ts';
import { silentLogger } from '../../src/core/log.ts';
import { FileStateStore } from '../../src/registry/store/file-state-store.ts';
import type { RegistryState } from '../../src/registry/store/state-store.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { rejection } from '../helpers/clients.ts';
import { trackProcesses } from '../helpers/leak-check.ts';
import { temporaryDirectory } from '../helpers/processes.ts';

trackProcesses();
const directory = temporaryDirectory();
let folders = 0;

function state(word: string): RegistryState {
  const server = { name: word, identity: '1-x', seenAt: '2026-01-01T00:00:00.000Z' };
  const rest = { status: undefined, catalog: undefined, client: undefined, approvals: [] };
  return { version: 1, savedAt: '2026-01-01T00:00:00.000Z', servers: [{ ...server, ...rest }] };
}

const wordOf = (loaded: RegistryState | undefined): string | undefined => loaded?.servers[0]?.name;

/** A file in a folder of its own, which is not there yet. */
function freshFile(): string {
  return join(directory, `folder-${++folders}`, 'state.json');
}

async function savedFile(word: string): Promise<string> {
  const path = freshFile();
  await new FileStateStore(path).save(state(word));
  return path;
}

function recording() {
  const warnings: (LogFields | undefined)[] = [];
  const logger = {
    ...silentLogger,
    warn: (_message: string, fields?: LogFields) => void warnings.push(fields),
  };
  return { warnings, logger };
}

const beside = (path: string): string[] =>
  readdirSync(dirname(path))
    .filter((name) => name !== basename(path))
    .toSorted();

describe('FileStateStore', () => {
  it('S27 keeps a state in a file of 0600 in a folder of 0700, and nothing beside it', async () => {
    const path = freshFile();
    const store = new FileStateStore(path);
    expect(await store.load()).toBeUndefined();
    expect(existsSync(dirname(path))).toBe(false);
    await store.save(state('first'));
    await store.save(state('second'));
    expect(wordOf(await store.load())).toBe('second');
    expect(wordOf(await new FileStateStore(path).load())).toBe('second');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
    expect(beside(path)).toEqual([]);
    expect((JSON.parse(readFileSync(path, 'utf8')) as { version: number }).version).toBe(1);
  });

  it('starts empty from a file that was cut at any byte, and sets it aside', async () => {
    const path = await savedFile('whole');
    const whole = readFileSync(path);
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length));
      const { warnings, logger } = recording();
      expect(wordOf(await new FileStateStore(path, { logger }).load()), `${length} bytes`).toBeUndefined();
      expect(warnings).toHaveLength(1);
      expect(existsSync(path)).toBe(false);
    }
    const aside = beside(path);
    expect(aside).toHaveLength(5);
    expect(aside.every((name) => /^state\.json\.damaged-\d{8}T\d{9}Z-[\da-f]{8}$/u.test(name))).toBe(true);
    await new FileStateStore(path).save(state('new'));
    expect(wordOf(await new FileStateStore(path).load())).toBe('new');
  });

  it('never takes a file with a wrong bit for a state, whichever byte it is in', async () => {
    const path = await savedFile('whole');
    const whole = readFileSync(path);
    for (let index = 0; index < whole.length; index++) {
      const wrong = Buffer.from(whole);
      wrong[index]! ^= 1 << (index % 8);
      writeFileSync(path, wrong);
      // A wrong version may look like a later one, which is refused instead of set aside.
      const outcome = await new FileStateStore(path)
        .load()
        .catch((error: unknown) => (error as Error).message);
      if (typeof outcome === 'string') expect(outcome).toMatch(/later release|something else/u);
      else expect(outcome, `byte ${index}`).toBeUndefined();
    }
  });

  it('is not disturbed by what a writer has left at any byte, and removes it', async () => {
    const path = await savedFile('old');
    const whole = readFileSync(path);
    // A process that is gone: pids end far below.
    const left = `${path}.999999999-0123456789abcdef.new`;
    for (let length = 0; length <= whole.length; length += 7) {
      writeFileSync(left, whole.subarray(0, length), { mode: 0o600 });
      expect(wordOf(await new FileStateStore(path).load())).toBe('old');
      expect(beside(path)).toEqual([]);
    }
  });

  it('leaves what a process that runs is writing, but not for ever, and what is none of its files', async () => {
    const path = await savedFile('old');
    const own = `${path}.${process.pid}-0123456789abcdef.new`;
    const old = `${path}.${process.pid}-fedcba9876543210.new`;
    for (const file of [
      own,
      old,
      `${path}.note`,
      `${dirname(path)}/other.json.999999999-0123456789abcdef.new`,
    ]) {
      writeFileSync(file, 'x');
    }
    const hourAgo = Date.now() / 1000 - 3600;
    utimesSync(old, hourAgo, hourAgo);
    await new FileStateStore(path).load();
    expect(beside(path)).toEqual(
      ['other.json.999999999-0123456789abcdef.new', 'state.json.note', basename(own)].toSorted(),
    );
  });

  it('neither reads nor replaces a file of a later version, also one that comes while it runs', async () => {
    const path = await savedFile('old');
    const running = new FileStateStore(path);
    expect(wordOf(await running.load())).toBe('old');
    const later = '{"format":"signalbox-registry-state","version":2,"shape":"nobody knows"}\n';
    writeFileSync(path, later);
    for (const store of [running, new FileStateStore(path)]) {
      for (const work of [store.load(), store.save(state('new'))]) {
        expect(await rejection(work)).toMatchObject({
          code: 'CONFIG_INVALID',
          message: expect.stringContaining('was written by a later release (version 2)') as string,
        });
      }
    }
    expect(readFileSync(path, 'utf8')).toBe(later);
    expect(beside(path)).toEqual([]);
  });

  it.each([
    ['a config file', '{"mcpServers":{}}'],
    ['a list', '[1,2]'],
  ])('neither moves nor replaces %s', async (_what, text) => {
    const path = await savedFile('old');
    writeFileSync(path, text);
    const store = new FileStateStore(path);
    for (const work of [store.load(), store.save(state('new'))]) {
      expect((await rejection(work)).message).toContain('is something else than the state of a registry');
    }
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(beside(path)).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')(
    'S27 refuses links, foreign folders and files that others can write',
    async () => {
      const target = await savedFile('target');
      const linked = freshFile();
      mkdirSync(dirname(linked), { mode: 0o700 });
      symlinkSync(target, linked);
      const linkedFolder = join(directory, 'linked-folder');
      symlinkSync(dirname(target), linkedFolder);
      const open = await savedFile('open');
      chmodSync(dirname(open), 0o777);
      const writable = await savedFile('writable');
      chmodSync(writable, 0o622);
      const folder = join(dirname(target), 'a-folder');
      mkdirSync(folder);
      const before = readFileSync(target, 'utf8');
      for (const [path, fault] of [
        [linked, 'is a symbolic link'],
        [join(linkedFolder, basename(target)), 'is in a folder that is no directory, or a symbolic link'],
        [open, 'is in a folder that can be written by everybody; chmod 700 it'],
        [writable, 'can be written by others; chmod 600 it'],
        [folder, 'is no file'],
      ] as const) {
        const store = new FileStateStore(path);
        for (const work of [store.load(), store.save(state('new'))]) {
          expect((await rejection(work)).message).toBe(
            `[CONFIG_INVALID] the state file ${JSON.stringify(path)} ${fault}`,
          );
        }
      }
      expect(readFileSync(target, 'utf8')).toBe(before);
    },
  );

  it.skipIf(process.platform === 'win32').each([0o750, 0o775, 0o1777])(
    'takes a folder of mode %o',
    async (mode) => {
      const path = await savedFile('there');
      chmodSync(dirname(path), mode);
      const store = new FileStateStore(path);
      await store.save(state('new'));
      expect(wordOf(await store.load())).toBe('new');
      expect(statSync(path).mode & 0o777).toBe(0o600);
    },
  );

  it('has bounds on what it reads and writes', async () => {
    const path = await savedFile('small');
    const store = new FileStateStore(path, { maxBytes: 1024 });
    expect((await rejection(store.save(state('x'.repeat(1024))))).message).toContain(
      'would be larger than maxBytes',
    );
    expect(wordOf(await store.load())).toBe('small');
    truncateSync(path, 5000);
    expect((await rejection(store.load())).message).toContain('is too large');
    expect((await rejection(store.save(state('new')))).message).toContain('is too large');
    expect(() => new FileStateStore('')).toThrow(/INVALID_ARGUMENT/u);
    for (const maxBytes of [0, 1.5, 2 ** 31]) {
      expect(() => new FileStateStore(path, { maxBytes })).toThrow(/INVALID_ARGUMENT/u);
    }
  });

  it('keeps the saves of one store in order, and of several the last, never a mixture', async () => {
    const path = freshFile();
    const stores = Array.from({ length: 4 }, () => new FileStateStore(path));
    for (let round = 0; round < 20; round++) {
      const saves = stores.flatMap((store, index) =>
        [1, 2, 3].map((step) => store.save(state(`${index}-${round}-${step}`.repeat(1 + 300 * index)))),
      );
      await Promise.all(saves);
      // Whoever came last, it was the last of its own.
      expect(wordOf(await stores[0]!.load())).toMatch(
        new RegExp(`^(?:(\\d)-${round}-3)(?:\\1-${round}-3)*$`, 'u'),
      );
    }
    expect(beside(path)).toEqual([]);
  });

  it('keeps the last five damaged files, by their time', async () => {
    const path = await savedFile('whole');
    const clock = new FakeClock(0, Date.UTC(2026, 5, 1));
    for (let round = 0; round < 8; round++) {
      writeFileSync(path, `damaged ${round}`);
      await new FileStateStore(path, { clock }).load();
      await clock.advance(1000);
    }
    const texts = beside(path).map((name) => readFileSync(join(dirname(path), name), 'utf8'));
    expect(texts).toEqual(['damaged 3', 'damaged 4', 'damaged 5', 'damaged 6', 'damaged 7']);
  });

  it('a state file can be copied elsewhere', async () => {
    const path = await savedFile('moved');
    const other = freshFile();
    mkdirSync(dirname(other), { mode: 0o700 });
    copyFileSync(path, other);
    expect(wordOf(await new FileStateStore(other).load())).toBe('moved');
  });
});
