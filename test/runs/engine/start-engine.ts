import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { breachOf, type CheckResult } from '../check.ts';
import type { EngineMessage, EngineOrder } from './engine-messages.ts';

/** How long the process may live on after its report, in ms. */
const EXIT_MS = 5000;

export interface EngineStart {
  readonly program: URL;
  readonly order: EngineOrder<unknown>;
  /** After this time it is taken for one that hangs, in ms. */
  readonly limitMs: number;
  readonly progress: (line: string) => void;
}

/**
 * Makes a run in a process of its own and sees that it ends.
 * @throws Error if the run could not be made
 */
export async function startEngine<Report>({
  program,
  order,
  limitMs,
  progress,
}: EngineStart): Promise<{ readonly report: Report; readonly exit: CheckResult<'exit'> }> {
  const child = fork(fileURLToPath(program), [JSON.stringify(order)], {
    execArgv: ['--expose-gc', '--import', import.meta.resolve('tsx')],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let told: Extract<EngineMessage<Report>, { kind: 'report' }> | undefined;
  let why: string | undefined;
  let toldAt = 0;
  let hung = false;
  let lastLine = 'nothing';
  const kill = (): void => {
    hung = true;
    child.kill('SIGKILL');
  };
  let watchdog = setTimeout(kill, limitMs);
  child.on('message', (message) => {
    const said = message as EngineMessage<Report>;
    if (said.kind === 'progress') {
      lastLine = said.line;
      progress(said.line);
    } else if (said.kind === 'impossible') why = said.why;
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
    throw new Error(
      why ??
        (hung ? `the run hung and was killed; it said last: ${lastLine}` : `the run ended with ${ending}`),
    );
  const tookMs = Math.round(performance.now() - toldAt);
  const exit: CheckResult<'exit'> = {
    check: 'exit',
    figures: hung ? `killed after ${EXIT_MS} ms` : `${tookMs} ms after its report, ${EXIT_MS} ms allowed`,
    breaches:
      hung || ending !== 'code 0'
        ? [breachOf('exit', `ended by ${ending}; it was held by ${told.resources.join(', ')}`)]
        : [],
  };
  return { report: told.report, exit };
}
