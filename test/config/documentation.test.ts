import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keysOf } from '../../src/config/checks/entry-check.ts';
import { SIGNALBOX_KEYS } from '../../src/config/checks/settings-check.ts';
import { parseConfig } from '../../src/config/parse-config.ts';
import { parseEntry } from '../../src/config/parse-entry.ts';
import { resolveSettings, SETTINGS_DEFAULTS } from '../../src/config/settings.ts';
import { HEALTH_DEFAULTS } from '../../src/resilience/health-machine.ts';
import { STOP_TIMES, TRANSPORT_LIMITS } from '../../src/transports/transport-context.ts';

const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'configuration.md'), 'utf8');

/** The rows of all tables in the section under a heading, up to the next heading of that level. */
function rows(heading: string): string[][] {
  const level = /^#+/u.exec(heading)?.[0] ?? '';
  const start = text.indexOf(`\n${heading}\n`);
  expect(start, heading).toBeGreaterThan(0);
  const end = text.indexOf(`\n${level} `, start + heading.length);
  const lines = text.slice(start, end < 0 ? undefined : end).split('\n');
  const cells = lines.filter((line) => line.startsWith('| `')).map((line) => line.split('|').slice(1, -1));
  return cells.map((row) => row.map((cell) => cell.trim()));
}

const keyOf = ([key = '']: string[]): string => key.replaceAll('`', '');
const UNITS: Readonly<Record<string, number>> = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** `2 147 483 647`, `8 MiB`, `0.5`: the number at the beginning of a cell. */
function numberIn(cell: string): number {
  const [, digits = '', unit = ''] = /^(\d[\d ]*(?:\.\d+)?)(KiB|MiB|GiB)?/u.exec(cell) ?? [];
  return digits === '' ? Number.NaN : Number(digits.replaceAll(' ', '')) * (UNITS[unit] ?? 1);
}

/** What a group cannot do without. */
const NEEDED: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  launch: { command: 'node' },
  auth: { type: 'command', command: ['node'] },
  oauth: { type: 'oauth' },
  dialect: { type: 'connect-rpc' },
};

/** An entry in which one key of `x-signalbox` has this value. */
function entryWith(key: string, value: unknown): unknown {
  const [group = '', inner, ...deeper] = key.split('.');
  const nested = deeper.reduceRight<unknown>((held, name) => ({ [name]: held }), value);
  const fill = { ...NEEDED[key.endsWith('callbackPort') ? 'oauth' : group], [inner ?? '']: nested };
  // The two pauses bound each other.
  if (key === 'retry.baseMs') Object.assign(fill, { maxMs: 2 ** 31 - 1 });
  if (key === 'retry.maxMs') Object.assign(fill, { baseMs: 1 });
  const settings = { [group]: inner === undefined ? value : fill };
  return { type: 'sse', url: 'http://h', 'x-signalbox': settings };
}

const accepted = (raw: unknown): boolean => {
  try {
    parseEntry('a', raw);
    return true;
  } catch {
    return false;
  }
};

describe('docs/configuration.md', () => {
  const own = rows('## `x-signalbox`');

  it('lists the keys of x-signalbox, all of them, in the order of the code', () => {
    expect(own.map(keyOf)).toEqual(SIGNALBOX_KEYS);
  });

  it('lists the keys of an entry', () => {
    const listed = rows('## An entry').map(keyOf);
    expect(listed.toSorted()).toEqual(['type', ...Object.keys(keysOf(undefined))].toSorted());
  });

  it.each(own.map((row) => [keyOf(row), row] as const))('tells default and bounds of %s', (key, row) => {
    const [, , preset = '', bounds = '', off = ''] = row;
    const settings = resolveSettings({ url: 'http://h', 'x-signalbox': { launch: { command: 'node' } } });
    const [group = '', inner = ''] = key.split('.');
    const of = settings[group as keyof typeof settings] as Readonly<Record<string, unknown>> | string;
    const actual = typeof of === 'object' ? of[inner] : of;
    if (actual === Number.POSITIVE_INFINITY) expect(preset).toBe('`false`');
    else if (typeof actual === 'number') expect(numberIn(preset)).toBe(actual);
    else if ((typeof actual === 'string' && key !== 'launch.command') || typeof actual === 'boolean')
      expect(preset).toBe(`\`${actual}\``);

    const [low, high] = bounds.split(' to ').map(numberIn);
    if (low !== undefined && high !== undefined && key !== 'launch.port') {
      expect([low - 1, low, high, high + 1].map((value) => accepted(entryWith(key, value)))).toEqual([
        false,
        true,
        true,
        false,
      ]);
    }
    const isFlag = typeof actual === 'boolean';
    expect(accepted(entryWith(key, false)), 'false').toBe(off !== '' || isFlag);
  });

  it('has examples that load', () => {
    const examples = [...text.matchAll(/```jsonc\n([^]*?)```/gu)].map(([, example = '']) => example);
    expect(examples).toHaveLength(2);
    for (const example of examples) {
      const { servers, failed, warnings } = parseConfig(example, { env: {} });
      expect(servers.size).toBeGreaterThan(0);
      expect([...failed]).toEqual([]);
      expect(warnings).toEqual([]);
    }
  });

  it('names a cure for every foreign spelling that it names', () => {
    for (const [found = '', write = ''] of rows('## What other hosts call it')) {
      for (const key of found.matchAll(/`(\w+)`/gu)) {
        if (found.startsWith('`type`')) continue;
        const raw = { [key[1] ?? '']: 'x' };
        const isNeeded = write === '`url`' || write === '`command`' || write === '`type`';
        const told = isNeeded ? [refusal(raw)] : parseEntry('a', { command: 'node', ...raw }).warnings;
        expect(told.join(), key[1]).toContain(write.replaceAll('`', '"'));
      }
    }
  });

  function refusal(raw: unknown): string {
    try {
      parseEntry('a', raw);
    } catch (error) {
      return error instanceof Error ? error.message : '';
    }
    return '';
  }
});

describe('the defaults', () => {
  it('are those of the transports', () => {
    expect(SETTINGS_DEFAULTS.limits).toMatchObject(TRANSPORT_LIMITS);
    expect(SETTINGS_DEFAULTS.stop).toEqual(STOP_TIMES);
  });

  it('are those of the health machine', () => {
    expect({ ...SETTINGS_DEFAULTS.health, jitter: 0.2 }).toEqual({ ...HEALTH_DEFAULTS, timeoutMs: 5000 });
  });
});
