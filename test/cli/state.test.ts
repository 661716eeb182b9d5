import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FileStateStore } from '../../src/registry/store/file-state-store.ts';
import { useStateFolder } from '../../src/transports/process/leftovers/state-folder.ts';
import { trackProcesses } from '../helpers/leak-check.ts';
import { temporaryDirectory } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';
import { type CliOutcome, ENTRIES, STATE_FOLDER, startCli, writeConfig } from './cli-run.ts';

trackProcesses();
const directory = temporaryDirectory();
const { file } = writeConfig(directory, { units: ENTRIES.units });

/** `up` until it is ready, and its end. */
async function upOnce(...more: string[]): Promise<CliOutcome> {
  const running = startCli(['up', '--port', '0', '-c', file, ...more], { cwd: directory });
  await until('`up` is ready', () => running.stdout().includes('Endpoint'));
  running.interruption.interrupt('SIGINT');
  return await running.outcome;
}

describe('up --state', () => {
  it('S27 keeps what it knows in the file that is named, and goes on from it', async () => {
    const path = join(directory, 'own', 'state.json');
    for (const connections of [1, 2]) {
      expect(await upOnce('--state', 'own/state.json')).toMatchObject({ code: 0 });
      const [units] = (await new FileStateStore(path).load())!.servers;
      expect(units).toMatchObject({ name: 'units', status: { state: 'connected', era: 'modern' } });
      expect(units!.client!.totals.connections).toBe(connections);
      expect(units!.catalog!.tools.length).toBeGreaterThan(0);
    }
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('keeps it in the state folder by default, in a file for each config file, or nowhere', async () => {
    const folder = join(directory, 'folder');
    useStateFolder(folder);
    try {
      await upOnce('--no-state');
      const states = (): string[] => readdirSync(folder).filter((name) => name.startsWith('registry-'));
      expect(states()).toEqual([]);
      await upOnce();
      expect(states()).toEqual([expect.stringMatching(/^registry-[\da-f]{16}\.json$/u)]);
      expect(statSync(folder).mode & 0o777).toBe(0o700);
      useStateFolder(join(file, 'no-folder'));
      const { code, stderr } = await upOnce();
      expect(code).toBe(0);
      expect(stderr).toContain('nothing is kept for the next start');
    } finally {
      useStateFolder(STATE_FOLDER);
    }
  });

  it('starts without a file that is damaged, and leaves alone one that is something else', async () => {
    const path = join(directory, 'bad', 'state.json');
    await upOnce('--state', path);
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, -20));
    expect((await upOnce('--state', path)).stderr).toContain('the state file is damaged and was set aside');
    expect(readdirSync(join(directory, 'bad'))).toHaveLength(2);
    const before = readFileSync(file, 'utf8');
    const { code, stderr } = await upOnce('--state', file);
    expect(code).toBe(0);
    expect(stderr).toContain('is something else than the state of a registry and is left as it is');
    expect(readFileSync(file, 'utf8')).toBe(before);
  });
});
