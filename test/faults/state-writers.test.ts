import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ServerRegistry } from '../../src/registry/server-registry.ts';
import { FileStateStore } from '../../src/registry/store/file-state-store.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import { trackProcesses } from '../helpers/leak-check.ts';
import { temporaryDirectory } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

const PROGRAM = join(import.meta.dirname, '../fixtures/programs/state-writer.ts');
const tracker = trackProcesses();
const directory = temporaryDirectory();

interface Writers {
  readonly child: ChildProcess;
  /** By file: the last generation that was reported as saved. */
  readonly saved: ReadonlyMap<string, number>;
}

function startWriters(folder: string, first: number, files: readonly string[]): Writers {
  const argv = ['--import', 'tsx', PROGRAM, folder, String(first), ...files];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  tracker.track(child.pid!);
  const saved = new Map<string, number>();
  createInterface(child.stdout).on('line', (line) => {
    const [file = '', generation] = line.split(' ');
    saved.set(file, Number(generation));
  });
  return { child, saved };
}

async function kill({ child }: Writers): Promise<void> {
  // `close` comes when all that it has printed was read.
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

/** Starts a new registry from the file; returns the generations of all its servers, which must be one. */
async function restored(path: string): Promise<readonly (string | undefined)[]> {
  const state = await new FileStateStore(path).load();
  const registry = new ServerRegistry({ store: new FileStateStore(path) });
  try {
    const reasons = (state?.servers ?? []).map(
      async ({ name }) => (await registry.previousStatus(name))?.reason,
    );
    return await Promise.all(reasons);
  } finally {
    await registry.shutdown();
  }
}

describe('the file of a state', () => {
  it('S27 is one complete save after each of 208 writers was killed at any moment', async () => {
    const ROUNDS = 8;
    const FILES = Array.from({ length: 13 }, (_, index) => `${index}.json`).toSorted();
    const random = seededRandom(Date.now());
    let writers = 0;
    let cutOff = 0;

    const lane = async (folder: string): Promise<void> => {
      let first = 1;
      for (let round = 0; round < ROUNDS; round++) {
        const running = startWriters(folder, first, FILES);
        await until('each registry has saved', () => running.saved.size === FILES.length, 120_000);
        await pause(random() * 60);
        await kill(running);
        const left = readdirSync(folder);
        cutOff += left.filter((name) => name.endsWith('.new')).length;
        for (const file of FILES) {
          const reasons = await restored(join(folder, file));
          expect(reasons).toHaveLength(20);
          const [generation, ...others] = new Set(reasons.map((reason) => Number(reason?.split(' ')[1])));
          expect(others).toEqual([]);
          // What was reported is there; what was just being reported may be.
          const reported = running.saved.get(file)!;
          expect([reported, reported + 1]).toContain(generation);
          writers++;
          first = Math.max(first, generation! + 1);
          expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
        }
        expect(readdirSync(folder).toSorted()).toEqual(FILES);
      }
    };
    await Promise.all([lane(join(directory, 'one')), lane(join(directory, 'two'))]);
    expect(writers).toBe(208);
    // Or it would have proven nothing: some were killed while they wrote.
    expect(cutOff).toBeGreaterThan(0);
  }, 300_000);

  it('is one complete save of one of two processes that write it at the same time', async () => {
    const folder = join(directory, 'shared');
    const both = [startWriters(folder, 1, ['state.json']), startWriters(folder, 1_000_001, ['state.json'])];
    const seen = new Set<boolean>();
    await until('both have saved', () => both.every(({ saved }) => saved.size === 1), 120_000);
    for (let reads = 0; seen.size < 2 || reads < 200; reads++) {
      const state = await new FileStateStore(join(folder, 'state.json')).load();
      const generations = new Set(state!.servers.map(({ status }) => Number(status!.reason.split(' ')[1])));
      expect(generations.size).toBe(1);
      const [generation] = generations;
      seen.add(generation! > 1_000_000);
    }
    await Promise.all(both.map(kill));
    expect(seen.size).toBe(2);
    expect(readdirSync(folder).filter((name) => name.includes('damaged'))).toEqual([]);
  }, 180_000);
});
