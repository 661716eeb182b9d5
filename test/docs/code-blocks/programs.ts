import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from './doc-pages.ts';
import type { MarkdownBlock } from './markdown-blocks.ts';
import { makeRunFolder, readersEnvironment } from './workspace.ts';

/** What became of one block that is a program. */
export interface ProgramOutcome {
  /** What the compiler says about it; empty: nothing. */
  readonly types: readonly string[];
  /** What it printed, and how it ended; undefined: it was not run. */
  readonly run: RunOutcome | undefined;
}

interface RunOutcome {
  readonly exitCode: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Compiling everything, and each program, at most: far beyond what a busy machine takes. */
const TIME_LIMIT_MS = 120_000;
const AT_ONCE = 2;

/** True for blocks that are TypeScript or JavaScript and that somebody can run or import. */
export function isProgram({ language, directive, isHidden }: MarkdownBlock): boolean {
  if (isHidden) return /\.[jt]s$/u.test(directive.file ?? '');
  return ['ts', 'js'].includes(language) && directive.skip === undefined;
}

/** Where a program stands among the sources: `registry-206.ts`, or the name that it has given itself. */
function sourceOf({ page, line, language, directive }: MarkdownBlock): string {
  const folder = page.replace(/\.md$/u, '').replaceAll('/', '-');
  return join(folder, directive.file ?? `${line}.${language}`);
}

/** The code of a block behind that of the block it comes after. */
function wholeCode(block: MarkdownBlock, all: readonly MarkdownBlock[]): string {
  const { after } = block.directive;
  if (after === undefined) return block.code;
  const first = all.find(({ page, directive }) => page === block.page && directive.name === after);
  if (first === undefined) throw new Error(`${block.page}:${block.line}: no block is called "${after}"`);
  return `${wholeCode(first, all)}\n${block.code}`;
}

/** The files of a page, which its programs find in their folder. */
export function filesOf(page: string, all: readonly MarkdownBlock[]): Map<string, string> {
  const files = all.filter((block) => block.page === page && block.directive.file !== undefined);
  return new Map(files.map(({ directive, code }) => [directive.file ?? '', `${code}\n`]));
}

/** Compiles all programs with one run of the compiler, then runs them, two at a time. */
export async function tryPrograms(
  workspace: string,
  all: readonly MarkdownBlock[],
): Promise<Map<MarkdownBlock, ProgramOutcome>> {
  const programs = all.filter(isProgram);
  for (const block of programs) {
    const path = join(workspace, 'src', sourceOf(block));
    mkdirSync(dirname(path), { recursive: true });
    // What imports nothing would be a script, without await.
    writeFileSync(path, `${wholeCode(block, all)}\nexport {};\n`);
    const { in: folder } = block.directive;
    if (folder !== undefined) cpSync(join(ROOT, folder), dirname(path), { recursive: true });
  }
  const outcomes = new Map<MarkdownBlock, ProgramOutcome>();
  if (programs.length === 0) return outcomes;
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const { stdout } = await runIn(
    workspace,
    [process.execPath, tsc, '-p', '.', '--pretty', 'false'],
    workspace,
  );
  const complaints = stdout.split('\n');
  const waiting = [...programs];
  const worker = async (): Promise<void> => {
    for (let block = waiting.shift(); block !== undefined; block = waiting.shift()) {
      const source = sourceOf(block);
      const types = complaints.filter((line) => line.startsWith(join('src', source)));
      const isRun = block.directive.types === undefined && block.directive.file === undefined;
      let run: RunOutcome | undefined;
      if (isRun && types.length === 0) {
        const folder = makeRunFolder(workspace, source, filesOf(block.page, all), block.directive.in);
        const built = join(workspace, 'out', source.replace(/\.ts$/u, '.js'));
        run = await runIn(workspace, [process.execPath, built], folder);
      }
      outcomes.set(block, { types, run });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return outcomes;
}

/** Runs the command lines of a block as one script that ends with the first that fails. */
export async function tryScript(
  workspace: string,
  block: MarkdownBlock,
  all: readonly MarkdownBlock[],
): Promise<RunOutcome> {
  const folder = makeRunFolder(workspace, sourceOf(block), filesOf(block.page, all));
  return runIn(workspace, ['/bin/sh', '-e', '-c', block.code], folder);
}

function runIn(workspace: string, [file = '', ...args]: readonly string[], cwd: string): Promise<RunOutcome> {
  const options = { cwd, env: readersEnvironment(workspace), timeout: TIME_LIMIT_MS, maxBuffer: 2 ** 24 };
  return new Promise((resolve) => {
    execFile(file, args, options, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : (error.code ?? error.signal ?? 'unknown');
      resolve({ exitCode, stdout, stderr });
    });
  });
}
