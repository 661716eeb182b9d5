import { abortError } from '../core/abort.ts';
import { deferred } from '../core/deferred.ts';
import { SignalboxError } from '../core/errors.ts';
import type {
  CloseReason,
  Outgoing,
  Transport,
  TransportDiagnostics,
  TransportReceiver,
} from './transport.ts';

/** The server's end of an in-process connection. */
export interface MemoryLink {
  /** Sends one encoded message to the client. Ignored once the connection is over. */
  send(text: string): void;
  /** Ends the connection from the server's side: the client sees it as lost. */
  close(): void;
}

/** What a server in the same process is: it gets a link when a client connects, and returns who reads. */
export type MemoryPeer = (link: MemoryLink) => {
  /** One encoded message from the client. */
  receive(text: string): void;
  /** The client has closed the connection. */
  closed?(): void;
};

/**
 * A connection to a server in the same process, for tests and for embedding. Messages cross in both directions in a
 * later microtask each, in order, so that neither side is called from within its own call.
 */
export class MemoryTransport implements Transport {
  readonly kind = 'memory';
  readonly streamPerRequest = false;
  readonly #peer: MemoryPeer;
  readonly #server: string;
  readonly #closed = deferred<CloseReason>();
  #end: ReturnType<MemoryPeer> | undefined;
  #ended = false;
  #loss: SignalboxError | undefined;

  /** @param server name of the server, for errors */
  constructor(peer: MemoryPeer, server: string) {
    this.#peer = peer;
    this.#server = server;
  }

  get closed(): Promise<CloseReason> {
    return this.#closed.promise;
  }

  open(receiver: TransportReceiver, signal: AbortSignal): Promise<void> {
    if (signal.aborted) {
      this.destroy();
      return Promise.reject(abortError(signal, this.#server));
    }
    if (this.#ended || this.#end !== undefined) return Promise.reject(this.#notOpen());
    this.#end = this.#peer({
      send: (text) => queueMicrotask(() => this.#ended || receiver.message(text, undefined)),
      close: () => queueMicrotask(() => this.#lose('the server ended the connection')),
    });
    return Promise.resolve();
  }

  send(outgoing: Outgoing): void {
    const end = this.#end;
    if (end === undefined || this.#ended) {
      outgoing.failed(this.#notOpen());
      return;
    }
    queueMicrotask(() => {
      if (outgoing.settled) return;
      if (this.#ended) {
        // It was on its way when the connection ended: the server has not seen it.
        outgoing.failed(this.#notOpen());
        return;
      }
      outgoing.flushed();
      try {
        end.receive(outgoing.text);
      } catch (cause) {
        // A server elsewhere that fails like this would be gone; it must not take this process along.
        this.#lose('the server failed', cause);
      }
    });
  }

  abandon(): void {}

  async close(): Promise<void> {
    // One turn later: what was sent before has been handed over by then.
    await Promise.resolve();
    this.destroy();
    await this.closed;
  }

  destroy(): void {
    this.#finish({ kind: 'local' });
    this.#end?.closed?.();
    this.#end = undefined;
  }

  diagnostics(): TransportDiagnostics {
    return {};
  }

  #lose(what: string, cause?: unknown): void {
    const error = new SignalboxError('CONNECTION_LOST', what, {
      server: this.#server,
      delivered: 'unknown',
      cause,
    });
    if (!this.#ended) this.#loss = error;
    this.#finish({ kind: 'lost', error });
  }

  #finish(reason: CloseReason): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#closed.resolve(reason);
  }

  #notOpen(): SignalboxError {
    const [server, cause] = [this.#server, this.#loss];
    if (cause === undefined)
      return new SignalboxError('CONNECTION_CLOSED', 'the connection is not open', { server });
    return new SignalboxError('CONNECTION_LOST', 'the connection was lost before', { server, cause });
  }
}
