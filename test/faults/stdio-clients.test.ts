import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import type { SignalboxSettings } from '../../src/config/entry.ts';
import { faultyEntry, rejection, testFactories } from '../helpers/clients.ts';
import { type FaultyConfig, readJournal } from '../helpers/faulty-server.ts';
import { trackProcesses } from '../helpers/leak-check.ts';
import { temporaryDirectory } from '../helpers/processes.ts';
import { RecordingLogger } from '../helpers/stdio-probe.ts';
import { until } from '../helpers/until.ts';

const processes = trackProcesses();
const makeFactory = testFactories();
const directory = temporaryDirectory();

const logger = new RecordingLogger();

async function connected(config: FaultyConfig, settings: SignalboxSettings = {}): Promise<McpClient> {
  const options = { random: () => 0, logger };
  const client = await makeFactory(options).createAndConnect('s', faultyEntry(config, settings));
  processes.track(client.diagnostics().transport.pid!);
  return client;
}

describe('a server that does not read', () => {
  it('F-014 calls end when their time is over, whether their bytes have left or not', async () => {
    const client = await connected({});
    const { pid } = client.diagnostics().transport;
    process.kill(pid!, 'SIGSTOP');
    const large = { message: 'x'.repeat(1024 * 1024) };
    const calls = Array.from({ length: 5 }, () =>
      rejection(client.callTool('echo', large, { timeoutMs: 300 })),
    );
    for (const error of await Promise.all(calls)) expect(error).toMatchObject({ code: 'REQUEST_TIMEOUT' });
    process.kill(pid!, 'SIGCONT');
    expect(await client.callTool('echo', { message: 'b' })).toMatchObject({ content: [{ text: 'b' }] });
  });
});

describe('a server that says with its exit code that it is not to be started again', () => {
  it.each([64, 78, 126, 127])('F-018 exit code %i is obeyed', async (code) => {
    const journal = join(directory, `exit-${code}`);
    const settings = { retry: { maxAttempts: 5, baseMs: 5, maxMs: 5 } };
    const client = makeFactory().create('s', faultyEntry({ journal, start: [`exit:${code}`] }, settings));
    expect(await rejection(client.connect())).toMatchObject({
      code: 'CONNECT_FAILED',
      retryable: false,
      details: { exitCode: code },
    });
    // The first may have died of the probe: it gets one more start without.
    expect(readJournal(journal).filter(({ started }) => started !== undefined).length).toBeLessThanOrEqual(2);
  });
});

describe('a server that spoils its answers', () => {
  it('F-033 the time-out of a call tells what was printed in its place, made safe', async () => {
    const client = await connected({ on: { 'tools/call': ['sameLine:\u001B[2JProgress 50% ', 'reply'] } });
    const error = await rejection(client.callTool('echo', { message: 'a' }, { timeoutMs: 300 }));
    expect(error).toMatchObject({ code: 'REQUEST_TIMEOUT' });
    expect(error.message).toContain('the server printed noise: "Progress 50%');
    expect(error.message).not.toContain('\u001B');
  });

  it('F-042 F-043 what is said of answers to nobody is brief, whatever they hold', async () => {
    const id = '\u001B[31m'.repeat(2000);
    const result = { content: [{ type: 'text', text: 'y'.repeat(20_000) }] };
    const notOurs = `raw:${JSON.stringify({ jsonrpc: '2.0', id, result })}`;
    const client = await connected({ on: { 'tools/call': [notOurs, 'dup'] } });
    const before = logger.lines.length;
    await client.callTool('echo', { message: 'z'.repeat(2_000_000) });
    await until('both were seen', () => client.diagnostics().wire!.duplicateResponses === 1);
    expect(client.diagnostics().wire).toMatchObject({ unknownResponses: 1 });
    const lines = logger.lines.slice(before).map((line) => JSON.stringify(line));
    expect(lines.some((line) => line.includes('an answer to no request'))).toBe(true);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(1000);
    expect(lines.join('')).not.toContain('u001b');
  });

  it.each(['2.0', '2e0', '20e-1'])(
    'F-045 an id that is the same number, spelled %s, is the same',
    async (spelled) => {
      // The probe has the id 1 where chance is 0, the call 2.
      const answer = `raw:{"jsonrpc":"2.0","id":${spelled},"result":{"content":[]}}`;
      const client = await connected({ era: 'modern', on: { 'tools/call': [answer] } });
      expect(await client.callTool('echo')).toEqual({ content: [] });
    },
  );

  it.each(['2.5', '"2"', '" 2 "', '[2]', 'true', '{"id":2}'])('F-045 the id %s is not 2', async (spelled) => {
    const answer = `raw:{"jsonrpc":"2.0","id":${spelled},"result":{"content":[]}}`;
    const client = await connected({ era: 'modern', on: { 'tools/call': [answer] } });
    expect(await rejection(client.callTool('echo', {}, { timeoutMs: 300 }))).toMatchObject({
      code: 'REQUEST_TIMEOUT',
    });
  });

  it.each(['legacy', 'modern'] as const)(
    'F-056 an answer after the call was aborted is ignored (%s)',
    async (era) => {
      const journal = join(directory, `abort-${era}`);
      const client = await connected({
        era,
        journal,
        on: { 'tools/call': [['delay:300', 'reply'], ['reply']] },
      });
      const abort = new AbortController();
      const call = rejection(client.callTool('echo', { message: 'a' }, { signal: abort.signal }));
      await until('the server has it', () =>
        readJournal(journal).some(({ method }) => method === 'tools/call'),
      );
      abort.abort();
      expect(await call).toMatchObject({ code: 'REQUEST_ABORTED' });
      await until('the late answer came', () => client.diagnostics().wire!.duplicateResponses === 1);
      expect(await client.callTool('echo', { message: 'b' })).toMatchObject({ content: [{ text: 'b' }] });
    },
  );
});

describe('an answer that nests deeper than any stack', () => {
  const DEPTH = 200_000;
  const outputSchema = { type: 'object', properties: { deep: { items: { $ref: '#/properties/deep' } } } };
  const tools = [{ name: 'deep', inputSchema: { type: 'object' }, outputSchema }];

  it.each(['off', 'warn', 'error'] as const)(
    'F-054 reaches its caller without a stack overflow (validate: %s)',
    async (validate) => {
      const client = await connected(
        { era: 'modern', tools, on: { 'tools/call': [`deepResult:${DEPTH}`] } },
        { validate },
      );
      const warnings: string[] = [];
      client.on('warning', ({ message }) => warnings.push(message));
      await client.listTools();
      let { deep: at } = (await client.callTool('deep')).structuredContent as { deep: unknown };
      let depth = 0;
      for (; Array.isArray(at); depth++) at = at[0];
      expect(depth).toBe(DEPTH);
      // A check that had to be given up says so, and proves nothing against the answer.
      expect(warnings).toEqual(validate === 'off' ? [] : [expect.stringContaining('not checked')]);
    },
  );

  it('F-054 is an error of its call where it is deep in an error', async () => {
    const client = await connected({ era: 'modern', on: { 'tools/call': [`deepError:${DEPTH}`] } });
    expect(await rejection(client.callTool('echo'))).toMatchObject({ name: 'RemoteError', code: -1 });
  });
});
