import { describe, expect, it } from 'vitest';
import type { CallEnd, Outcome } from '../load/outcome.ts';
import { audit, type Statements } from './audit.ts';
import type { CheckName } from './check.ts';

const ANSWER: CallEnd = { kind: 'answer' };
const failed = (delivered: 'no' | 'unknown', code = 'CONNECTION_LOST'): CallEnd => ({
  kind: 'error',
  code,
  delivered,
  message: `[${code}] gone`,
});

function outcome(key: string, end: CallEnd, more: Partial<Outcome> = {}): Outcome {
  const { server = 's' } = more;
  return {
    key,
    server,
    tool: 'echo',
    isSafe: false,
    atMs: 0,
    elapsedMs: 5,
    limitMs: 400,
    sent: 1,
    end,
    ...more,
  };
}

/** The breaches of a run in which nothing but this was said, as `check: key`. */
function breaches(
  outcomes: readonly Outcome[],
  ran: readonly string[],
  more: Partial<Statements> = {},
): string[] {
  const statements: Statements = {
    outcomes,
    journals: new Map([['s', ran]]),
    unsettled: [],
    slackMs: 1000,
    steady: new Set(),
    ...more,
  };
  return audit(statements).flatMap((result) =>
    result.breaches.map(
      ({ check, key }: { check: CheckName; key: string | undefined }) => `${check}: ${key}`,
    ),
  );
}

describe('what is no breach', () => {
  it.each<[string, Outcome, string[]]>([
    ['an answer that ran once', outcome('k', ANSWER), ['k']],
    ['an unknown outcome that ran', outcome('k', failed('unknown')), ['k']],
    ['an unknown outcome that did not run', outcome('k', failed('unknown')), []],
    ['a denial that is true', outcome('k', failed('no')), []],
    ['a JSON-RPC error before or after it ran', outcome('k', { kind: 'remote', code: -32603 }), ['k']],
    ['a second run that was allowed', outcome('k', ANSWER, { isSafe: true }), ['k', 'k']],
    ['a call that ends a little late', outcome('k', failed('no'), { elapsedMs: 1399 }), []],
    ['a list, which stands in no journal', outcome('k', ANSWER, { tool: undefined }), []],
  ])('%s', (_what, said, ran) => {
    expect(breaches([said], ran)).toEqual([]);
  });
});

describe('what is a breach', () => {
  it.each<[string, Outcome, string[], string[]]>([
    ['a call that ran twice and was answered', outcome('k', ANSWER), ['k', 'k'], ['once: k']],
    ['a call that ran twice and failed', outcome('k', failed('unknown')), ['k', 'k'], ['once: k']],
    ['a denial of what ran', outcome('k', failed('no')), ['k'], ['truth: k']],
    [
      'a denial although a second run was allowed',
      outcome('k', failed('no'), { isSafe: true }),
      ['k'],
      ['truth: k'],
    ],
    ['an answer to a call that never ran', outcome('k', ANSWER), [], ['ran: k']],
    ['a run that nobody asked for', outcome('k', ANSWER), ['k', 'other'], ['ran: other']],
    ['the answer to another call', outcome('k', { kind: 'foreign', text: 'x' }), ['k'], ['own: k']],
    ['a call that outlives its time', outcome('k', ANSWER, { elapsedMs: 1401 }), ['k'], ['settled: k']],
    [
      'a list that outlives its time',
      outcome('k', ANSWER, { elapsedMs: 1401, tool: undefined }),
      [],
      ['settled: k'],
    ],
    ['a defect', outcome('k', failed('unknown', 'INTERNAL')), [], ['codes: k']],
    ['an error without a code', outcome('k', { kind: 'unknown', message: 'TypeError' }), [], ['codes: k']],
  ])('%s', (_what, said, ran, expected) => {
    expect(breaches([said], ran)).toEqual(expected);
  });

  it('a call that never ends, while its run is not one that nobody asked for', () => {
    const unsettled = [{ key: 'k', server: 's', sinceMs: 60_000 }];
    expect(breaches([], ['k'], { unsettled })).toEqual(['settled: k']);
  });

  it('a call that ran at another server than its own', () => {
    const journals = new Map([
      ['s', []],
      ['t', ['k']],
    ]);
    expect(breaches([outcome('k', ANSWER)], [], { journals })).toEqual(['ran: k', 'ran: k']);
  });

  it('an error at a server without faults, unless its caller wanted it', () => {
    const outcomes = [
      outcome('a', failed('unknown')),
      outcome('b', { kind: 'remote', code: -32603 }),
      outcome('c', failed('unknown', 'REQUEST_ABORTED')),
    ];
    expect(breaches(outcomes, [], { steady: new Set(['s']) })).toEqual(['steady: a', 'steady: b']);
  });
});
