import type { RequestId } from '../../wire/json-rpc.ts';

/** Requests of one client that are being worked on, by their exact ids: 1 and "1" are two (S13). */
export class InFlight {
  readonly #max: number;
  readonly #requests: Map<RequestId, AbortController> = new Map();

  /** @param max requests at the same time */
  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#requests.size;
  }

  /** Notes a request. Its controller cancels it; a string tells why it is refused. */
  begin(id: RequestId): AbortController | 'duplicate' | 'full' {
    if (this.#requests.has(id)) return 'duplicate';
    if (this.#requests.size >= this.#max) return 'full';
    const controller = new AbortController();
    this.#requests.set(id, controller);
    return controller;
  }

  end(id: RequestId): void {
    this.#requests.delete(id);
  }

  /** Cancels one request; an unknown id has been answered already, or never was. */
  cancel(id: unknown, reason: unknown): void {
    if (typeof id === 'string' || typeof id === 'number') this.#requests.get(id)?.abort(reason);
  }

  cancelAll(reason: unknown): void {
    for (const controller of this.#requests.values()) controller.abort(reason);
  }
}
