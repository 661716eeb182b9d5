import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

describe('tools for models', () => {
  it.each(['ai-sdk', 'anthropic', 'langchain', 'openai'])(
    'examples/%s runs, and everything is as it says',
    async (name) => {
      const main = join(root, 'examples', name, 'main.ts');
      const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', main], {
        cwd: root,
      });
      expect(stdout).toMatch(/^26\.2 mi = 42\.1648128 km$/mu);
    },
  );
});
