import { execFile, spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blocksOf, ROOT } from './code-blocks/doc-pages.ts';
import type { MarkdownBlock } from './code-blocks/markdown-blocks.ts';
import { makeWorkspace, readersEnvironment } from './code-blocks/workspace.ts';

const blocks = blocksOf('docs/start.md');
const [build, install] = blocks.filter(({ language }) => language === 'sh') as [MarkdownBlock, MarkdownBlock];
const { files: packed } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { files: string[] };

/** A command of a transcript, and the lines that it is said to print. */
function transcript({ code }: MarkdownBlock): { command: string; lines: string[] }[] {
  return code
    .split(/^\$ /mu)
    .slice(1)
    .map((part) => {
      const [command = '', ...lines] = part.trim().split('\n');
      return { command, lines };
    });
}

/** What differs from run to run taken out: numbers, paths, widths of columns. */
const normal = (line: string): string =>
  line
    .replaceAll(/\([^()]*\.mcp\.json:\d+\)/gu, '(file)')
    .replaceAll(/npx is \S+/gu, 'npx is PATH')
    .replaceAll(/\d+(?:\.\d+)?(?: ?(?:ms|s|m)\b)?/gu, '#')
    .replaceAll(/\s+/gu, ' ')
    .trim();

function expectLines(output: string, lines: readonly string[]): void {
  const printed = output.split('\n').map(normal);
  let at = 0;
  for (const line of lines.map(normal)) {
    const found = printed.findIndex((one, index) => index >= at && one.includes(line));
    expect(found, `"${line}" in order in\n${output}`).toBeGreaterThanOrEqual(0);
    at = found + 1;
  }
}

describe('docs/start.md, followed word by word', () => {
  let workspace = '';
  let project = '';
  const shell = (command: string, cwd: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const options = { cwd, env: readersEnvironment(workspace), timeout: 90_000 };
      execFile('/bin/sh', ['-e', '-c', command], options, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`${command}: ${stderr}${stdout}`, { cause: error }));
      });
    });

  beforeAll(() => {
    workspace = makeWorkspace();
    project = join(workspace, 'my-project');
    rmSync(join(workspace, 'node_modules'), { recursive: true });
  });
  afterAll(() => rmSync(workspace, { recursive: true, force: true }));

  it('installs what npm packs of a built clone', async () => {
    const [compile, ...pack] = build.code.split('\n');
    // The build of this run is taken: it is what the first line makes.
    expect(compile).toMatch(/^npm run build\b/u);
    const clone = join(workspace, 'signalbox');
    mkdirSync(clone);
    for (const path of ['package.json', ...packed])
      cpSync(join(ROOT, path), join(clone, path), { recursive: true });
    await shell(pack.join('\n'), clone);

    const [download, ...steps] = install.code.split('\n').toReversed();
    await shell(steps.toReversed().join('\n'), clone);
    // npm would fetch the packages that it depends on: those of the project stand in for them.
    const archive = /^npm install \.\.\/(\S+\.tgz)$/u.exec(download ?? '')?.[1];
    const modules = join(project, 'node_modules');
    mkdirSync(join(modules, 'signalbox'), { recursive: true });
    await shell(`tar -xzf ${archive} -C ${modules}/signalbox --strip-components=1`, workspace);
    for (const name of readdirSync(join(ROOT, 'node_modules'))) {
      if (!name.startsWith('.')) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
    }
    for (const { directive, code } of blocks) {
      if (directive.file !== undefined) writeFileSync(join(project, directive.file), `${code}\n`);
    }
  }, 120_000);

  const transcripts = blocks.filter(({ language }) => language === 'console').flatMap(transcript);
  const isUp = ({ command }: { command: string }): boolean => command.startsWith('npx signalbox up');
  const upAt = transcripts.findIndex(isUp);
  const isProgram = ({ command }: { command: string }): boolean => command.startsWith('node ');

  it.each(transcripts.slice(0, upAt))(
    '$command',
    async ({ command, lines }) => {
      expectLines(await shell(command, project), lines);
    },
    120_000,
  );

  it('keeps `up` running while a server is killed and comes back, and ends it with Ctrl-C', async () => {
    const { command, lines } = transcripts[upAt]!;
    const up = spawn('/bin/sh', ['-c', `exec ${command}`], {
      cwd: project,
      env: readersEnvironment(workspace),
    });
    const ended = new Promise((resolve) => up.once('exit', resolve));
    try {
      let output = '';
      await new Promise<void>((resolve) => {
        up.stdout.on('data', (chunk: Buffer) => {
          output += chunk.toString();
          if (output.includes('Endpoint')) resolve();
        });
        void ended.then(() => resolve());
      });
      expectLines(output, lines);

      await shell(blocks.findLast(({ language }) => language === 'sh')!.code, project);
      const [events, status] = transcripts.slice(upAt + 1).filter((one) => !isProgram(one));
      const isBack = /everything +connected .* 1\n/u;
      let told = '';
      for (let looks = 0; looks < 60 && !isBack.test(told); looks++) {
        told = await shell(status!.command, project).catch(String);
      }
      expectLines(told, status!.lines);
      expectLines(await shell(events!.command, project), events!.lines);
    } finally {
      up.kill('SIGINT');
    }
    expect(await ended).toBe(0);
  }, 120_000);

  it('runs the program', async () => {
    const { command, lines } = transcripts.find(isProgram)!;
    expectLines(await shell(command, project), lines);
  }, 90_000);
});
