import { abortError } from '../../../core/abort.ts';
import { messageWithoutHead, SignalboxError } from '../../../core/errors.ts';
import type { BreakerRefusal } from '../../../resilience/breaker/breaker-permit.ts';
import type { ConcurrencyRefusal } from '../../../resilience/limits/concurrency-limit.ts';
import type { RateLimitRefusal } from '../../../resilience/limits/rate-limit.ts';

/** Which piece of the guard refused a call, as `details.guard` says. */
export type GuardPiece = 'breaker' | 'concurrency' | 'rateLimit';

type RefusalCode = 'CIRCUIT_OPEN' | 'OVERLOADED' | 'RATE_LIMITED' | 'REQUEST_TIMEOUT';

/** True for an error by which the guard itself refused a call: nothing was sent, and trying again at once is no use. */
export function isGuardRefusal(error: unknown): error is SignalboxError {
  return SignalboxError.is(error) && 'guard' in error.details;
}

/** The errors of calls that the guard of one server refuses, and how many there were. */
export class GuardRefusals {
  /** By the piece that refused. Calls that somebody else ended do not count. */
  readonly counts: Record<GuardPiece, number> = { breaker: 0, concurrency: 0, rateLimit: 0 };
  readonly #server: string;

  constructor(server: string) {
    this.#server = server;
  }

  /** @param lastFailure what the server failed with before */
  circuitOpen(refusal: BreakerRefusal, lastFailure: Error | undefined): SignalboxError {
    const { reason, retryAfterMs } = refusal;
    const last = SignalboxError.is(lastFailure)
      ? `; the last failure: ${messageWithoutHead(lastFailure)}`
      : '';
    const why = {
      open: `the server failed again and again and is tried again in ${inSeconds(retryAfterMs)}`,
      probing: 'the server failed again and again; another call is just finding out whether it is back',
      isolated: 'the circuit was opened by hand; circuit.reset() closes it',
    }[reason];
    return this.#refused(
      'CIRCUIT_OPEN',
      'breaker',
      `not sent: ${why}${last}`,
      { reason, retryAfterMs },
      lastFailure,
    );
  }

  /** Its time was over while somebody else was asked for a sign of life. */
  noProof(): SignalboxError {
    const message = 'not sent: its time was over before the server, which had failed, gave a sign of life';
    return this.#made('REQUEST_TIMEOUT', 'breaker', message, {});
  }

  noPlace(refusal: ConcurrencyRefusal, signal: AbortSignal | undefined): SignalboxError {
    const { reason, inFlight, queued } = refusal;
    const facts = { inFlight, queued };
    if (reason === 'queue-full') {
      const message = `not sent: ${inFlight} requests are in flight and ${queued} wait already (x-signalbox.concurrency)`;
      return this.#refused('OVERLOADED', 'concurrency', message, facts);
    }
    if (reason === 'deadline') {
      const message = `not sent: its time was over before one of ${inFlight} requests in flight ended (x-signalbox.concurrency)`;
      return this.#refused('REQUEST_TIMEOUT', 'concurrency', message, facts);
    }
    return this.#ended(reason, signal);
  }

  noToken(refusal: RateLimitRefusal, signal: AbortSignal | undefined): SignalboxError {
    const { reason, retryAfterMs } = refusal;
    const facts = { retryAfterMs };
    switch (reason) {
      case 'queue-full':
        return this.#refused(
          'OVERLOADED',
          'rateLimit',
          'not sent: too many requests wait for their turn already (x-signalbox.rateLimit.maxQueued)',
          facts,
        );
      case 'paused':
        return this.#refused(
          'RATE_LIMITED',
          'rateLimit',
          `not sent: the server asked for a pause, which ends in ${inSeconds(retryAfterMs)} and later than the call`,
          facts,
        );
      case 'rate-limited':
      case 'deadline':
        return this.#refused(
          'RATE_LIMITED',
          'rateLimit',
          `not sent: its turn comes in ${inSeconds(retryAfterMs)} and later than its time is over (x-signalbox.rateLimit)`,
          facts,
        );
      default:
        return this.#ended(reason, signal);
    }
  }

  #ended(reason: 'aborted' | 'cancelled', signal: AbortSignal | undefined): SignalboxError {
    if (reason === 'aborted' && signal !== undefined) return abortError(signal, this.#server);
    return new SignalboxError('CONNECTION_CLOSED', 'not sent: the client was disconnected', {
      server: this.#server,
    });
  }

  #refused(
    code: RefusalCode,
    guard: GuardPiece,
    message: string,
    facts: Readonly<Record<string, unknown>>,
    cause?: Error,
  ): SignalboxError {
    this.counts[guard]++;
    return this.#made(code, guard, message, facts, cause);
  }

  #made(
    code: RefusalCode,
    guard: GuardPiece,
    message: string,
    facts: Readonly<Record<string, unknown>>,
    cause?: Error,
  ): SignalboxError {
    return new SignalboxError(code, message, { server: this.#server, cause, details: { guard, ...facts } });
  }
}

function inSeconds(ms: number): string {
  return ms < 1000 ? `${Math.ceil(ms)} ms` : `${Math.ceil(ms / 1000)} s`;
}
