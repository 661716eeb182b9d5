import { basename } from 'node:path';
import type { ExplainedValue } from '../../config/explain/explain-entry.ts';
import { REDACTED } from '../../core/redact.ts';
import type { CommandContext } from '../command-context.ts';
import { homeOf } from '../home-folder.ts';
import { shortPath } from '../import/import-text.ts';
import { table } from '../output/table.ts';
import { safeJsonText } from '../output/terminal-text.ts';
import type { Explanation } from './explanation.ts';

const MAX_VALUE = 60;

/** An explanation as a table for people. Safe for a terminal and without secrets. */
export async function explainText(context: CommandContext, explanation: Explanation): Promise<string> {
  const { terminal, io } = context;
  const { out } = terminal;
  const { server, file, chosen, place, values, error, hosts } = explanation;
  const home = homeOf(io.env);
  const how = chosen === 'option' ? 'named by --config' : 'the nearest from here upwards';
  const head = `${out.bold(terminal.peer(server, 64))}  ${terminal.peer(`${shortPath(file, home)}:${place.line}`)} ${out.dim(`(${how})`)}`;
  const rows = values.map((one) => {
    const isDefault = one.from === 'default';
    const key = terminal.peer(one.key, 80);
    const value = terminal.peer(valueText(context, one), MAX_VALUE);
    return [isDefault ? out.dim(key) : key, isDefault ? out.dim(value) : value, originText(context, one)];
  });
  const columns = [{ title: 'KEY' }, { title: 'VALUE' }, { title: 'FROM' }];
  const parts = [head, await table(columns, rows, terminal.width, out.dim)];
  if (hosts.length > 0) {
    parts.push(
      hosts
        .map(({ title, file: where, line, isSame }) => {
          const note = isSame ? 'the same' : 'defined otherwise';
          return out.dim(terminal.peer(`also in ${title}, ${shortPath(where, home)}:${line}: ${note}`));
        })
        .join('\n'),
    );
  }
  if (error !== undefined) {
    parts.push(`${out.red('✗')} ${terminal.peer(error.message)} ${out.dim(`(${error.code})`)}`);
  }
  return parts.join('\n\n');
}

/** The same as data. */
export function explainJson(context: CommandContext, explanation: Explanation): unknown {
  const { values, ...rest } = explanation;
  const { redactor } = context.io;
  return {
    ...(redactor.value({
      ...rest,
      hosts: rest.hosts.map(({ isSame, ...host }) => ({ ...host, same: isSame })),
    }) as object),
    // A key such as "env.API_TOKEN" is no name of a field.
    values: values.map((one) => ({
      key: one.key,
      value: redactor.value(isHidden(one) ? REDACTED : one.value),
      from: one.from,
      ...(one.place === undefined ? {} : { file: one.place.file, line: one.place.line }),
      ...(one.written === undefined ? {} : { written: redactor.text(one.written) }),
      variables: one.variables,
      ...(one.why === undefined || one.why === '' ? {} : { why: one.why }),
    })),
  };
}

function valueText({ io }: CommandContext, one: ExplainedValue): string {
  const { value } = one;
  if (isHidden(one)) return REDACTED;
  return typeof value === 'string' ? value : safeJsonText(io.redactor.text(JSON.stringify(value) ?? 'null'));
}

/** The content of an env file, which is kept apart because it is secret. */
function isHidden({ from }: ExplainedValue): boolean {
  return from === 'env file';
}

function originText(
  context: CommandContext,
  { from, place, written, value, variables, why = '' }: ExplainedValue,
): string {
  const { terminal, envFile } = context;
  const { out } = terminal;
  const parts: string[] = [];
  if (from === 'default') parts.push(out.dim('default'));
  else if (place !== undefined) parts.push(terminal.peer(`${basename(place.file)}:${place.line}`));
  if (written !== undefined && written !== value) parts.push(out.cyan(terminal.peer(written, MAX_VALUE)));
  for (const variable of variables) {
    const file = envFile === undefined ? 'the env file' : basename(envFile.file);
    const origins = {
      environment: 'environment',
      'env file': file,
      default: 'not set: its default',
      unset: 'not set',
    };
    const text = terminal.peer(`${variable.name}: ${origins[variable.from]}`, 80);
    parts.push(variable.from === 'unset' ? out.red(text) : out.dim(text));
  }
  if (why !== '') parts.push(out.dim(terminal.peer(why)));
  return parts.join('  ');
}
