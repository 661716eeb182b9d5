import type { CheckResult } from '../check.ts';
import type { EngineMessage, EngineOrder } from './engine-messages.ts';
import { hearUnhandled } from './unhandled.ts';

/** What a run is given beside its options. */
export interface RunContext {
  readonly folder: string;
  /** One line on what is going on. */
  readonly progress: (line: string) => void;
  /** What nobody has handled so far. */
  readonly unhandled: () => CheckResult<'quiet'>;
}

/** Makes the run that this process was started for; the process then has to end by itself. */
export async function runEngine<Options, Report>(
  run: (options: Options, context: RunContext) => Promise<Report>,
): Promise<void> {
  const tell = (message: EngineMessage<Report>): Promise<void> =>
    new Promise((resolve) => {
      process.send?.(message, () => resolve());
    });
  const unhandled = hearUnhandled();
  const { folder, options } = JSON.parse(process.argv[2] ?? '') as EngineOrder<Options>;
  // Without a parent nobody would end a run that hangs.
  const orphaned = (): void => process.exit(1);
  process.on('disconnect', orphaned);
  try {
    const progress = (line: string): void => void tell({ kind: 'progress', line });
    const report = await run(options, { folder, unhandled, progress });
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
}
