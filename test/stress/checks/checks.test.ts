import { describe, expect, it } from 'vitest';
import { Journal, type JournalEntry } from '../../../src/testing/index.ts';
import type { CheckResult } from '../../runs/check.ts';
import { KIB, MIB } from '../../runs/memory-sample.ts';
import type { KindRow } from '../engine/report.ts';
import type { FailedCall } from '../load/server-load.ts';
import { checkAnswers, type ServerLedger } from './answers.ts';
import { checkFairness } from './fairness.ts';
import { checkLeftovers, resourcesNow } from './leftovers.ts';
import { checkIdleMemory } from './memory.ts';
import { spreadOf } from './spread.ts';
import { checkStarts, firstStart, type StartTime } from './starts.ts';

const whats = ({ breaches }: CheckResult): string[] =>
  breaches.map(({ server, what }) => (server === undefined ? what : `${server}: ${what}`));

describe('processes that are being started', () => {
  const starts = (...times: [from: number, to: number][]): Map<string, StartTime | undefined> =>
    new Map(times.map(([from, to], index) => [`s${index}`, { server: `s${index}`, from, to }]));

  it('may follow each other without a gap', () => {
    const check = checkStarts(starts([0, 10], [0, 12], [10, 20], [12, 22]), 2);
    expect(whats(check)).toEqual([]);
    expect(check.figures).toContain('4 processes, at most 2 at once; each took 10 ms to 12 ms');
  });

  it('must not be more than there are places', () => {
    expect(whats(checkStarts(starts([0, 10], [1, 10], [9, 20], [10, 20]), 2))).toEqual([
      's2: was made while 2 others were starting, 2 places',
    ]);
  });

  it('must have been started, and once served', () => {
    const journal = (...entries: JournalEntry[]): Journal => new Journal(() => entries);
    const start = { event: 'start', pid: 1, at: 5 } as const;
    const served = { event: 'fault', kind: 'late', method: 'tools/list', rule: 1, at: 9 } as const;
    const silent = firstStart('silent', journal(start));
    expect(whats(checkStarts(new Map([['silent', silent]]), 2))).toEqual([
      'silent: its journal tells of no start',
    ]);
    const { at: _, ...undated } = start;
    expect(firstStart('s', journal(undated as JournalEntry, served))).toBeUndefined();
    // A later start of the same server is another matter.
    expect(firstStart('s', journal(start, served, { ...start, at: 20 }))).toEqual({
      server: 's',
      from: 5,
      to: 9,
    });
  });
});

describe('fairness', () => {
  const row = (values: readonly number[], what: 'connect' | 'call'): KindRow => {
    const even = spreadOf(new Map([['even', 1]]));
    const spread = spreadOf(new Map(values.map((value, index) => [`s${index}`, value])));
    return { kind: 'http modern', servers: 3, idleBytes: 0, connect: even, call: even, [what]: spread };
  };

  it('is that all of a kind take about as long', () => {
    expect(whats(checkFairness([row([100, 110, 790], 'call'), row([900, 1000, 14_000], 'connect')]))).toEqual(
      [],
    );
  });

  it('is not measured by what a pause of the machine takes', () => {
    expect(whats(checkFairness([row([1, 1, 99], 'call'), row([10, 10, 1900], 'connect')]))).toEqual([]);
  });

  it('bites where one waits for all the others', () => {
    expect(whats(checkFairness([row([20, 20, 170], 'call')]))).toEqual([
      's2: call: 170 ms where the median of http modern is 20.0 ms, at most 160 ms',
    ]);
    expect(whats(checkFairness([row([200, 200, 3100], 'connect')]))).toEqual([
      's2: connect: 3100 ms where the median of http modern is 200.0 ms, at most 3000 ms',
    ]);
  });
});

describe('the calls of a server', () => {
  const ledger = (more: Partial<ServerLedger>): ServerLedger => ({
    ...{ server: 's', made: 5, answered: 5, failed: [], executed: 5, wasReconnected: false },
    ...more,
  });
  const failed = (more: Partial<FailedCall> = {}): FailedCall => ({
    ...{ key: 'k', server: 's', what: 'gone', isDenied: false, isDefect: false },
    ...more,
  });

  it.each<[string, Partial<ServerLedger>]>([
    ['all answered', {}],
    [
      'one cut off by a reconnection, executed or not',
      { answered: 4, failed: [failed()], wasReconnected: true },
    ],
    [
      'one denied, and not executed',
      { answered: 4, executed: 4, failed: [failed({ isDenied: true })], wasReconnected: true },
    ],
  ])('%s', (_what, more) => {
    expect(whats(checkAnswers([ledger(more)]))).toEqual([]);
  });

  it.each<[string, Partial<ServerLedger>, string]>([
    ['a failure without a reason', { answered: 4, failed: [failed()] }, 's: gone'],
    ['a defect', { answered: 4, failed: [failed({ isDefect: true })], wasReconnected: true }, 's: gone'],
    [
      'an answer to what never ran',
      { executed: 4 },
      's: 5 calls, 5 answered, 0 said not to have been executed; it has executed 4',
    ],
    [
      'a call that ran twice',
      { executed: 6 },
      's: 5 calls, 5 answered, 0 said not to have been executed; it has executed 6',
    ],
    [
      'a denial of what ran',
      { answered: 4, failed: [failed({ isDenied: true })], wasReconnected: true },
      's: 5 calls, 4 answered, 1 said not to have been executed; it has executed 5',
    ],
    ['no call at all', { made: 0, answered: 0, executed: 0 }, 's: was never called'],
  ])('bites on %s', (_what, more, breach) => {
    expect(whats(checkAnswers([ledger(more)]))).toEqual([breach]);
  });
});

describe('memory', () => {
  const memory = {
    ...{ servers: 100, beforeBytes: 50 * MIB, idleBytes: 60 * MIB, afterBytes: 52 * MIB },
    byKind: new Map([['http modern', 100 * KIB]]),
  };

  it('may be held by idle clients, and by code', () => {
    expect(whats(checkIdleMemory(memory))).toEqual([]);
  });

  it('must not be held beyond that', () => {
    expect(whats(checkIdleMemory({ ...memory, idleBytes: 100 * MIB }))).toHaveLength(1);
    expect(whats(checkIdleMemory({ ...memory, afterBytes: 70 * MIB }))).toHaveLength(1);
    expect(whats(checkIdleMemory({ ...memory, byKind: new Map([['sse legacy', 300 * KIB]]) }))).toEqual([
      'an idle client of sse legacy holds 300 KiB, at most 256 KiB',
    ]);
  });
});

describe('what is left', () => {
  it('is nothing where nothing came', async () => {
    expect(whats(await checkLeftovers(resourcesNow(), () => Promise.resolve(0)))).toEqual([]);
  });

  it('is waited for', async () => {
    let open = 3;
    expect(whats(await checkLeftovers(resourcesNow(), () => Promise.resolve(open--)))).toEqual([]);
  });

  it('is told, connections and handles', async () => {
    const before = resourcesNow();
    // More than others of this process that may end meanwhile.
    const timers = Array.from({ length: 50 }, () => setInterval(() => {}, 60_000));
    try {
      const breaches = whats(await checkLeftovers(before, () => Promise.resolve(2)));
      expect(breaches).toHaveLength(2);
      expect(breaches[0]).toBe('2 connections are open at the servers');
      expect(breaches[1]).toContain('× Timeout');
    } finally {
      for (const timer of timers) clearInterval(timer);
    }
  });
});
