import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'examples/testing');

describe('examples/testing', () => {
  it('runs, and everything is as it says', async () => {
    const args = ['--import', 'tsx', '--test', '--test-reporter=tap', join(folder, 'agent.test.ts')];
    // A test runner that is started by another one must not take itself for its child.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, env });
    expect(stdout).toMatch(/^# pass 3$/mu);
    expect(stdout).toMatch(/^# fail 0$/mu);
  });

  it.each([
    ['servers', 'agent.test.ts'],
    ['transport', 'agent.test.ts'],
  ])('docs/testing.md shows its snippet about %s', (name, file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    const snippet = text.split(`--- begin of the snippet: ${name} ---\n`)[1]?.split('// --- end')[0];
    expect(snippet).toBeDefined();
    expect(readFileSync(join(root, 'docs/testing.md'), 'utf8')).toContain(snippet!.trim());
  });

  it('docs/testing.md shows the agent', () => {
    const agent = readFileSync(join(folder, 'agent.ts'), 'utf8');
    expect(readFileSync(join(root, 'docs/testing.md'), 'utf8')).toContain(agent.trim());
  });
});
