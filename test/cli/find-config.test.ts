import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findConfig } from '../../src/cli/find-config.ts';
import { temporaryDirectory } from '../helpers/processes.ts';

const directory = temporaryDirectory();

it('the config file is the nearest .mcp.json upwards, or the one that is named', () => {
  const deep = join(directory, 'a/b/c');
  mkdirSync(deep, { recursive: true });
  expect(() => findConfig(undefined, deep)).toThrow(
    /no \.mcp\.json in .*a.b.c or above it; .*--config FILE/u,
  );
  writeFileSync(join(directory, 'a/.mcp.json'), '{}');
  expect(findConfig(undefined, deep)).toBe(join(directory, 'a/.mcp.json'));
  writeFileSync(join(directory, 'a/b/.mcp.json'), '{}');
  expect(findConfig(undefined, deep)).toBe(join(directory, 'a/b/.mcp.json'));
  expect(findConfig('../other.json', deep)).toBe(join(directory, 'a/b/other.json'));
});
