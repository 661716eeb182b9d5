import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { breachOf, type CheckResult } from './check.ts';

/** How long the kernel may take to remove what was killed, in ms. */
const GRACE_MS = 3000;

/** Whether a process is one of the run: each has the folder of the run in its arguments. Elsewhere than on Linux: true. */
export function isProcessOf(pid: number, folder: string): boolean {
  return process.platform !== 'linux' || argumentsOf(pid).includes(folder);
}

/** All processes of the run but `own`, also those that nobody is the parent of any more. Linux only. */
function processesOf(folder: string, own: readonly number[]): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .map(Number)
    .filter((pid) => !own.includes(pid) && argumentsOf(pid).includes(folder));
}

/** Empty for a process that has ended, a zombie included. */
function argumentsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** Looks until nothing is left, and ends what is: a leak shall fail one run, not the machine. */
export async function checkProcesses(
  folder: string,
  own: readonly number[],
): Promise<CheckResult<'orphans'>> {
  if (process.platform !== 'linux')
    return { check: 'orphans', figures: 'not looked at: there is no /proc here', breaches: [] };
  const startedAt = performance.now();
  let left = processesOf(folder, own);
  while (left.length > 0 && performance.now() - startedAt < GRACE_MS) {
    await pause(50);
    left = processesOf(folder, own);
  }
  const breaches = left.map((pid) => {
    const command = argumentsOf(pid).replaceAll('\0', ' ').slice(0, 300);
    process.kill(pid, 'SIGKILL');
    return breachOf('orphans', `process ${pid} runs on: ${command}`);
  });
  return { check: 'orphans', figures: `${left.length} left`, breaches };
}
