import type { Timer } from '../../core/clock.ts';
import { deferred } from '../../core/deferred.ts';
import type { TransportContext } from '../transport-context.ts';
import { HttpCall } from './exchange/http-call.ts';
import type { HttpRequest, HttpTarget } from './exchange/http-request.ts';

/** How long the farewell to a session may take, in ms. */
export const SESSION_END_MS = 2000;

/** The request that ends a session. Whatever the server answers is fine, and so is silence, for a while (F-093). */
export class SessionEnd extends HttpCall {
  readonly #finished = deferred<void>();
  readonly #timer: Timer;

  constructor(target: HttpTarget, request: HttpRequest, { clock }: TransportContext) {
    super(target, request);
    this.#timer = clock.setTimeout(() => this.cancel(), SESSION_END_MS);
  }

  /** Resolves when the exchange is over, one way or the other; never rejects. */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  protected override handleHead(): void {}
  protected override handleData(): void {}
  protected override handleEnd(): void {}
  protected override handleBroken(): void {}

  protected override handleReleased(): void {
    this.#timer.cancel();
    this.#finished.resolve();
  }
}
