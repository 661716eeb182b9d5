import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const example = join(root, 'examples/library/main.ts');

describe('examples/library', () => {
  it('runs, and everything is as it says', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', example], {
      cwd: root,
    });
    expect(stdout).toMatch(/all as expected\n$/u);
  });

  it('is what docs/client.md shows', () => {
    const snippet = /--- begin of the snippet ---\n([^]*?)\/\/ --- end/u.exec(
      readFileSync(example, 'utf8'),
    )?.[1];
    expect(snippet).toBeDefined();
    expect(readFileSync(join(root, 'docs/client.md'), 'utf8')).toContain(snippet!.trim());
  });
});
