import { parseEnv } from 'node:util';
import { isRecord } from '../../config/checks/value-checks.ts';

/** What became of the text of an env file. */
export interface EnvFileText {
  readonly text: string;
  /** Names that were added. */
  readonly added: readonly string[];
  /** Names whose values no env file can hold: those with all three kinds of quotes. */
  readonly refused: readonly string[];
}

/** Adds variables to the text of an env file; what stands in it already stays. */
export function withVariables(text: string, variables: ReadonlyMap<string, string>): EnvFileText {
  const present = parseEnv(text);
  const added: string[] = [];
  const refused: string[] = [];
  let result = text;
  for (const [name, value] of variables) {
    if (present[name] === value) continue;
    const line = lineFor(name, value);
    if (line === undefined) {
      refused.push(name);
      continue;
    }
    result += `${result === '' || result.endsWith('\n') ? '' : '\n'}${line}\n`;
    added.push(name);
  }
  return { text: result, added, refused };
}

/** The first way of quoting that is read again as what it was. */
function lineFor(name: string, value: string): string | undefined {
  return [value, `'${value}'`, `"${value}"`, `\`${value}\``]
    .map((quoted) => `${name}=${quoted}`)
    .find((line) => {
      const read: unknown = parseEnv(`${line}\nNEXT=1\n`);
      return isRecord(read) && read[name] === value && read['NEXT'] === '1' && Object.keys(read).length === 2;
    });
}
