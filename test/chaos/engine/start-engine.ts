import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { breachOf, type CheckResult } from '../checks/check.ts';
import type { EngineMessage, EngineOptions } from './engine-messages.ts';
import type { ChaosReport } from './report.ts';

const PROGRAM = fileURLToPath(new URL('engine-program.ts', import.meta.url));
/** How long the process may live on after its report, in ms. */
const EXIT_MS = 5000;
/** What a run may take beside its calls, in ms: starting, coming back, shutting down. */
const OVERHEAD_MS = 120_000;

/**
 * Makes a run in a process of its own and sees that it ends.
 * @throws Error if the run could not be made
 */
export async function startEngine(
  options: EngineOptions,
  progress: (line: string) => void,
): Promise<ChaosReport> {
  const child = fork(PROGRAM, [JSON.stringify(options)], {
    execArgv: ['--expose-gc', '--import', import.meta.resolve('tsx')],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let told: Extract<EngineMessage, { kind: 'report' }> | undefined;
  let why: string | undefined;
  let toldAt = 0;
  let hung = false;
  const kill = (): void => {
    hung = true;
    child.kill('SIGKILL');
  };
  let watchdog = setTimeout(kill, options.seconds * 1000 + OVERHEAD_MS);
  child.on('message', (message) => {
    const said = message as EngineMessage;
    if (said.kind === 'progress') progress(said.line);
    else if (said.kind === 'impossible') why = said.why;
    else {
      told = said;
      toldAt = performance.now();
      clearTimeout(watchdog);
      watchdog = setTimeout(kill, EXIT_MS);
    }
  });
  const ending = await new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`));
  });
  clearTimeout(watchdog);
  if (told === undefined)
    throw new Error(why ?? (hung ? 'the run hung and was killed' : `the run ended with ${ending}`));
  const tookMs = Math.round(performance.now() - toldAt);
  const exit: CheckResult = {
    check: 'exit',
    figures: hung ? `killed after ${EXIT_MS} ms` : `${tookMs} ms after its report, ${EXIT_MS} ms allowed`,
    breaches:
      hung || ending !== 'code 0'
        ? [breachOf('exit', `ended by ${ending}; it was held by ${told.resources.join(', ')}`)]
        : [],
  };
  return { ...told.report, checks: [...told.report.checks, exit] };
}
