import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectionsLastForTheFile } from '../helpers/leak-gate/shared-fixture.ts';
import { isGroupRunning, isRunning } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

// The pool of the official client is that of Node.js; it keeps connections for the next call.
connectionsLastForTheFile();

const root = join(import.meta.dirname, '../..');

interface Started {
  readonly process: ChildProcess;
  readonly url: string;
  readonly servers: readonly {
    readonly name: string;
    readonly state: string;
    readonly transport: string;
    readonly era: string;
  }[];
  readonly exited: Promise<number | null>;
}

/** What `npm start -- --port 0 --json` runs once it is set up. */
async function start(): Promise<Started> {
  const child = spawn(process.execPath, ['scripts/start.mjs', '--port', '0', '--json', '--wait', '60000'], {
    cwd: root,
  });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.resume();
  const exited = new Promise<number | null>((resolve) => child.on('exit', resolve));
  await until('it is ready', () => stdout.includes('\n') || child.exitCode !== null, 70_000);
  const ready = JSON.parse(stdout) as { endpoint: { url: string }; servers: Started['servers'] };
  return { process: child, url: ready.endpoint.url, servers: ready.servers, exited };
}

/** The children of a process, as Linux knows them. */
function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .filter((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
        return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] === String(pid);
      } catch {
        return false;
      }
    })
    .map(Number);
}

// One call of each server of the demo.
const calls: [tool: string, args: Record<string, unknown>, expected: RegExp][] = [
  ['everything__echo', { message: 'hello' }, /Echo: hello/u],
  ['everything-http__get-sum', { a: 2, b: 3 }, /5/u],
  ['everything-sse__echo', { message: 'hello' }, /Echo: hello/u],
  ['files__list_directory', { path: '.' }, /\.txt|\.md/u],
  ['memory__read_graph', {}, /entities/u],
  ['units__convert', { value: 1, from: 'km', to: 'm' }, /1000 m/u],
  ['notes__list_notes', {}, /./u],
];

// What tells of its progress, over each transport and in each era, and how to make it take its time.
const slow: [tool: string, args: Record<string, unknown>, forever: Record<string, unknown>][] = [
  ['everything__trigger-long-running-operation', { duration: 0.2, steps: 2 }, { duration: 60, steps: 60 }],
  [
    'everything-http__trigger-long-running-operation',
    { duration: 0.2, steps: 2 },
    { duration: 60, steps: 60 },
  ],
  [
    'everything-sse__trigger-long-running-operation',
    { duration: 0.2, steps: 2 },
    { duration: 60, steps: 60 },
  ],
  [
    'units__conversion_table',
    { from: 'km', to: 'mi', steps: 2, delayMs: 10 },
    { from: 'km', to: 'mi', steps: 1000, delayMs: 1000 },
  ],
  ['notes__count_words', { steps: 2, delayMs: 10 }, { steps: 1000, delayMs: 1000 }],
];

const slower = (args: Record<string, unknown>, times: number): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(args).map(([name, value]) =>
      name === 'delayMs' || name === 'duration' ? [name, Number(value) * times] : [name, value],
    ),
  );

