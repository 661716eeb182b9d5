import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'examples/mcp-sdk');

describe.each(['official-client.ts', 'official-transport.ts'])('examples/mcp-sdk/%s', (name) => {
  it('runs, and everything is as it says', async () => {
    const args = ['--import', 'tsx', join(folder, name)];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
    expect(stdout).toMatch(/all as expected\n$/u);
  });

  it('stands in docs/official-sdk.md as it is', () => {
    const page = readFileSync(join(root, 'docs/official-sdk.md'), 'utf8');
    expect(page).toContain(readFileSync(join(folder, name), 'utf8').trim());
  });
});
