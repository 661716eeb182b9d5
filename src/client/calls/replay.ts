import { messageWithoutHead, SignalboxError } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import { fullJitter } from '../../resilience/backoff.ts';

/**
 * What became of a request that failed. `not-sent`: its bytes never left. `rejected`: the server refused it before it
 * did anything. `unknown`: it was sent and no answer came. `answered`: the server answered, with whatever.
 */
export type CallOutcome = 'not-sent' | 'rejected' | 'unknown' | 'answered';

/** Refusals that say that nothing was executed. A 503 is none of them: it proves nothing. */
const REJECTIONS: ReadonlySet<string> = new Set(['SESSION_LOST', 'RATE_LIMITED', 'AUTH_REQUIRED']);

export function outcomeOf(error: unknown): CallOutcome {
  if (!SignalboxError.is(error) || error.delivered === 'yes') return 'answered';
  if (error.delivered === 'unknown') return 'unknown';
  return REJECTIONS.has(error.code) ? 'rejected' : 'not-sent';
}

/** Requests that change nothing at the server: a second run does no harm. */
const READS: ReadonlySet<string> = new Set([
  'server/discover',
  'ping',
  'tools/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'prompts/list',
  'prompts/get',
  'completion/complete',
  'tasks/get',
]);

export function isRead(method: string): boolean {
  return READS.has(method);
}

/** The caller's own limits ended the call: another attempt would not be in their sense. */
const ENDED_BY_CALLER: ReadonlySet<string> = new Set([
  'REQUEST_TIMEOUT',
  'REQUEST_ABORTED',
  'CONNECTION_CLOSED',
]);

/** Retries of one call after its outcome became unknown; only where a second run is allowed. */
const MAX_UNKNOWN = 2;
/** Replays of one call that provably was not executed. */
const MAX_REPLAYS = 5;
const BACKOFF = { baseMs: 100, maxMs: 5000 };
/** A server that asks for more patience than this is not waited for, in ms. */
const MAX_RETRY_AFTER_MS = 60_000;

/** What the decision depends on. */
export interface ReplayContext {
  /** Attempts that have failed so far, this one included; at least 1. */
  readonly failures: number;
  /** Whether a second run is allowed although the first may have been executed. */
  readonly isSafe: boolean;
  /** Time left of the call, in ms. */
  readonly leftMs: number;
  readonly random: Random;
}

/** The delay in ms after which a failed request may be made again; undefined if it may not. */
export function replayDelay(error: unknown, context: ReplayContext): number | undefined {
  if (!SignalboxError.is(error) || !error.retryable || ENDED_BY_CALLER.has(error.code)) return undefined;
  const { failures, isSafe, leftMs, random } = context;
  const outcome = outcomeOf(error);
  if (outcome === 'answered' || (outcome === 'unknown' && !isSafe)) return undefined;
  if (failures > (outcome === 'unknown' ? MAX_UNKNOWN : MAX_REPLAYS)) return undefined;
  const asked = error.details['retryAfterMs'];
  // A first loss of the session is repaired at once; whoever waits for a connection needs no delay on top.
  let delayMs =
    error.code === 'SESSION_LOST' && failures === 1 ? 0 : fullJitter(failures - 1, BACKOFF, random);
  if (typeof asked === 'number') {
    if (asked > MAX_RETRY_AFTER_MS) return undefined;
    delayMs = Math.max(asked, delayMs);
  } else if (error.code === 'RATE_LIMITED') {
    delayMs = Math.max(1000, delayMs);
  }
  return delayMs < leftMs ? delayMs : undefined;
}

/**
 * The error of a call that nobody can say was executed or not: `OUTCOME_UNKNOWN`, with what happened as its cause. Other
 * errors stay what they are; so do those by which the caller's own limits ended the call, whose `delivered` tells.
 */
export function asOutcome(error: unknown, method: string, server: string, elapsedMs: number): unknown {
  if (method !== 'tools/call' || !SignalboxError.is(error) || outcomeOf(error) !== 'unknown') return error;
  if (ENDED_BY_CALLER.has(error.code) || error.code === 'OUTCOME_UNKNOWN') return error;
  return new SignalboxError(
    'OUTCOME_UNKNOWN',
    `the tool may have been executed, and may not: ${error.message}; look before you call it again`,
    {
      server,
      delivered: 'unknown',
      cause: error,
      details: {
        ...error.details,
        method,
        phase: 'waiting for the answer',
        elapsedMs: Math.round(elapsedMs),
      },
    },
  );
}

/**
 * The error of a call that was made more than once: what is known of the last request takes nothing back of an earlier
 * one that may have been executed.
 *
 * @param earlier the failure that left open whether the request was executed; undefined if none did
 */
export function afterUnknown(
  error: unknown,
  earlier: unknown,
  method: string,
  server: string,
  elapsedMs: number,
): unknown {
  if (earlier === undefined || isRead(method) || !SignalboxError.is(error) || error.delivered !== 'no')
    return error;
  if (!ENDED_BY_CALLER.has(error.code)) return asOutcome(earlier, method, server, elapsedMs);
  const { code, retryable, details, cause } = error;
  return new SignalboxError(
    code,
    `${messageWithoutHead(error)}; the attempt before was sent, and may have been executed`,
    { server, retryable, delivered: 'unknown', cause: cause ?? earlier, details },
  );
}
