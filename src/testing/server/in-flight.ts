import { isRequestId, type JsonRpcNotification, type RequestId } from '../../wire/json-rpc.ts';

/** Requests of one client that are being worked on, so that it can cancel them by their ids. */
export class InFlight {
  readonly #requests: Map<RequestId, AbortController> = new Map();

  /** Runs `work` with a signal that fires when the request is cancelled. */
  async run(id: RequestId, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const controller = new AbortController();
    this.#requests.set(id, controller);
    try {
      await work(controller.signal);
    } finally {
      if (this.#requests.get(id) === controller) this.#requests.delete(id);
    }
  }

  /** An unknown id has been answered already, or never was. */
  cancel(id: unknown): void {
    if (isRequestId(id)) this.#requests.get(id)?.abort();
  }

  /** Does what a notification of the client asks for, if it is one that cancels. */
  notified({ method, params }: JsonRpcNotification): void {
    if (method === 'notifications/cancelled') this.cancel(params?.['requestId']);
  }

  cancelAll(): void {
    for (const controller of this.#requests.values()) controller.abort();
  }
}
