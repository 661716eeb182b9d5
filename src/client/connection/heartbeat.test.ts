import { describe, expect, it } from 'vitest';
import { RemoteError, type SignalboxError } from '../../core/errors.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { Heartbeat } from './heartbeat.ts';

interface Ping {
  answer(): void;
  fail(error: Error): void;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

function started(settings: Partial<{ intervalMs: number; timeoutMs: number; misses: number }> = {}) {
  const clock = new FakeClock();
  const pings: Ping[] = [];
  const stale: SignalboxError[] = [];
  const heartbeat = new Heartbeat(
    { intervalMs: 1000, timeoutMs: 100, misses: 2, ...settings },
    {
      name: 's',
      clock,
      random: () => 0.5,
      ping: (timeoutMs, signal) =>
        new Promise<void>((answer, fail) => pings.push({ answer, fail, signal, timeoutMs })),
      stale: (cause) => stale.push(cause),
    },
  );
  heartbeat.start();
  return { clock, pings, stale, heartbeat };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Heartbeat', () => {
  it('pings after each interval of silence', async () => {
    const { clock, pings } = started();
    await clock.advance(999);
    expect(pings).toHaveLength(0);
    await clock.advance(1);
    expect(pings).toMatchObject([{ timeoutMs: 100 }]);
    pings[0]!.answer();
    await settled();
    await clock.advance(1000);
    expect(pings).toHaveLength(2);
  });

  it('does not ping a server that speaks', async () => {
    const { clock, pings, heartbeat } = started();
    for (let beat = 0; beat < 5; beat++) {
      heartbeat.heard();
      await clock.advance(1000);
      await settled();
    }
    expect(pings).toHaveLength(0);
    await clock.advance(1000);
    expect(pings).toHaveLength(1);
  });

  it('tells of a connection that missed too many in a row, once', async () => {
    const { clock, pings, stale } = started();
    await clock.advance(1000);
    pings[0]!.fail(new Error('timeout'));
    await settled();
    expect(stale).toEqual([]);
    await clock.advance(1000);
    pings[1]!.fail(new Error('timeout'));
    await settled();
    expect(stale).toMatchObject([{ code: 'CONNECTION_LOST', server: 's', retryable: true }]);
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([
    ['an answer', (ping: Ping) => ping.answer()],
    [
      'an error of the server',
      (ping: Ping) => ping.fail(new RemoteError({ code: -32601, message: 'unknown', server: 's' })),
    ],
  ])('%s makes up for what was missed', async (_what, answer) => {
    const { clock, pings, stale } = started();
    for (let beat = 0; beat < 6; beat++) {
      await clock.advance(1000);
      if (beat % 2 === 0) pings[beat]!.fail(new Error('timeout'));
      else answer(pings[beat]!);
      await settled();
    }
    expect(pings).toHaveLength(6);
    expect(stale).toEqual([]);
  });

  it('takes a server for alive that says something else while it is pinged', async () => {
    const { clock, pings, stale, heartbeat } = started({ misses: 1 });
    await clock.advance(1000);
    heartbeat.heard();
    pings[0]!.fail(new Error('timeout'));
    await settled();
    expect(stale).toEqual([]);
  });

  it('leaves nothing behind when it is stopped', async () => {
    const { clock, pings, stale, heartbeat } = started({ misses: 1 });
    await clock.advance(1000);
    heartbeat.stop();
    expect(pings[0]!.signal.aborted).toBe(true);
    pings[0]!.fail(new Error('aborted'));
    await settled();
    expect(stale).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is off without an interval', () => {
    const { clock } = started({ intervalMs: Number.POSITIVE_INFINITY });
    expect(clock.pendingTimers).toBe(0);
  });
});
