// A REST service that nobody here wrote, used by the command line with nothing but the config of the example.
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CliOutcome, cli } from '../cli/cli-run.ts';
import { temporaryDirectory } from '../helpers/processes.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/openapi');
const SERVICE = join(EXAMPLE, 'node_modules/@loopback/example-todo');
const IS_THERE = existsSync(SERVICE);
const SKIPPED = IS_THERE ? '' : ' (SKIPPED: run "npm ci" in examples/openapi)';
/** The service is started for each command, and takes a while. */
const PATIENCE_MS = 240_000;

interface Entry {
  readonly 'x-signalbox': { readonly launch: { readonly args: readonly string[] } };
}

describe.skipIf(!IS_THERE)(`the LoopBack to-do service${SKIPPED}`, { timeout: PATIENCE_MS }, () => {
  let folder: string;

  beforeAll(async () => {
    folder = join(temporaryDirectory(), 'openapi-example');
    // Where the service keeps its data.
    await mkdir(join(folder, 'data'), { recursive: true });
    const text = await readFile(join(EXAMPLE, '.mcp.json'), 'utf8');
    // Only the place of the service is another: tests write nothing into the folder of the example.
    await writeFile(join(folder, '.mcp.json'), text.replace('node_modules/@loopback/example-todo', SERVICE));
    const { mcpServers } = JSON.parse(text) as { mcpServers: Readonly<Record<string, Entry>> };
    expect(mcpServers['todo']?.['x-signalbox'].launch.args).toEqual(['node_modules/@loopback/example-todo']);
  });

  const run = async (...args: readonly string[]): Promise<CliOutcome> => await cli(args, { cwd: folder });
  const call = async (tool: string, ...args: readonly string[]): Promise<CliOutcome> =>
    await run('call', `todo__TodoController_${tool}`, ...args);
  const answered = async (tool: string, ...args: readonly string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await call(tool, ...args);
    expect([code, stderr]).toEqual([0, '']);
    return stdout.trim() === '' ? undefined : (JSON.parse(stdout) as unknown);
  };

  it('is listed, and its things are made, found, changed and removed', async () => {
    const { code, stdout } = await run('list');
    expect(code).toBe(0);
    const names = new Set([...stdout.matchAll(/todo__TodoController_(\w+)/gu)].map(([, name]) => name));
    const all = [
      'count',
      'create',
      'deleteById',
      'find',
      'findById',
      'replaceById',
      'updateAll',
      'updateById',
    ];
    expect(names).toEqual(new Set(all));

    expect(await answered('create', 'title=Buy milk', 'desc=2 l')).toEqual({
      id: 1,
      title: 'Buy milk',
      desc: '2 l',
    });
    expect(await answered('create', 'title=Write')).toEqual({ id: 2, title: 'Write' });
    expect(await answered('findById', 'id=1')).toMatchObject({ title: 'Buy milk' });
    expect(await answered('updateById', 'id=1', 'body:={"isComplete":true}')).toBeUndefined();
    expect(await answered('replaceById', 'id=2', 'body:={"title":"Rewrite"}')).toBeUndefined();
    expect(await answered('find', 'filter:={"fields":["title","isComplete"],"order":"id DESC"}')).toEqual([
      { title: 'Rewrite' },
      { title: 'Buy milk', isComplete: true },
    ]);
    expect(await answered('count', 'where:={"isComplete":true}')).toEqual({ count: 1 });
    expect(await answered('deleteById', 'id=2')).toBeUndefined();

    const gone = await call('findById', 'id=2');
    expect([gone.code, gone.stderr]).toEqual([
      5,
      'signalbox: todo: the server answered HTTP 404: Entity not found: Todo with id 2 (HTTP_ERROR)\n',
    ]);
    const refused = await call('create', 'desc=without a title');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(
      'the service refuses what the tool "TodoController_create" was given (HTTP 422)',
    );
    expect(refused.stderr).toMatch(/^ {2}must have required property 'title'$/mu);
    const missing = await call('findById');
    expect(missing.stderr).toContain('the tool TodoController_findById needs "id"');
    expect(await answered('find')).toEqual([{ id: 1, title: 'Buy milk', desc: '2 l', isComplete: true }]);
  });
});
