import { onAbort } from '../../core/abort.ts';
import { type RemoteError, SignalboxError } from '../../core/errors.ts';
import { LateMap } from '../../core/late-map.ts';
import { isObject } from '../../wire/json-rpc.ts';
import type { ClientEnvironment } from '../connection/connector.ts';
import type { InputDesk } from './input-desk.ts';

/** How long a person may take for what a URL asks before the request is made again anyway, in ms. */
const COMPLETION_MS = 120_000;
const MAX_ELICITATIONS = 16;

/** What {@link UrlElicitations} ask of their client. */
export interface UrlElicitationsOwner {
  readonly name: string;
  readonly environment: Pick<ClientEnvironment, 'clock'>;
  readonly desk: InputDesk;
}

/**
 * URL elicitations of revision 2025-11-25 that a request depends on (error -32042): a person is asked to open each
 * URL, and the request is made again when the server says that they are completed.
 */
export class UrlElicitations {
  readonly #client: UrlElicitationsOwner;
  readonly #waiting: LateMap<string, () => void> = new LateMap();

  constructor(client: UrlElicitationsOwner) {
    this.#client = client;
  }

  /** `notifications/elicitation/complete`. Unknown and repeated ids are ignored, as they must be. */
  completed(elicitationId: unknown): void {
    if (typeof elicitationId === 'string') this.#waiting.get(elicitationId)?.();
  }

  /**
   * Resolves when the request that failed with `error` may be made again.
   * @throws the error itself where nobody can be asked; SignalboxError INPUT_REFUSED if a person said no
   */
  async settle(error: RemoteError, signal: AbortSignal | undefined): Promise<void> {
    const listed = isObject(error.data) ? error.data['elicitations'] : undefined;
    const elicitations = Array.isArray(listed) ? listed.filter(isObject) : [];
    const { elicitUrl } = this.#client.desk.handlers;
    if (elicitUrl === undefined || elicitations.length === 0 || elicitations.length > MAX_ELICITATIONS)
      throw error;
    await Promise.all(elicitations.map((elicitation) => this.#one(elicitation, error, signal)));
  }

  async #one(
    elicitation: Readonly<Record<string, unknown>>,
    error: RemoteError,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const id = elicitation['elicitationId'];
    // Listening begins before a person is asked: the server may be faster than they are.
    const completion = typeof id === 'string' ? this.#completion(id, signal) : undefined;
    try {
      const params = { ...elicitation, mode: 'url' };
      const context = signal ?? new AbortController().signal;
      const { action } = await this.#client.desk.serve('elicitation/create', params, context);
      if (action !== 'accept') {
        throw new SignalboxError(
          'INPUT_REFUSED',
          'the person did not agree to open the URL that the server needs',
          {
            server: this.#client.name,
            delivered: 'yes',
            cause: error,
          },
        );
      }
      await completion?.promise;
    } finally {
      completion?.release();
    }
  }

  #completion(id: string, signal: AbortSignal | undefined): { promise: Promise<void>; release: () => void } {
    let release = (): void => {};
    const promise = new Promise<void>((resolve) => {
      const timer = this.#client.environment.clock.setTimeout(resolve, COMPLETION_MS);
      this.#waiting.set(id, resolve);
      // Also when the person never answers: nobody waits for what they were asked.
      const stopWatching = onAbort(signal, () => {
        release();
        resolve();
      });
      release = () => {
        timer.cancel();
        stopWatching();
        this.#waiting.delete(id);
      };
    });
    return { promise, release };
  }
}
