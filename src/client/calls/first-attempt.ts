import type { CallSink } from '../../protocol/session/pending-call.ts';
import type { Session } from '../../protocol/session/session.ts';
import type { BreakerPermit } from '../../resilience/breaker/breaker-permit.ts';
import type { ClientActivity } from '../activity/client-activity.ts';
import type { CallInHand } from './call-in-hand.ts';
import type { CallGuard } from './guard/call-guard.ts';

/** What a {@link FirstAttempt} works with. */
export interface FirstAttemptOwner {
  readonly guard: CallGuard;
  readonly activity: ClientActivity;
  /** Goes on with a call whose first request came to `first`: its failure, or a question of the server. */
  pursue(call: CallInHand, first: Promise<Record<string, unknown>>): Promise<unknown>;
}

/**
 * The first request of a call that nothing stands in the way of: the guard has let it out and there is a session. Nearly
 * all calls end with it. It is told by the session itself what became of its request, so that such a call costs one
 * promise, the one of the application; whatever else happens is left to its owner.
 */
export class FirstAttempt implements CallSink {
  readonly #owner: FirstAttemptOwner;
  readonly #call: CallInHand;
  readonly #session: Session;
  readonly #permit: BreakerPermit;
  readonly #receivedBefore: number;
  readonly #resolve: (result: unknown) => void;
  readonly #reject: (error: unknown) => void;

  constructor(
    owner: FirstAttemptOwner,
    call: CallInHand,
    session: Session,
    permit: BreakerPermit,
    resolve: (result: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    this.#owner = owner;
    this.#call = call;
    this.#session = session;
    this.#permit = permit;
    this.#receivedBefore = session.received;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  answered(result: unknown, now: number): void {
    const { guard, activity } = this.#owner;
    const { method, extras, startedAt, params, options } = this.#call;
    guard.succeeded(this.#permit, now - startedAt, now);
    const answer = result as Record<string, unknown>;
    if (answer['resultType'] === 'input_required') {
      this.#pursue(Promise.resolve(answer));
      return;
    }
    activity.end(method);
    if (extras.read === undefined) {
      this.#resolve(answer);
      return;
    }
    try {
      this.#resolve(extras.read(answer, params, options));
    } catch (error) {
      this.#reject(error);
    }
  }

  failed(error: Error, now: number): void {
    const session = this.#session;
    this.#owner.guard.failed(this.#permit, error, {
      wasHeard: session.received !== this.#receivedBefore,
      durationMs: now - this.#call.startedAt,
      lostConnection: session.isLost ? session : undefined,
    });
    this.#pursue(Promise.reject(error));
  }

  #pursue(first: Promise<Record<string, unknown>>): void {
    this.#owner.pursue(this.#call, first).then(this.#resolve, this.#reject);
  }
}
