/**
 * The leak gate: Vitest runs this before each test file (`setupFiles`). After every test, all its hooks included,
 * nothing may be left that was not there before it: no child process, socket, server, pipe, timer, immediate, and no
 * listener on `process`. What a file sets up for all its tests (`beforeAll`) is there before each of them; at the end
 * of the file that must be gone, too.
 *
 * Closing takes the loop a few turns, so it looks again for a while before it complains.
 */
import timersPromises from 'node:timers/promises';
import { aroundAll, aroundEach } from 'vitest';
import { endProcesses, type Holdings, holdings, lastingExcess, wholeExcess } from './holdings.ts';
import { recordTimers } from './recorded-timers.ts';
import { doConnectionsLastForTheFile } from './shared-fixture.ts';

const PATIENCE_MS = Number(process.env['SIGNALBOX_LEAK_PATIENCE_MS'] ?? 10_000);
/** Not recorded: as it was before. */
const pause = timersPromises.setTimeout;

recordTimers();

const beforeFile = holdings();

aroundAll(async (runFile) => {
  await runFile();
  await expectNothingSince(beforeFile, 'This test file');
});

aroundEach(async (runTest) => {
  const before = holdings();
  await runTest();
  await expectNothingSince(before, 'This test', doConnectionsLastForTheFile());
});

async function expectNothingSince(before: Holdings, who: string, mayConnect: boolean = false): Promise<void> {
  const excess = (): string[] => (mayConnect ? lastingExcess(before) : wholeExcess(before));
  let left = excess();
  const since = performance.now();
  while (left.length > 0 && performance.now() - since < PATIENCE_MS) {
    await pause(5);
    left = excess();
  }
  if (left.length === 0) return;
  endProcesses(before);
  throw new Error(`${who} leaves behind:\n  ${left.join('\n  ')}`);
}
