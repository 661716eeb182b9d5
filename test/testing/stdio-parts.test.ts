import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FaultPlan } from '../../src/testing/faults/fault-plan.ts';
import { RuleBook } from '../../src/testing/faults/rule-book.ts';
import { FakeClock, type FaultRules, type JournalEntry } from '../../src/testing/index.ts';
import { Answers } from '../../src/testing/server/answers.ts';
import { FaultService } from '../../src/testing/server/fault-service.ts';
import { ControlFileReader, writeControlFile } from '../../src/testing/server/stdio/control-file.ts';
import { JournalFile, readJournal } from '../../src/testing/server/stdio/journal-file.ts';
import { StdioFront } from '../../src/testing/server/stdio/stdio-front.ts';
import { temporaryDirectory } from '../helpers/processes.ts';

const scratch = temporaryDirectory();

interface Front {
  readonly clock: FakeClock;
  readonly ends: string[];
  readonly entries: JournalEntry[];
  /** All that was written. */
  readonly text: () => string;
  readonly push: (...messages: unknown[]) => Promise<void>;
}

function front(faults: FaultRules = {}): Front {
  const clock = new FakeClock();
  const entries: JournalEntry[] = [];
  const ends: string[] = [];
  let text = '';
  const journal = { append: (entry: JournalEntry) => void entries.push(entry) };
  const random = (): number => 0.5;
  const rules = new RuleBook('stdio', faults);
  const plan = new FaultPlan(() => rules, random);
  const answers = new Answers({ era: 'both', clock, journal, past: [] });
  const server = new StdioFront({
    service: new FaultService({ answers, plan, journal, clock, random }),
    write: (bytes) => (text += bytes.toString()),
    die: () => ends.push('died'),
    exit: (code) => ends.push(`exit ${code}`),
  });
  return {
    clock,
    ends,
    entries,
    text: () => text,
    push: async (...messages) => {
      const lines = messages.map((message) =>
        typeof message === 'string' ? message : JSON.stringify(message),
      );
      server.push(Buffer.from(lines.map((line) => `${line}\n`).join('')));
      await clock.advance(0);
    },
  };
}

const call = (id: number, name: string, args: object = {}): object => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: args },
});

describe('the stdio front', () => {
  it('refuses what is no message, and goes on', async () => {
    const { push, text } = front();
    await push('no JSON', '{"jsonrpc":"1.0","id":7,"method":"x"}', call(1, 'echo', { message: 'x' }));
    const [parse, invalid, answer] = text()
      .split('\n')
      .map((line) => JSON.parse(line || 'null') as { id: unknown; error?: { code: number } });
    expect(parse).toMatchObject({ id: null, error: { code: -32700 } });
    expect(invalid).toMatchObject({ id: 7, error: { code: -32600 } });
    expect(answer).toMatchObject({ id: 1, result: { content: [{ text: 'x' }] } });
  });

  it('a random delay lies between its bounds', async () => {
    const { push, text, clock } = front({ 'tools/call': { kind: 'late', delayMs: [100, 300] } });
    await push(call(1, 'echo', { message: 'x' }));
    await clock.advance(199);
    expect(text()).toBe('');
    await clock.advance(1);
    expect(text()).toContain('"id":1');
    expect(clock.pendingTimers).toBe(0);
  });

  it('an answer in pieces that is cancelled leaves the stream to the others', async () => {
    const { push, text, clock } = front({
      'tools/call:count': { kind: 'trickle', chunkBytes: 5, everyMs: 10 },
    });
    await push(call(1, 'count', { key: 'k' }));
    await push(call(2, 'echo', { message: 'waits' }));
    await clock.advance(20);
    expect(text()).toBe('{"jsonrpc":"2.0');
    await push({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } });
    const lines = text().split('\n');
    expect(lines[0]).toBe('{"jsonrpc":"2.0');
    expect(lines[1]).toContain('waits');
    expect(clock.pendingTimers).toBe(0);
  });

  it('half an answer is the last that is written before the end', async () => {
    const { push, text, ends } = front({
      'tools/call': [
        { kind: 'truncate', times: 1 },
        { kind: 'exit', code: 9 },
      ],
    });
    await push(call(1, 'echo', { message: 'x'.repeat(100) }));
    expect(text().length).toBeGreaterThan(50);
    expect(text()).not.toContain('\n');
    await push(call(2, 'echo'));
    expect(ends).toEqual(['died', 'exit 9']);
  });

  it('notes a fault before it happens, and an execution before its answer', async () => {
    const { push, entries } = front({ 'tools/call': { kind: 'disconnect', executes: true } });
    await push(call(1, 'count', { key: 'k' }));
    expect(entries.map(({ event }) => event)).toEqual(['fault', 'call']);
  });
});

describe('the files of a stdio server', () => {
  it('a journal goes on where it ended, also behind a torn line', () => {
    const path = join(scratch, 'journal.jsonl');
    expect(readJournal(path)).toEqual([]);
    const entry = (n: number): JournalEntry => ({ event: 'call', n, tool: 'echo', arguments: {} });
    const first = new JournalFile(path);
    first.append(entry(1));
    first.close();
    writeFileSync(path, `${readFileSync(path, 'utf8')}{"event":"ca`);
    const second = new JournalFile(path);
    expect(second.past).toEqual([entry(1)]);
    second.append(entry(2));
    second.close();
    expect(readJournal(path)).toEqual([entry(1), entry(2)]);
    expect(readFileSync(path, 'utf8')).toMatch(/\n$/u);
  });

  it('rules are read anew when they have changed', () => {
    const path = join(scratch, 'faults.json');
    const rules = new RuleBook('stdio', { '*': { kind: 'hang' } });
    writeControlFile(path, rules.snapshot());
    const reader = new ControlFileReader(path);
    expect(reader.read().of('*')).toEqual([{ kind: 'hang', id: 1 }]);
    expect(reader.read().of('tools/call')).toEqual([]);
    rules.set('*', { kind: 'disconnect' });
    writeControlFile(path, rules.snapshot());
    expect(reader.read().of('*')).toEqual([{ kind: 'disconnect', id: 2 }]);
  });
});
