import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { STOP_TIMES, type StopTimes } from '../transport-context.ts';
import { StagedStop, type StopOutcome } from './staged-stop.ts';

type Event = 'end' | 'SIGTERM' | 'SIGKILL';

/** A process group of which nothing is left once it has been asked as often, and as rudely, as it takes. */
function group(diesOf: Event | 'nothing', helperDiesOf?: Event | 'nothing', times: StopTimes = STOP_TIMES) {
  const clock = new FakeClock();
  const log: string[] = [];
  let leaderLives = true;
  let helperLives = helperDiesOf !== undefined;
  const hear = (event: Event): void => {
    log.push(`${clock.now()} ${event}`);
    if (event === helperDiesOf) helperLives = false;
    if (event === diesOf) exit();
  };
  const exit = (): void => {
    if (!leaderLives) return;
    leaderLives = false;
    clock.setTimeout(() => stop.leaderExited(), 1);
  };
  const stop = new StagedStop(
    { endInput: () => hear('end'), signal: hear, isGone: () => !leaderLives && !helperLives },
    times,
    clock,
  );
  let outcome: StopOutcome | undefined;
  void stop.done.then((value) => {
    outcome = value;
    log.push(`${clock.now()} ${value}`);
  });
  return { clock, log, stop, exit, outcome: () => outcome };
}

describe('StagedStop', () => {
  it('a process that ends with its input gets no signal', async () => {
    const { clock, log, stop } = group('end');
    void stop.stop();
    await clock.advance(10_000);
    expect(log).toEqual(['0 end', '1 gone']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('F-010 SIGTERM after 2 s, SIGKILL 3 s later, given up after another second', async () => {
    const { clock, log, stop } = group('nothing');
    void stop.stop();
    await clock.advance(10_000);
    expect(log).toEqual(['0 end', '2000 SIGTERM', '5000 SIGKILL', '6000 given-up']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('F-009 when the leader is gone, the rest gets SIGTERM at once and SIGKILL on schedule', async () => {
    const { clock, log, stop } = group('end', 'SIGKILL');
    void stop.stop();
    await clock.advance(10_000);
    expect(log.slice(0, 3)).toEqual(['0 end', '1 SIGTERM', '3001 SIGKILL']);
    expect(log[3]).toMatch(/^3\d\d\d gone$/u);
    expect(clock.pendingTimers).toBe(0);
  });

  it('F-009 a crash begins the clean-up by itself', async () => {
    const { clock, log, exit } = group('nothing', 'SIGTERM');
    exit();
    await clock.advance(10_000);
    expect(log[0]).toBe('1 SIGTERM');
    expect(log[1]).toMatch(/^\d+ gone$/u);
    expect(log).toHaveLength(2);
  });

  it('a crash that leaves nothing behind signals nobody', async () => {
    const { clock, log, exit } = group('nothing');
    exit();
    await clock.advance(10_000);
    expect(log).toEqual(['1 gone']);
  });

  it('F-011 without a first stage SIGTERM comes at once, and a second call goes on to SIGKILL', async () => {
    const { clock, log, stop } = group('SIGKILL', undefined, { ...STOP_TIMES, eofMs: 0 });
    void stop.stop();
    expect(log).toEqual(['0 end', '0 SIGTERM']);
    void stop.stop();
    await clock.advance(10_000);
    expect(log).toEqual(['0 end', '0 SIGTERM', '0 SIGKILL', '1 gone']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('F-011 each further call goes on to the next stage, kill to the last; later ones change nothing', async () => {
    const { clock, log, stop } = group('nothing');
    void stop.stop();
    void stop.stop();
    void stop.stop();
    void stop.stop();
    void stop.kill();
    await clock.advance(10_000);
    void stop.stop();
    void stop.kill();
    expect(log).toEqual(['0 end', '0 SIGTERM', '0 SIGKILL', '1000 given-up']);
    const other = group('SIGKILL');
    void other.stop.kill();
    await other.clock.advance(1000);
    expect(other.log).toEqual(['0 SIGKILL', '1 gone']);
  });

  it('any behaviour: it settles within 6 s, leaves no timer, signals nobody afterwards', async () => {
    const fate = fc.constantFrom<Event | 'nothing'>('end', 'SIGTERM', 'SIGKILL', 'nothing');
    const helper = fc.option(fate, { nil: undefined });
    const acts = fc.array(
      fc.tuple(fc.constantFrom('stop', 'kill', 'crash'), fc.integer({ min: 0, max: 3000 })),
      { minLength: 1, maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(fate, helper, acts, async (leaderFate, helperFate, steps) => {
        const { clock, log, stop, exit, outcome } = group(leaderFate, helperFate);
        for (const [act, waitMs] of steps) {
          if (act === 'crash') exit();
          else void (act === 'stop' ? stop.stop() : stop.kill());
          await clock.advance(waitMs);
        }
        await clock.advance(6100);
        expect(outcome()).toBeDefined();
        expect(log.at(-1)).toMatch(/gone|given-up/u);
        expect(clock.pendingTimers).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});
