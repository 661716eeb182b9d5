import { describe, expect, it } from 'vitest';
import type { SignalboxSettings } from '../../../config/entry.ts';
import { resolveSettings } from '../../../config/settings.ts';
import { RemoteError, SignalboxError, type SignalboxErrorOptions } from '../../../core/errors.ts';
import { silentLogger } from '../../../core/log.ts';
import type { BreakerPermit } from '../../../resilience/breaker/breaker-permit.ts';
import { FakeClock } from '../../../testing/fake-clock.ts';
import { CallGuard, type GuardedRequest } from './call-guard.ts';

interface Bench {
  readonly clock: FakeClock;
  readonly guard: CallGuard;
  /** Probes so far. */
  readonly probes: () => number;
  /** Lets a request out, at once or later. */
  readonly enter: (request?: Partial<GuardedRequest>) => Promise<BreakerPermit>;
}

const OFF: SignalboxSettings = { breaker: false, concurrency: false, rateLimit: false, retryBudget: false };

function bench(settings: SignalboxSettings, probe: () => Promise<unknown> = async () => {}): Bench {
  const clock = new FakeClock();
  let probes = 0;
  const guard = new CallGuard({
    name: 's',
    settings: resolveSettings({ url: 'http://h', 'x-signalbox': { ...OFF, ...settings } }),
    environment: { clock, random: () => 1, logger: silentLogger },
    probe: () => {
      probes++;
      return probe();
    },
    circuitChanged: () => {},
  });
  const enter = (request: Partial<GuardedRequest> = {}): Promise<BreakerPermit> => {
    const permit = guard.tryEnter();
    if (permit !== undefined) return Promise.resolve(permit);
    return guard.enter({ key: 'tool', signal: undefined, deadlineAt: clock.now() + 60_000, ...request });
  };
  return { clock, guard, probes: () => probes, enter };
}

const lost = (options: SignalboxErrorOptions = {}): SignalboxError =>
  new SignalboxError('CONNECTION_LOST', 'the socket was closed', { server: 's', ...options });

async function fail(bench: Bench, error: Error = lost(), connection?: object): Promise<void> {
  const permit = await bench.enter();
  bench.guard.failed(permit, error, { wasHeard: false, durationMs: 0, lostConnection: connection });
}

async function refusal(promise: Promise<unknown>): Promise<SignalboxError> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error as SignalboxError,
  );
  if (outcome === undefined) throw new Error('it was let out');
  return outcome;
}

/** How something ended, as soon as it has. */
function watched(promise: Promise<unknown>): { outcome: string } {
  const watch = { outcome: 'waits' };
  promise.then(
    () => {
      watch.outcome = 'out';
    },
    (error: unknown) => {
      watch.outcome = (error as SignalboxError).code;
    },
  );
  return watch;
}

