import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandLineProblems } from './code-blocks/command-lines.ts';
import { configProblems } from './code-blocks/config-blocks.ts';
import { blocksOf, docPages } from './code-blocks/doc-pages.ts';
import type { MarkdownBlock } from './code-blocks/markdown-blocks.ts';
import { filesOf, isProgram, type ProgramOutcome, tryPrograms, tryScript } from './code-blocks/programs.ts';
import { makeWorkspace } from './code-blocks/workspace.ts';

/** Blocks that nothing holds true, all pages together. Each says why; this keeps them few. */
const MOST_SKIPPED = 8;

const blocks = docPages().flatMap(blocksOf);
const visible = blocks.filter(({ isHidden }) => !isHidden);
const titled = (some: readonly MarkdownBlock[]): (readonly [string, MarkdownBlock])[] =>
  some.map((block) => [`${block.page}:${block.line}`, block]);
const skipped = visible.filter(({ directive }) => directive.skip !== undefined);
const held = visible.filter(({ directive }) => directive.skip === undefined);
const ofLanguage = (...languages: string[]): MarkdownBlock[] =>
  held.filter(({ language }) => languages.includes(language));

describe('blocks of code in the documentation', () => {
  let workspace = '';
  let programs: ReadonlyMap<MarkdownBlock, ProgramOutcome> = new Map();
  beforeAll(async () => {
    workspace = makeWorkspace();
    programs = await tryPrograms(workspace, blocks);
  }, 300_000);
  afterAll(() => rmSync(workspace, { recursive: true, force: true }));

  it.each(titled(visible))('%s says what it is written in', (_, { language }) => {
    expect(['ts', 'js', 'sh', 'json', 'jsonc', 'toml', 'yaml', 'text', 'console', 'mermaid']).toContain(
      language,
    );
  });

  it.each(titled(visible.filter(isProgram)))('%s compiles', (_, block) => {
    expect(programs.get(block)?.types).toEqual([]);
  });

  const isRun = ({ directive }: MarkdownBlock): boolean =>
    directive.types === undefined && directive.file === undefined;
  it.each(titled(visible.filter((block) => isProgram(block) && isRun(block))))('%s runs', (_, block) => {
    const { run } = programs.get(block)!;
    expect(run, 'it did not compile').toBeDefined();
    expect(run!.exitCode, `${run!.stderr}\n${run!.stdout}`).toBe(0);
  });

  it.each(titled(held.filter(({ directive }) => directive.output === true)))(
    '%s is what the program before it prints',
    (_, block) => {
      const before = visible[visible.indexOf(block) - 1]!;
      expect(block.code.trim()).toBe(programs.get(before)?.run?.stdout.trim());
    },
  );

  const commandLines = ofLanguage('sh', 'console');
  it.each(titled(commandLines))('%s is understood by the programs that it calls', async (_, block) => {
    const files = new Set(filesOf(block.page, blocks).keys());
    expect(await commandLineProblems(block.code, files)).toEqual([]);
  });

  it.each(titled(commandLines.filter(({ directive }) => directive.run === true)))(
    '%s runs',
    async (_, block) => {
      const { exitCode, stdout, stderr } = await tryScript(workspace, block, blocks);
      expect(exitCode, `${stderr}\n${stdout}`).toBe(0);
    },
    120_000,
  );

  it.each(titled(ofLanguage('json', 'jsonc')))('%s is a configuration without a fault', (_, block) => {
    expect(configProblems(block)).toEqual([]);
  });

  it('are left out seldom, and each for a reason', () => {
    const reasons = skipped.map(({ page, line, directive }) => `${page}:${line}: ${directive.skip}`);
    expect(reasons.length, reasons.join('\n')).toBeLessThanOrEqual(MOST_SKIPPED);
    const others = ofLanguage('toml', 'yaml').map(({ page, line }) => `${page}:${line}`);
    expect(others, 'nothing here reads these: say why to skip them').toEqual([]);
  });
});
