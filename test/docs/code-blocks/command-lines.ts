import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { CommanderError } from 'commander';
import type { CliIo } from '../../../src/cli/cli-io.ts';
import { Interruption } from '../../../src/cli/interruption.ts';
import { createProgram } from '../../../src/cli/program.ts';
import { Redactor } from '../../../src/core/redact.ts';
import { ROOT } from './doc-pages.ts';

/** Programs of the system, of which nothing here can be out of date. */
const OF_THE_SYSTEM = new Set([
  'cd',
  'cat',
  'cp',
  'curl',
  'echo',
  'export',
  'git',
  'jq',
  'kill',
  'mkdir',
  'sleep',
]);
const NPM_COMMANDS = new Set(['ci', 'install', 'init', 'link', 'pack', 'exec']);

/**
 * What is wrong with the command lines of a block; empty: nothing. Of a `$ ` transcript only what was typed counts.
 * @param files those that its page has the reader make
 */
export async function commandLineProblems(
  code: string,
  files: ReadonlySet<string> = new Set(),
): Promise<string[]> {
  const problems: string[] = [];
  const isTranscript = /^\$ /mu.test(code);
  const lines = code.replaceAll(/\\\n\s*/gu, ' ').split('\n');
  const typed = isTranscript
    ? lines.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2))
    : lines;
  for (const line of typed) {
    for (const command of commandsOf(line)) {
      const problem = await problemOf(command, files);
      if (problem !== undefined) problems.push(`\`${command.join(' ')}\`: ${problem}`);
    }
  }
  return problems;
}

async function problemOf(
  [program = '', ...args]: readonly string[],
  files: ReadonlySet<string>,
): Promise<string | undefined> {
  if (program === 'signalbox') return problemOfArguments(args);
  if (program === 'npx') {
    const [name = '', ...rest] = args.filter((arg) => arg !== '-y');
    if (name === 'signalbox') return problemOfArguments(rest);
    const folder = join(ROOT, 'node_modules', name.replace(/(?<=.)@[^/@]*$/u, ''));
    return existsSync(folder) ? undefined : 'is a package that is not tested with';
  }
  if (program === 'npm') {
    const [command = '', script] = args;
    const name = command === 'run' ? (script ?? '') : command;
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const isKnown = Object.hasOwn(scripts, name) || (command !== 'run' && NPM_COMMANDS.has(command));
    return isKnown ? undefined : `npm knows no "${name}" here`;
  }
  if (program === 'node') {
    if (args[0] === '-e') return undefined;
    const script = args.find((arg) => /\.(?:[cm]?js|ts)$/u.test(arg));
    return script !== undefined && (files.has(script) || existsSync(join(ROOT, script)))
      ? undefined
      : 'its script is not there';
  }
  return OF_THE_SYSTEM.has(program)
    ? undefined
    : 'is checked by nobody; run the block, or say why to skip it';
}

/** Has the real program read the arguments; nothing of it is begun. */
async function problemOfArguments(args: readonly string[]): Promise<string | undefined> {
  let told = '';
  const sink = new PassThrough();
  sink.on('data', (chunk: Buffer) => {
    told += chunk.toString();
  });
  const io: CliIo = {
    stdin: new PassThrough(),
    stdout: sink,
    stderr: sink,
    env: {},
    cwd: ROOT,
    redactor: new Redactor(),
    interruption: new Interruption(),
  };
  try {
    await createProgram(io, false, async () => {}).parseAsync([...args], { from: 'user' });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? undefined : told.trim() || error.message;
  }
}

/** The simple commands of a line as words: quotes resolved; comments, variables before them and redirections left out. */
export function commandsOf(line: string): string[][] {
  const commands: string[][] = [];
  let words: string[] = [];
  const endCommand = (): void => {
    while (/^[A-Z_]\w*=/u.test(words[0] ?? '')) words.shift();
    if (words.length > 0) commands.push(words);
    words = [];
  };
  const token =
    /\s*(?:(#.*)|(&&|\|\|?|;|&)|(\d?>>?\s*\S+|<\s*\S+)|((?:'[^']*'|"(?:\\.|[^"\\])*"|[^\s'"|;&<>])+))/uy;
  for (let match = token.exec(line); match !== null; match = token.exec(line)) {
    const [, comment, operator, redirection, word] = match;
    if (comment !== undefined) break;
    if (operator !== undefined) endCommand();
    else if (redirection === undefined && word !== undefined) {
      words.push(
        word.replaceAll(
          /'([^']*)'|"((?:\\.|[^"\\])*)"/gu,
          (_, one?: string, two?: string) => one ?? two ?? '',
        ),
      );
    }
  }
  endCommand();
  return commands;
}