describe('the demo of npm start, behind one endpoint', () => {
  let demo: Started;
  let children: number[] = [];

  beforeAll(async () => {
    demo = await start();
    children = childrenOf(demo.process.pid!);
  }, 90_000);

  afterAll(async () => {
    demo.process.kill('SIGINT');
    expect(await demo.exited).toBe(0);
    expect(children.length).toBeGreaterThanOrEqual(7);
    expect(children.filter((pid) => isRunning(pid) || isGroupRunning(pid))).toEqual([]);
  });

  it('shows at least seven servers connected, over three transports, in both eras', () => {
    expect(demo.servers.filter(({ state }) => state === 'connected').length).toBeGreaterThanOrEqual(7);
    expect(new Set(demo.servers.map(({ transport }) => transport))).toEqual(
      new Set(['stdio', 'http', 'sse']),
    );
    expect(new Set(demo.servers.map(({ era }) => era))).toEqual(new Set(['legacy', 'modern']));
  });

  describe.each(['legacy', 'modern'] as const)('for the official client in its %s era', (era) => {
    let client: Client;

    beforeAll(async () => {
      const mode = era === 'legacy' ? 'legacy' : { pin: '2026-07-28' };
      client = new Client({ name: 'acceptance', version: '1' }, { versionNegotiation: { mode } });
      await client.connect(new StreamableHTTPClientTransport(new URL(demo.url)));
    });

    afterAll(() => client.close());

    it('lists the tools of every server under their exposed names', async () => {
      const { tools } = await client.listTools();
      const servers = new Set(tools.map(({ name }) => name.split('__')[0]));
      expect(servers).toEqual(new Set(demo.servers.map(({ name }) => name)));
      expect(tools.length).toBeGreaterThanOrEqual(60);
    });

    it.each(calls)('calls %s', async (name, args, expected) => {
      const result = await client.callTool({ name, arguments: args });
      expect(JSON.stringify(result.content)).toMatch(expected);
      expect(result.isError).not.toBe(true);
    });

    it.each(slow)('hears the progress of %s', async (name, args) => {
      const seen: number[] = [];
      const onprogress = ({ progress }: { progress: number }): void => void seen.push(progress);
      // The official client drops progress that comes in one chunk with the result: the last may be missing, and all
      // of it where everybody waits for longer than the call takes.
      for (let times = 1; seen.length === 0 && times <= 100; times *= 10)
        await client.callTool({ name, arguments: slower(args, times) }, { onprogress });
      expect([1, 2]).toEqual(expect.arrayContaining(seen));
      expect(seen[0]).toBe(1);
    });

    it.each(slow)('cancels %s', async (name, _args, forever) => {
      const controller = new AbortController();
      const onprogress = (): void => controller.abort('enough');
      await expect(
        client.callTool({ name, arguments: forever }, { signal: controller.signal, onprogress }),
      ).rejects.toThrow();
      // The endpoint still serves, and the server too.
      const [tool, args] = calls.find(([other]) => other.startsWith(name.split('__')[0]!))!;
      expect(await client.callTool({ name: tool, arguments: args })).toHaveProperty('content');
    });

    it('reads resources and gets prompts', async () => {
      const { resources } = await client.listResources();
      expect(resources.map(({ uri }) => uri)).toContain('units://about');
      expect((await client.readResource({ uri: 'units://about' })).contents).toHaveLength(1);
      const { prompts } = await client.listPrompts();
      expect(prompts.map(({ name }) => name)).toContain('everything__simple-prompt');
      const prompt = await client.getPrompt({ name: 'everything__simple-prompt' });
      expect(prompt.messages.length).toBeGreaterThan(0);
    });
  });
});

describe('however signalbox up ends, it leaves no child behind', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'F-020 %s',
    async (signal) => {
      const demo = await start();
      const children = childrenOf(demo.process.pid!);
      demo.process.kill(signal);
      await demo.exited;
      expect(children.length).toBeGreaterThanOrEqual(7);
      expect(children.filter((pid) => isRunning(pid) || isGroupRunning(pid))).toEqual([]);
    },
    120_000,
  );

  it('F-020 after servers, and whole groups, were killed under it', async () => {
    const demo = await start();
    const children = childrenOf(demo.process.pid!);
    for (const [index, pid] of children.entries()) process.kill(index % 2 === 0 ? pid : -pid, 'SIGKILL');
    await until('a server was started again', () =>
      childrenOf(demo.process.pid!).some((pid) => !children.includes(pid)),
    );
    const all = new Set([...children, ...childrenOf(demo.process.pid!)]);
    demo.process.kill('SIGTERM');
    await demo.exited;
    expect([...all].filter((pid) => isRunning(pid) || isGroupRunning(pid))).toEqual([]);
  }, 120_000);
});
