import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SIGNALBOX_KEYS, signalboxSettings } from '../../src/config/checks/settings-check.ts';
import { configSchema } from './config-schema.ts';
import { costTable } from './cost-table.ts';
import { type OptionRow, optionRows, readRows, tableText } from './option-table.ts';
import { reference } from './reference/reference-pages.ts';
import { APPLIES, optionsOf } from './transport-options.ts';

/** The folder of the project. */
export const ROOT: string = join(import.meta.dirname, '../..');

/** Everything that is made from the code: by path, what each file has to be. */
export function madeFiles(): Map<string, string> {
  return new Map([...tablesAndSchema(), ...reference(ROOT).files]);
}

/** What is made from the checks of the configuration. */
function tablesAndSchema(): Map<string, string> {
  const configuration = read('docs/configuration.md');
  const written = readRows(configuration.split('\n'));
  const own = optionRows(
    signalboxSettings.shape,
    SIGNALBOX_KEYS,
    readRows(between(configuration, 'x-signalbox').split('\n')),
  );
  let transports = replaced(read('docs/transports.md'), 'cost', costTable(read('docs/performance.json')));
  for (const group of Object.keys(APPLIES))
    transports = replaced(
      transports,
      group,
      tableText(optionsOf(group, own)).replaceAll('](#', '](configuration.md#'),
    );
  const words = [
    ...written.filter(({ key }) => !own.some((row) => row.key === key)),
    ...limitWords(configuration),
    ...own,
  ];
  return new Map([
    ['docs/configuration.md', replaced(configuration, 'x-signalbox', tableText(own))],
    ['docs/transports.md', transports],
    ['mcp.schema.json', `${JSON.stringify(configSchema(words), null, 2)}\n`],
  ]);
}

/** A file of the project as it stands; empty where there is none yet. */
export function read(path: string): string {
  try {
    return readFileSync(join(ROOT, path), 'utf8');
  } catch {
    return '';
  }
}

/** The limits of the sandbox have a table of their own, in which they stand without their group. */
function limitWords(configuration: string): OptionRow[] {
  const table = configuration.split('| key of `limits` |')[1]?.split('\n\n')[0] ?? '';
  return readRows(table.split('\n')).map((row) => ({ ...row, key: `sandbox.limits.${row.key}` }));
}

const begin = (name: string): string => `<!-- made: ${name} -->\n`;
const END = '\n<!-- made: end -->';

function between(text: string, name: string): string {
  const start = text.indexOf(begin(name));
  const end = text.indexOf(END, start);
  if (start < 0 || end < 0) throw new Error(`the marker "${begin(name).trim()}" or its end is missing`);
  return text.slice(start + begin(name).length, end);
}

function replaced(text: string, name: string, content: string): string {
  return text.replace(`${begin(name)}${between(text, name)}${END}`, () => `${begin(name)}${content}${END}`);
}
