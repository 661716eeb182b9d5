import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commandLineProblems, commandsOf } from './code-blocks/command-lines.ts';
import { configProblems } from './code-blocks/config-blocks.ts';
import { markdownBlocks } from './code-blocks/markdown-blocks.ts';
import { tryPrograms } from './code-blocks/programs.ts';
import { makeWorkspace } from './code-blocks/workspace.ts';

const fenced = (language: string, code: string, comment?: string): string =>
  [...(comment === undefined ? [] : [`<!-- example: ${comment} -->`]), `\`\`\`${language}`, code, '```'].join(
    '\n',
  );

describe('what holds the blocks of the documentation', () => {
  it.each([
    ['signalbox up --prot 80', /unknown option '--prot'/u],
    ['signalbox start', /unknown command 'start'/u],
    ['signalbox call', /missing required argument/u],
    ['MODE=x signalbox up --port http', /--port/u],
    ['echo {} | signalbox list --all', /unknown option/u],
    ['npx signalbox logs', /missing required argument/u],
    ['npm run nothing', /npm knows no "nothing"/u],
    ['npx -y some-package', /not tested with/u],
    ['node scripts/nothing.mjs', /script is not there/u],
    ['python -m http.server', /checked by nobody/u],
    ['$ signalbox up\n✓ ready\n$ signalbox down', /unknown command 'down'/u],
  ])('refuses the command line %s', async (code, reason) => {
    expect(await commandLineProblems(code)).toEqual([expect.stringMatching(reason)]);
  });

  it('reads a command line as a shell does', () => {
    expect(commandsOf(`A=1 signalbox call x 'a b' c:="{\\"d\\":1}" > out.txt 2>&1 | jq . # a note`)).toEqual([
      ['signalbox', 'call', 'x', 'a b', 'c:={\\"d\\":1}'],
      ['jq', '.'],
    ]);
  });

  it.each([
    [
      'a key that is not known',
      '{ "mcpServers": { "a": { "url": "http://h", "x-signalbox": { "lasy": true } } } }',
    ],
    ['a key that does nothing', '{ "mcpServers": { "a": { "command": "node", "headers": {} } } }'],
    ['no server', '{ "mcpServers": {} }'],
    ['no JSON', '{ "mcpServers": '],
  ])('refuses a configuration with %s', (_, code) => {
    expect(configProblems(markdownBlocks('a.md', fenced('json', code))[0]!)).not.toEqual([]);
  });

  it('sees programs that do not compile, that fail, and that print something else', async () => {
    const text = [
      fenced('ts', "import { ClientFactory } from 'signalbox';\nnew ClientFactory().nothing();"),
      fenced('ts', "throw new Error('broken');"),
      '<!-- example: setup name first\nconst greeting: string = "hello";\n-->',
      fenced('ts', 'console.log(greeting);', 'after first'),
      fenced('ts', 'export const two = 2;', 'file two.ts'),
      fenced('ts', "import { two } from './two.ts';\nconsole.log(two);"),
    ].join('\n\n');
    const blocks = markdownBlocks('a.md', text);
    const workspace = makeWorkspace();
    try {
      const outcomes = await tryPrograms(workspace, blocks);
      const [wrong, failing, , greeting, file, importing] = blocks.map((block) => outcomes.get(block));
      expect(wrong?.types).toEqual([expect.stringMatching(/Property 'nothing' does not exist/u)]);
      expect(wrong?.run).toBeUndefined();
      expect(failing?.run?.exitCode).toBe(1);
      expect(failing?.run?.stderr).toMatch(/broken/u);
      expect(greeting?.run).toMatchObject({ exitCode: 0, stdout: 'hello\n' });
      expect(file).toEqual({ types: [], run: undefined });
      expect(importing?.run).toMatchObject({ exitCode: 0, stdout: '2\n' });
    } finally {
      rmSync(workspace, { recursive: true, force: true });
    }
  }, 120_000);

  it.each([
    ['an unknown word', fenced('ts', '1;', 'quickly')],
    ['a reason that says nothing', fenced('ts', '1;', 'skip: later')],
    ['a comment that stands before text', '<!-- example: run -->\nSome text.'],
    ['a block without an end', '```ts\n1;'],
  ])('refuses %s', (_, text) => {
    expect(() => markdownBlocks('a.md', text)).toThrow(/^a\.md:\d/u);
  });
});