describe('a guard', () => {
  it('that is off lets everything out and holds nothing', () => {
    const { guard, clock } = bench({});
    for (let n = 0; n < 1000; n++) {
      const permit = guard.tryEnter()!;
      guard.failed(permit, lost(), { wasHeard: false, durationMs: 0, lostConnection: undefined });
    }
    expect(guard.tryEnter()).toBeDefined();
    expect(guard.snapshot()).toEqual({
      circuit: undefined,
      concurrency: undefined,
      rateLimit: undefined,
      retryTokens: undefined,
      refused: { breaker: 0, concurrency: 0, rateLimit: 0 },
    });
    expect(guard.mayRepeat(lost(), false)).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('without a rate has no limit until the server asks for a pause, and keeps that', async () => {
    const all = bench({ rateLimit: {} });
    const { clock, guard } = all;
    for (let n = 0; n < 1000; n++) expect(guard.tryEnter()).toBeDefined();
    expect(guard.snapshot().rateLimit).toEqual({ tokens: undefined, queued: 0, pausedForMs: 0 });
    await fail(all, new SignalboxError('RATE_LIMITED', 'x', { details: { retryAfterMs: 2000 } }));
    expect(guard.snapshot().rateLimit).toEqual({ tokens: 1, queued: 0, pausedForMs: 2000 });
    const waiting = watched(all.enter());
    expect(await refusal(all.enter({ deadlineAt: clock.now() + 1000 }))).toMatchObject({
      code: 'RATE_LIMITED',
      details: { guard: 'rateLimit' },
    });
    await clock.advance(1999);
    expect(waiting.outcome).toBe('waits');
    await clock.advance(1);
    expect(waiting.outcome).toBe('out');
    await clock.advance(1);
    expect(guard.snapshot()).toMatchObject({
      rateLimit: { tokens: undefined, queued: 0, pausedForMs: 0 },
      refused: { breaker: 0, concurrency: 0, rateLimit: 1 },
    });
  });

  it('refuses at an open circuit before anybody is made to wait for a place', async () => {
    const all = bench({ breaker: { consecutiveFailures: 1 }, concurrency: { maxInFlight: 1 } });
    await fail(all);
    const error = await refusal(all.enter());
    expect(error).toMatchObject({
      code: 'CIRCUIT_OPEN',
      server: 's',
      retryable: true,
      delivered: 'no',
      cause: { code: 'CONNECTION_LOST' },
      details: { guard: 'breaker', reason: 'open', retryAfterMs: 5000 },
    });
    expect(error.message).toBe(
      '[CIRCUIT_OPEN] s: not sent: the server failed again and again and is tried again in 5 s; the last failure: the socket was closed',
    );
    expect(all.guard.snapshot()).toMatchObject({
      concurrency: { inFlight: 0, queued: 0 },
      refused: { breaker: 1 },
    });
  });

  it('takes a place, then a token: who waits for a place takes no token from others', async () => {
    const { guard, enter, clock } = bench({
      concurrency: { maxInFlight: 1, maxQueued: 5 },
      rateLimit: { perSecond: 1, burst: 2 },
    });
    const first = await enter();
    const second = watched(enter());
    await clock.advance(0);
    expect(guard.snapshot()).toMatchObject({ concurrency: { queued: 1 }, rateLimit: { tokens: 1 } });
    guard.succeeded(first, 0);
    await clock.advance(0);
    expect(second.outcome).toBe('out');
    expect(guard.snapshot()).toMatchObject({ concurrency: { inFlight: 1 }, rateLimit: { tokens: 0 } });
  });

  it('gives the place back when the turn does not come, so that nothing is lost', async () => {
    const { guard, enter, clock } = bench({
      concurrency: { maxInFlight: 2 },
      rateLimit: { perSecond: 0.5, burst: 1, maxQueued: 1 },
    });
    guard.succeeded(await enter(), 0);
    const waiting = watched(enter());
    expect(await refusal(enter())).toMatchObject({ code: 'OVERLOADED', details: { guard: 'rateLimit' } });
    const late = await refusal(enter({ deadlineAt: clock.now() + 1000 }));
    expect(late).toMatchObject({ code: 'RATE_LIMITED', delivered: 'no', details: { guard: 'rateLimit' } });
    expect(guard.snapshot().concurrency).toMatchObject({ inFlight: 1, queued: 0 });
    await clock.advance(2000);
    expect(waiting.outcome).toBe('out');
    expect(guard.snapshot().refused).toEqual({ breaker: 0, concurrency: 0, rateLimit: 2 });
  });
});

describe('places', () => {
  it('run out: more wait, tools in turn, and what exceeds the queue fails at once', async () => {
    const { guard, enter, clock } = bench({ concurrency: { maxInFlight: 1, maxQueued: 4 } });
    let held = await enter();
    const order: string[] = [];
    const wait = (key: string): void =>
      void enter({ key }).then((permit) => {
        order.push(key);
        held = permit;
      });
    for (const key of ['a', 'a', 'a', 'b']) wait(key);
    await clock.advance(0);
    const error = await refusal(enter({ key: 'c' }));
    expect(error).toMatchObject({
      code: 'OVERLOADED',
      retryable: true,
      delivered: 'no',
      details: { guard: 'concurrency', inFlight: 1, queued: 4 },
    });
    for (let n = 0; n < 4; n++) {
      guard.succeeded(held, 0);
      await clock.advance(0);
    }
    expect(order).toEqual(['a', 'b', 'a', 'a']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('F-137 nobody waits beyond its deadline, its signal or the client, and no timer or listener is left', async () => {
    const { guard, enter, clock } = bench({ concurrency: { maxInFlight: 1 } });
    await enter();
    const abort = new AbortController();
    const late = watched(enter({ deadlineAt: 100 }));
    const aborted = watched(enter({ signal: abort.signal }));
    const last = watched(enter());
    await clock.advance(101);
    expect(late.outcome).toBe('REQUEST_TIMEOUT');
    abort.abort(new Error('enough'));
    await clock.advance(0);
    expect(aborted.outcome).toBe('REQUEST_ABORTED');
    guard.disconnected();
    await clock.advance(0);
    expect(last.outcome).toBe('CONNECTION_CLOSED');
    expect(guard.snapshot().concurrency).toEqual({ inFlight: 1, queued: 0, keys: 0 });
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('pauses', () => {
  it.each([
    ['429', new SignalboxError('RATE_LIMITED', 'slow down', { details: { retryAfterMs: 3000 } })],
    ['503', new SignalboxError('HTTP_ERROR', 'busy', { details: { status: 503, retryAfterMs: 3000 } })],
  ])('F-077 a %s with Retry-After holds all calls, not only the one that met it', async (_what, error) => {
    const all = bench({ rateLimit: {} });
    await fail(all, error);
    const other = watched(all.enter());
    const hasty = await refusal(all.enter({ deadlineAt: all.clock.now() + 2000 }));
    expect(hasty).toMatchObject({
      code: 'RATE_LIMITED',
      details: { guard: 'rateLimit', retryAfterMs: 3000 },
    });
    await all.clock.advance(2999);
    expect(other.outcome).toBe('waits');
    await all.clock.advance(2);
    expect(other.outcome).toBe('out');
    // Afterwards nothing is held any more.
    expect(all.guard.tryEnter()).toBeDefined();
    expect(all.clock.pendingTimers).toBe(0);
  });

  it('F-077 a server that asks for a year gets a minute', async () => {
    const all = bench({ rateLimit: {} });
    await fail(all, new SignalboxError('RATE_LIMITED', 'x', { details: { retryAfterMs: 3.2e10 } }));
    expect(all.guard.snapshot().rateLimit?.pausedForMs).toBe(60_000);
  });
});

describe('the circuit', () => {
  it('is not opened by answers, JSON-RPC errors, refusals or our own side', async () => {
    const all = bench({ breaker: { consecutiveFailures: 2, minCalls: 1, failureRatio: 0.01 } });
    const harmless = [
      new RemoteError({ code: -32603, message: 'internal error' }),
      new SignalboxError('RATE_LIMITED', 'x'),
      new SignalboxError('SESSION_LOST', 'x'),
      new SignalboxError('AUTH_REQUIRED', 'x'),
      new SignalboxError('REQUEST_ABORTED', 'x'),
      new SignalboxError('CONNECTION_CLOSED', 'x'),
      new SignalboxError('NOT_SUPPORTED', 'x'),
    ];
    for (const error of [...harmless, ...harmless, ...harmless]) await fail(all, error);
    expect(all.guard.breaker?.state).toBe('closed');
  });

  it('counts the loss of one connection once, however many calls it takes along', async () => {
    const all = bench({ breaker: { consecutiveFailures: 2 } });
    const connection = {};
    for (let n = 0; n < 50; n++) await fail(all, lost(), connection);
    expect(all.guard.breaker?.state).toBe('closed');
    await fail(all, lost(), {});
    expect(all.guard.breaker?.state).toBe('open');
  });

  it('takes a time-out for a failure only if the server said nothing meanwhile', async () => {
    const all = bench({ breaker: { consecutiveFailures: 1 } });
    const timeout = new SignalboxError('REQUEST_TIMEOUT', 'x');
    const slow = await all.enter();
    all.guard.failed(slow, timeout, { wasHeard: true, durationMs: 0, lostConnection: undefined });
    expect(all.guard.breaker?.state).toBe('closed');
    await fail(all, timeout);
    expect(all.guard.breaker?.state).toBe('open');
  });

  it('F-140 one of a hundred asks for a sign of life; then some prove the server, then all', async () => {
    let alive: () => void = () => {};
    const all = bench(
      { breaker: { consecutiveFailures: 1, halfOpenCalls: 2 }, concurrency: { maxInFlight: 200 } },
      () => new Promise<void>((resolve) => (alive = resolve)),
    );
    await fail(all);
    await all.clock.advance(5000);
    const calls = Array.from({ length: 100 }, () => watched(all.enter()));
    await all.clock.advance(0);
    expect(all.probes()).toBe(1);
    expect(calls.filter(({ outcome }) => outcome === 'CIRCUIT_OPEN')).toHaveLength(99);
    alive();
    await all.clock.advance(0);
    expect(calls[0]?.outcome).toBe('out');
    // It holds one of two places on trial.
    const second = await all.enter();
    expect(await refusal(all.enter())).toMatchObject({ details: { reason: 'probing' } });
    all.guard.succeeded(second, 0);
    const third = await refusal(all.enter());
    expect(third.code).toBe('CIRCUIT_OPEN');
    expect(all.probes()).toBe(1);
    expect(all.guard.snapshot().circuit).toMatchObject({ state: 'half-open' });
  });

  it('F-140 calls on trial that hang keep others out for 10 s only: the server is asked once more', async () => {
    const all = bench({ breaker: { consecutiveFailures: 1, halfOpenCalls: 2 } });
    await fail(all);
    await all.clock.advance(5000);
    const hanging = [await all.enter(), await all.enter()];
    expect(await refusal(all.enter())).toMatchObject({ details: { reason: 'probing' } });
    await all.clock.advance(10_000);
    const next = await all.enter();
    expect(all.probes()).toBe(2);
    // Whatever they come to later is past.
    for (const permit of hanging)
      all.guard.failed(permit, lost(), { wasHeard: false, durationMs: 0, lostConnection: undefined });
    all.guard.succeeded(next, 0);
    all.guard.succeeded(await all.enter(), 0);
    expect(all.guard.breaker?.state).toBe('closed');
  });

  it('F-140 a probe without sign of life opens it again, for longer, and tells why', async () => {
    const silent = new SignalboxError('REQUEST_TIMEOUT', 'no answer to ping', { server: 's' });
    const all = bench({ breaker: { consecutiveFailures: 1 } }, () => Promise.reject(silent));
    await fail(all);
    await all.clock.advance(5000);
    expect(await refusal(all.enter())).toMatchObject({
      code: 'CIRCUIT_OPEN',
      cause: silent,
      details: { reason: 'open', retryAfterMs: 10_000 },
    });
  });

  it('a caller in a hurry does not make the server look dead: the probe goes on without it', async () => {
    let alive: () => void = () => {};
    const all = bench(
      { breaker: { consecutiveFailures: 1, halfOpenCalls: 0 }, concurrency: {} },
      () => new Promise<void>((resolve) => (alive = resolve)),
    );
    await fail(all);
    await all.clock.advance(5000);
    const hasty = watched(all.enter({ deadlineAt: all.clock.now() + 10 }));
    await all.clock.advance(11);
    expect(hasty.outcome).toBe('REQUEST_TIMEOUT');
    expect(all.guard.snapshot().concurrency).toMatchObject({ inFlight: 0 });
    alive();
    await all.clock.advance(0);
    expect(all.guard.breaker?.state).toBe('closed');
    expect(all.clock.pendingTimers).toBe(0);
  });

  it('lets the next call find out at once when a new connection stands', async () => {
    const all = bench({ breaker: { consecutiveFailures: 1 } });
    await fail(all);
    await refusal(all.enter());
    all.guard.connected();
    await all.enter();
    expect(all.probes()).toBe(1);
  });
});

describe('the retry budget', () => {
  it('allows retries while more than half of it is left, and gives some back for successes', async () => {
    const all = bench({ retryBudget: { maxTokens: 4, tokenRatio: 0.5 } });
    expect([1, 2, 3].map(() => all.guard.mayRepeat(lost(), false))).toEqual([true, false, false]);
    for (let n = 0; n < 6; n++) all.guard.succeeded(await all.enter(), 0);
    expect(all.guard.mayRepeat(lost(), false)).toBe(true);
  });

  it('is not spent on what waits for a connection or for the time that a server named', () => {
    const { guard } = bench({ retryBudget: { maxTokens: 2 } });
    const paced = new SignalboxError('RATE_LIMITED', 'x', { details: { retryAfterMs: 10 } });
    for (let n = 0; n < 20; n++) {
      expect(guard.mayRepeat(paced, false)).toBe(true);
      expect(guard.mayRepeat(lost(), true)).toBe(true);
      expect(guard.mayRepeat(new SignalboxError('SESSION_LOST', 'x'), false)).toBe(true);
    }
    expect(guard.snapshot().retryTokens).toBe(2);
  });
});
