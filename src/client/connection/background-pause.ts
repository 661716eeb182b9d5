import type { ResolvedSettings } from '../../config/settings.ts';
import type { Clock, Timer } from '../../core/clock.ts';
import type { SignalboxErrorCode } from '../../core/error-codes.ts';
import type { SignalboxError } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import type { RunKind } from './attempt-run.ts';

/** Answers to a handshake that are no use: final for a server that never worked, a mishap for one that did. */
const UNUSABLE: ReadonlySet<SignalboxErrorCode> = new Set<SignalboxErrorCode>([
  'CONNECT_FAILED',
  'HTTP_ERROR',
  'INVALID_RESULT',
  'BAD_RESPONSE',
  'BAD_MESSAGE',
  'FRAME_TOO_LARGE',
  'BODY_TOO_LARGE',
]);

/** One spoilt answer while a connection is repaired must not end for good what has worked. */
function isMishap({ code }: SignalboxError, kind: RunKind): boolean {
  return kind !== 'asked' && UNUSABLE.has(code);
}

/** What a {@link BackgroundPause} goes by. */
export interface PauseOptions {
  readonly settings: Pick<ResolvedSettings, 'retry' | 'restart'>;
  readonly environment: { readonly clock: Clock; readonly random: Random };
}

/**
 * The time between giving a connection up and one more, careful attempt in the background: whatever broke the server
 * may have been repaired by then. There is never more than one.
 */
export class BackgroundPause {
  readonly #options: PauseOptions;
  #timer: Timer | undefined;
  /** How long the attempts that fail now are apart, before jitter: a server that kept dying keeps its long pauses. */
  #pauseMs = 0;

  constructor(options: PauseOptions) {
    this.#options = options;
  }

  /**
   * @param kind of the run that gave up
   * @param attempt makes the next attempt; told whether it ends a restart limit
   * @returns when that will be, on the wall clock; undefined if the cause cannot pass, or no attempts are wanted
   */
  begin(cause: SignalboxError, kind: RunKind, attempt: (isAfterLimit: boolean) => void): number | undefined {
    this.cancel();
    const { settings, environment } = this.#options;
    const { clock, random } = environment;
    const isLimit = cause.code === 'RESTART_LIMIT';
    if (!isLimit && !cause.retryable && !isMishap(cause, kind)) return undefined;
    if (isLimit) this.#pauseMs = settings.restart.pauseMs;
    else if (kind !== 'careful') this.#pauseMs = settings.retry.pauseMs;
    if (this.#pauseMs === Number.POSITIVE_INFINITY) return undefined;
    // With jitter, so that many clients of one server do not come back together.
    const delayMs = this.#pauseMs * (0.8 + 0.4 * random());
    this.#timer = clock.setTimeout(() => {
      this.#timer = undefined;
      attempt(isLimit);
    }, delayMs);
    // To wait for a server that is away is no reason for a process to live on.
    this.#timer.unref();
    return clock.wallNow() + delayMs;
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
