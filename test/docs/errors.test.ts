import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../src/core/error-codes.ts';
import { VERSION } from '../../src/core/version.ts';

const root = join(import.meta.dirname, '../..');

describe('documentation', () => {
  it('docs/errors.md lists exactly the codes that exist, with cause, cure and whether they are retryable', () => {
    const text = readFileSync(join(root, 'docs/errors.md'), 'utf8');
    const rows = [...text.matchAll(/^\| `([A-Z_]+)` \| (yes|no) \| (.+) \| (.+) \|$/gmu)];
    const documented = rows.map(([, code, retryable]) => [code, retryable === 'yes'] as const);
    const actual = Object.entries(ERROR_CODES).map(([code, { retryable }]) => [code, retryable]);
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(actual));
    expect(documented).toHaveLength(actual.length);
  });

  it('the version in the code is that of the package', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(VERSION).toBe(version);
  });
});
