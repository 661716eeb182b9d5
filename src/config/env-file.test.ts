import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SignalboxError } from '../core/errors.ts';
import { readEnvFile } from './env-file.ts';

describe('readEnvFile', () => {
  let folder = '';
  const file = (name: string, content: string | Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'signalbox-env-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('S03 reads names and values, and expands nothing', async () => {
    const path = file('.env', '\uFEFFA=1\n# comment\nB="two words"\nC=${A}\nEMPTY=\n');
    expect(await readEnvFile(path)).toEqual({ A: '1', B: 'two words', C: '${A}', EMPTY: '' });
  });

  it('S20 reads strange names into no prototype', async () => {
    const env = await readEnvFile(file('strange.env', '__proto__=x\nconstructor=y\n'));
    expect(Object.getPrototypeOf(env)).toBeNull();
    expect(env).toEqual({ constructor: 'y' });
  });

  it.each([
    ['is missing', () => join(folder, 'none.env'), 'does not exist'],
    ['is a folder', () => folder, 'is a folder'],
    ['is too large', () => file('large.env', `A=${'x'.repeat(1024 * 1024)}`), 'is too large'],
    ['is not UTF-8', () => file('utf16.env', Buffer.from('\uFEFFA=1', 'utf16le')), 'is not UTF-8 text'],
  ])('refuses a file that %s', async (_, path, message) => {
    const error = (await readEnvFile(path(), 'files').catch((thrown: unknown) => thrown)) as SignalboxError;
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.server).toBe('files');
    expect(error.message).toContain(message);
    expect(error.details['key']).toBe('envFile');
  });

  it('reads an empty file as no variables', async () => {
    mkdirSync(join(folder, 'deep'));
    expect(await readEnvFile(file('deep/empty.env', ''))).toEqual({});
  });
});
