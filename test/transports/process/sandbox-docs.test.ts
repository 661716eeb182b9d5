import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SANDBOX_LIMIT_KEYS } from '../../../src/config/checks/sandbox-check.ts';
import { parseConfig } from '../../../src/config/parse-config.ts';
import { parseEntry } from '../../../src/config/parse-entry.ts';

const text = readFileSync(join(import.meta.dirname, '../../../docs/configuration.md'), 'utf8');
const section = text.slice(text.indexOf('\n## Sandbox\n'), text.indexOf('\n## Placeholders\n'));
const UNITS: Readonly<Record<string, number>> = { MiB: 1024 ** 2, TiB: 1024 ** 4 };

function numberIn(cell: string): number {
  const [, digits = '', unit = ''] = /^(\d[\d ]*)(MiB|TiB)?/u.exec(cell) ?? [];
  return Number(digits.replaceAll(' ', '')) * (UNITS[unit] ?? 1);
}

function isAccepted(limit: string, value: number): boolean {
  try {
    parseEntry('a', { command: 'node', 'x-signalbox': { sandbox: { limits: { [limit]: value } } } });
    return true;
  } catch {
    return false;
  }
}

describe('docs/configuration.md on the sandbox', () => {
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  const limits = rows.map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')));

  it('lists the limits', () => {
    expect(limits.map(([, key]) => key)).toEqual(Object.keys(SANDBOX_LIMIT_KEYS));
  });

  it.each(limits.map(([, key = '', , bounds = '']) => [key, bounds] as const))(
    'tells the bounds of %s',
    (key, bounds) => {
      const [low = 0, high = 0] = bounds.split(' to ').map(numberIn);
      const values = [low - 1, low, high, high + 1];
      expect(values.map((value) => isAccepted(key, value))).toEqual([false, true, true, false]);
    },
  );

  it('has an example that loads', () => {
    const [, example = ''] = /```json\n([^]*?)```/u.exec(section) ?? [];
    const { servers, failed, warnings } = parseConfig(example, { env: {} });
    expect([servers.size, failed.size, warnings]).toEqual([1, 0, []]);
  });
});
