import type { Shape } from '../../src/config/checks/value-checks.ts';
import { defaultOf } from './option-defaults.ts';
import { meaningOfFalse, rangeOf, shapeAt, wordsOf } from './shape-reading.ts';

/** One setting as a table tells it. `words` are written by people, all else follows from the code where it can. */
export interface OptionRow {
  readonly key: string;
  readonly words: string;
  readonly preset: string;
  readonly bounds: string;
  readonly off: string;
}

const KIB = 1024;
const UNITS = [
  [KIB ** 4, 'TiB'],
  [KIB ** 3, 'GiB'],
  [KIB ** 2, 'MiB'],
  [KIB, 'KiB'],
] as const;

/** `2 147 483 647`, `0.5`; sizes as `8 MiB`. */
export function numberText(value: number, isBytes: boolean): string {
  const [size, unit] = (isBytes ? UNITS.find(([one]) => value >= one && value % one === 0) : undefined) ?? [
    1,
    '',
  ];
  const [whole = '', fraction] = String(value / size).split('.');
  const grouped = whole.replaceAll(/\B(?=(\d{3})+$)/gu, ' ');
  const number = fraction === undefined ? grouped : `${grouped}.${fraction}`;
  return unit === '' ? number : `${number} ${unit}`;
}

const isBytes = (key: string): boolean => key.endsWith('Bytes');
const code = (value: string): string => `\`${value}\``;

/** Keeps what people have added to a value: `600 000, or …`. */
const keeping = (value: string | undefined, written: string): string =>
  value === undefined ||
  written === value ||
  (/^[,;:( ]/u.test(written.slice(value.length)) && written.startsWith(value))
    ? written
    : value;

function presetOf(key: string, shape: Shape | undefined): string | undefined {
  const value = defaultOf(key);
  if (value === undefined) return undefined;
  // A wish of several words is told by people: "no; yes with `launch`".
  if (typeof value !== 'number') return code(String(value));
  return rangeOf(shape) === undefined ? undefined : numberText(value, isBytes(key));
}

function boundsOf(key: string, shape: Shape | undefined): string | undefined {
  const words = wordsOf(shape).map(code);
  const range = rangeOf(shape);
  if (range === undefined) return words.length === 0 ? undefined : words.join(', ');
  const unit = isBytes(key) && range.min < KIB ? ' bytes' : '';
  const told = `${numberText(range.min, isBytes(key))}${unit} to ${numberText(range.max, isBytes(key))}`;
  return [...words, told].join(', ');
}

/** The rows of a table, as they stand in a page. */
export function readRows(lines: readonly string[]): OptionRow[] {
  return lines
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const [, key = '', words = '', preset = '', bounds = '', off = ''] = line
        .split(/(?<!\\)\|/u)
        .map((cell) => cell.trim());
      return { key: key.replaceAll('`', ''), words, preset, bounds, off };
    });
}

/** A row for each of these keys, with the words that people have found for it. */
export function optionRows(
  settings: Shape | undefined,
  keys: readonly string[],
  written: readonly OptionRow[],
): OptionRow[] {
  return keys.map((key) => {
    const shape = shapeAt(settings, key);
    const before = written.find((row) => row.key === key);
    const off = meaningOfFalse(shape);
    return {
      key,
      words: before?.words ?? '',
      preset: keeping(presetOf(key, shape), before?.preset ?? ''),
      bounds: keeping(boundsOf(key, shape), before?.bounds ?? ''),
      off: off === undefined || off === 'off' ? (before?.off ?? off ?? '') : off,
    };
  });
}

/** A table of options in Markdown. */
export function tableText(rows: readonly OptionRow[]): string {
  const line = ({ key, words, preset, bounds, off }: OptionRow): string =>
    `| ${[code(key), words, preset, bounds, off].map((cell) => (cell === '' ? '' : `${cell} `)).join('| ')}|`;
  return [
    '| key | what | default | bounds | `false` |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map(line),
  ].join('\n');
}
