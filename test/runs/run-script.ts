import { spawn } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of `scripts/`: what it says of handles and exceptions is about nothing but itself. */
export function runScript(name: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, 'scripts', name), ...args], { cwd: ROOT });
    const read = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream].setEncoding('utf8').on('data', (text: string) => (read[stream] += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...read }));
  });
}
