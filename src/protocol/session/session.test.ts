import { describe, expect, it } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { DeadlineWheel } from '../../core/deadline-wheel.ts';
import { SignalboxError } from '../../core/errors.ts';
import { silentLogger } from '../../core/log.ts';
import { MemoryTransport } from '../../transports/memory-transport.ts';
import { Session, type SessionWatcher } from './session.ts';

const OVER = new SignalboxError('CONNECTION_LOST', 'it is over');

function silentSession(): Session {
  return new Session({
    server: 's',
    transport: new MemoryTransport(() => ({ receive: () => {} }), 's'),
    environment: {
      clock: systemClock,
      wheel: new DeadlineWheel({ clock: systemClock }),
      random: Math.random,
      logger: silentLogger,
    },
    handlers: {
      notification: () => {},
      request: () => Promise.reject(new Error('nobody asks')),
      settled: () => {},
      sessionLost: () => {},
    },
  });
}

function watcherInto(events: unknown[]): SessionWatcher {
  return { sessionOver: (session, reason) => void events.push([session, reason]) };
}

describe('the watcher of a session', () => {
  it('is told once that it is over, after all calls in flight', async () => {
    const session = silentSession();
    const events: unknown[] = [];
    session.watchedBy(watcherInto(events));
    await session.open(new AbortController().signal);
    const sink = { answered: () => {}, failed: () => void events.push('call') };
    session.dispatch('a', {}, { timeoutMs: Number.POSITIVE_INFINITY }, sink);
    session.fail(OVER);
    session.fail(new SignalboxError('CONNECTION_LOST', 'again'));
    session.transport.destroy();
    await session.transport.closed;
    expect(events).toEqual(['call', [session, OVER]]);
  });

  it('is told by the end of the transport', async () => {
    const session = silentSession();
    const events: unknown[] = [];
    session.watchedBy(watcherInto(events));
    session.transport.destroy();
    await session.transport.closed;
    await Promise.resolve();
    expect(events).toEqual([[session, expect.objectContaining({ code: 'CONNECTION_CLOSED' })]]);
  });

  it('is told as well if it comes when all is over, and not before it has gone on', async () => {
    const session = silentSession();
    session.retire(OVER);
    const events: unknown[] = [];
    session.watchedBy(watcherInto(events));
    expect(events).toEqual([]);
    await Promise.resolve();
    expect(events).toEqual([[session, OVER]]);
    session.transport.destroy();
    await session.transport.closed;
    expect(events).toHaveLength(1);
  });
});
