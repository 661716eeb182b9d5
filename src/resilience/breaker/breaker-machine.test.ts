import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BreakerEvent, type BreakerState, transition } from './breaker-machine.ts';

const times = { openMs: 5000, maxOpenMs: 60_000, stableMs: 60_000, halfOpenCalls: 3, probeTimeoutMs: 60_000 };
const at = 100_000;

const closed: BreakerState = { kind: 'closed', epoch: 4, since: 0, trips: 2 };
const open: BreakerState = {
  kind: 'open',
  epoch: 4,
  since: 90_000,
  trips: 2,
  until: 110_000,
  cause: 'failure-ratio',
};
const probe: BreakerState & { kind: 'half-open' } = {
  kind: 'half-open',
  epoch: 4,
  since: 90_000,
  trips: 2,
  phase: 'probe',
  inFlight: 1,
  successes: 0,
  lastEntryAt: 90_000,
};
const trial: BreakerState = { ...probe, phase: 'trial', inFlight: 2, successes: 1 };
const isolated: BreakerState = { kind: 'isolated', epoch: 4, since: 0 };

const trip: BreakerEvent = { type: 'trip', at, cause: 'probe-failed', chance: 1 };
const opened = { kind: 'open', epoch: 5, since: at, cause: 'probe-failed' } as const;

type Row = [string, BreakerState, BreakerEvent, object | undefined];

const rows: Row[] = [
  ['closed lets in', closed, { type: 'enter', at }, closed],
  ['closed counts elsewhere', closed, { type: 'succeeded', at }, undefined],
  ['closed ignores the abandoned', closed, { type: 'abandoned', at }, undefined],
  ['closed for long opens briefly', closed, trip, { ...opened, trips: 1, until: at + 5000 }],
  [
    'closed just now relapses',
    { ...closed, since: at - 1 },
    trip,
    { ...opened, trips: 3, until: at + 20_000 },
  ],
  ['open refuses', open, { type: 'enter', at }, undefined],
  ['open ignores results', open, { type: 'succeeded', at }, undefined],
  ['open does not open again', open, trip, undefined],
  [
    'open lets one in when its time is over',
    open,
    { type: 'enter', at: 110_000 },
    { kind: 'half-open', epoch: 5, phase: 'probe', inFlight: 1, successes: 0 },
  ],
  ['a probe excludes others', probe, { type: 'enter', at }, undefined],
  [
    'a probe that is lost is replaced',
    probe,
    { type: 'enter', at: 150_000 },
    { kind: 'half-open', epoch: 5, phase: 'probe', inFlight: 1, lastEntryAt: 150_000 },
  ],
  ['an abandoned probe leaves its place', probe, { type: 'abandoned', at }, { phase: 'probe', inFlight: 0 }],
  ['which another takes', { ...probe, inFlight: 0 }, { type: 'enter', at }, { epoch: 4, inFlight: 1 }],
  [
    'a probe begins the trial',
    probe,
    { type: 'succeeded', at },
    { epoch: 4, phase: 'trial', inFlight: 0, successes: 0 },
  ],
  ['nobody confirms what nobody tries', { ...probe, inFlight: 0 }, { type: 'succeeded', at }, undefined],
  ['nobody abandons what nobody tries', { ...probe, inFlight: 0 }, { type: 'abandoned', at }, undefined],
  [
    'a trial lets in as many as are missing',
    { ...trial, inFlight: 1 },
    { type: 'enter', at },
    { epoch: 4, inFlight: 2 },
  ],
  ['and no more', trial, { type: 'enter', at }, undefined],
  [
    'a trial goes on',
    trial,
    { type: 'succeeded', at },
    { epoch: 4, phase: 'trial', inFlight: 1, successes: 2 },
  ],
  [
    'the last success closes',
    { ...trial, successes: 2, inFlight: 1 },
    { type: 'succeeded', at },
    { kind: 'closed', epoch: 5, since: at, trips: 2 },
  ],
  ['a failed probe doubles the time', probe, trip, { ...opened, trips: 3, until: at + 20_000 }],
  ['the time is capped', { ...probe, trips: 50 }, trip, { ...opened, trips: 51, until: at + 60_000 }],
  ['jitter is full', probe, { ...trip, chance: 0 }, { ...opened, until: at }],
  ...[closed, open, probe, trial].flatMap((state): Row[] => [
    [`${state.kind} is isolated`, state, { type: 'isolate', at }, { kind: 'isolated', epoch: 5, since: at }],
    [
      `${state.kind} is reset`,
      state,
      { type: 'reset', at },
      { kind: 'closed', epoch: 5, since: at, trips: 0 },
    ],
  ]),
  ...(['enter', 'succeeded', 'abandoned', 'isolate'] as const).map(
    (type): Row => [`isolated refuses ${type}`, isolated, { type, at }, undefined],
  ),
  ['isolated refuses trip', isolated, trip, undefined],
  ['isolated is reset', isolated, { type: 'reset', at }, { kind: 'closed', epoch: 5, trips: 0 }],
];

describe('transition of a circuit', () => {
  it.each(rows)('%s', (_title, state, event, expected) => {
    const next = transition(state, event, times);
    if (expected === undefined) expect(next).toBeUndefined();
    else expect(next).toMatchObject(expected);
  });

  it('needs no trial if none is wished for', () => {
    const next = transition(probe, { type: 'succeeded', at }, { ...times, halfOpenCalls: 0 });
    expect(next?.kind).toBe('closed');
  });

  it('keeps its invariants under any sequence of events', () => {
    const event = fc.record({
      type: fc.constantFrom('enter', 'succeeded', 'abandoned', 'trip', 'isolate', 'reset'),
      waitMs: fc.nat(70_000),
      chance: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 80 }), (events) => {
        let state: BreakerState = { kind: 'closed', epoch: 0, since: 0, trips: 0 };
        let now = 0;
        for (const { type, waitMs, chance } of events) {
          now += waitMs;
          const next = transition(state, { type, at: now, chance, cause: 'probe-failed' }, times);
          if (next === undefined) continue;
          expect(next.epoch - state.epoch).toBeGreaterThanOrEqual(next.kind === state.kind ? 0 : 1);
          if (next.kind === 'half-open') {
            expect(next.inFlight).toBeGreaterThanOrEqual(0);
            expect(next.inFlight).toBeLessThanOrEqual(next.phase === 'probe' ? 1 : 3 - next.successes);
          }
          if (next.kind === 'open') expect(next.until - next.since).toBeLessThanOrEqual(60_000);
          state = next;
        }
      }),
    );
  });
});
