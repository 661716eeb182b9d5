/** One run in a process of its own, which then has to end by itself: whoever started it looks whether it does. */
import type { EngineMessage, EngineOptions } from './engine-messages.ts';
import { runChaos } from './run-chaos.ts';
import { hearUnhandled } from './unhandled.ts';

function tell(message: EngineMessage): Promise<void> {
  return new Promise((resolve) => {
    process.send?.(message, () => resolve());
  });
}

const unhandled = hearUnhandled();
const { folder, ...options } = JSON.parse(process.argv[2] ?? '') as EngineOptions;
// Without a parent nobody would end a run that hangs.
const orphaned = (): void => process.exit(1);
process.on('disconnect', orphaned);
try {
  const report = await runChaos(options, {
    folder,
    unhandled,
    progress: (line) => void tell({ kind: 'progress', line }),
  });
  await tell({ kind: 'report', report, resources: process.getActiveResourcesInfo() });
} catch (error) {
  await tell({
    kind: 'impossible',
    why: error instanceof Error ? (error.stack ?? error.message) : String(error),
  });
  process.exitCode = 1;
}
// A listener would keep the channel, and the channel the process.
process.off('disconnect', orphaned);
