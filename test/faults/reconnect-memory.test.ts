import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const PROGRAM = join(import.meta.dirname, '../fixtures/programs/reconnecting.ts');
const MIB = 1024 ** 2;

/** How much the heap of a program grew over so many rounds, of up to two connections each. */
async function growth(...args: string[]): Promise<{ bytes: number; connections: number }> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    '--import',
    'tsx',
    PROGRAM,
    ...args,
  ]);
  const { before, after, connections } = JSON.parse(stdout) as Record<string, number>;
  return { bytes: after! - before!, connections: connections! };
}

// What is compiled late, and what Node.js keeps for later, comes to less than one MiB however many rounds there are.
describe('a connection that is made anew again and again', { timeout: 240_000 }, () => {
  it('costs no memory: 10 000 times in this process', async () => {
    const { bytes, connections } = await growth('memory', '5000');
    expect(connections).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThan(2 * MIB);
  });

  it('costs no memory: 300 times over HTTP', async () => {
    const { bytes, connections } = await growth('http', '300');
    expect(connections).toBeGreaterThan(300);
    expect(bytes).toBeLessThan(2 * MIB);
  });

  it('would be noticed if each round cost a kilobyte', async () => {
    expect((await growth('memory', '2500', 'leak')).bytes).toBeGreaterThan(2 * MIB);
  });
});
