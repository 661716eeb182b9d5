import { resolve } from 'node:path';
import { readVariables } from '../config/env-file.ts';
import { isSecret } from '../config/secrets.ts';
import { SignalboxError } from '../core/errors.ts';
import type { CommandContext } from './command-context.ts';

/**
 * The context with the variables of `--env-file` beside those of the environment, which win. The servers are given none of
 * them: they fill in `${NAME}` only.
 * @param mayBeMissing for `import`, which may make the file
 * @throws SignalboxError `CONFIG_INVALID` if it cannot be read
 */
export async function withEnvFile(context: CommandContext, mayBeMissing: boolean): Promise<CommandContext> {
  const { envFile } = context.options;
  if (envFile === undefined) return context;
  const file = resolve(context.io.cwd, envFile);
  const variables = await readVariables(file);
  if (!('env' in variables)) {
    if (variables.missing && mayBeMissing) return context;
    throw new SignalboxError('CONFIG_INVALID', `the env file ${file} ${variables.fault}`, {
      cause: variables.cause,
    });
  }
  const { io } = context;
  for (const [name, value] of Object.entries(variables.env)) {
    if (isSecret(name, value)) io.redactor.add(value);
  }
  const names = new Set(Object.keys(variables.env).filter((name) => io.env[name] === undefined));
  const env = { ...variables.env, ...io.env };
  for (const name of names) env[name] = variables.env[name];
  return { ...context, io: { ...io, env }, envFile: { file, names } };
}
