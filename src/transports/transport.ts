import type { SignalboxError } from '../core/errors.ts';

/**
 * One message on its way out, and the account of what became of it. Whoever sends it implements this; the transport
 * calls back on the object itself, so a call in flight costs no further allocation here.
 */
export interface Outgoing {
  /** The encoded JSON-RPC message: one line, without line break. */
  readonly text: string;
  /** True for a request: the peer owes an answer. False for a notification or a response. */
  readonly expectsAnswer: boolean;
  /** Headers that this message asks for where the transport has headers; names in lower case. */
  readonly headers: Readonly<Record<string, string>> | undefined;
  /** True for the request whose answer may open a transport session (`Mcp-Session-Id`). */
  readonly opensSession: boolean;
  /** True for an answer stream that stays open by design: no idle or answer timeout of the transport applies. */
  readonly longLived: boolean;
  /** True once the answer arrived or the call failed: nothing more needs to be reported. */
  readonly settled: boolean;
  /** A slot for the transport's own bookkeeping of this exchange. */
  exchange: unknown;
  /** The bytes were handed over: from now on the peer may have seen the message. */
  flushed(): void;
  /**
   * The transport has copied `text` and will not look at it again, so it may be forgotten. Worth saying of a large
   * message that waits for its answer; never needed.
   */
  taken?(): void;
  /** There will be no answer. Ignored once settled. */
  failed(error: SignalboxError): void;
}

/** What arrived that is not a message. */
export type NoiseKind = 'not-json' | 'invalid-utf8' | 'ignored-event';

/** Where a transport delivers. */
export interface TransportReceiver {
  /**
   * A message, still encoded. `exchange` is the request whose answer stream carried it, where the transport has one
   * stream for each request; `httpStatus` the status of that stream.
   */
  message(text: string, exchange: Outgoing | undefined, httpStatus?: number): void;
  /**
   * The server no longer knows the session, seen on a stream that belongs to no request. A request that meets it fails
   * with SESSION_LOST itself.
   */
  sessionLost?(error: SignalboxError): void;
  /**
   * Something that the server tells in words of its own, which the protocol has no message for. `type` is short and safe to
   * print; `data` is what came, as text or as parsed JSON, within the limits of a message.
   */
  told?(type: string, data: unknown): void;
  /** Something that cannot be a message; `sample` is peer text, bounded but not sanitised. */
  noise(kind: NoiseKind, sample: string): void;
}

/** Why a transport ended. Everything but `local` carries the error that pending calls fail with. */
export type CloseReason =
  /** We closed or destroyed it. */
  | { readonly kind: 'local' }
  /** The process of the server exited. */
  | {
      readonly kind: 'exit';
      readonly error: SignalboxError;
      readonly exitCode: number | null;
      readonly signal: string | null;
    }
  /** The peer ended the stream, or the stream broke. */
  | { readonly kind: 'lost'; readonly error: SignalboxError };

/** Facts for people about what a transport is connected to. */
export interface TransportDiagnostics {
  readonly pid?: number;
  /** Last lines of the server's stderr, bounded, not sanitised. */
  readonly stderrTail?: string;
  readonly sessionId?: string;
  readonly url?: string;
}

/**
 * How bytes travel. A transport knows sockets, processes and framing, and no MCP method.
 *
 * Its life: `open` once, then any number of `send`, then `close` or `destroy` once or more; `closed` resolves exactly
 * once, whatever ended it. An instance is never reused.
 */
export interface Transport {
  /** The kind under which it is registered: `stdio`, `http`, `sse`, … */
  readonly kind: string;
  /**
   * True if each request has an answer stream of its own (HTTP), so that dropping the stream is a way to cancel;
   * false if all messages share one stream (stdio, HTTP+SSE).
   */
  readonly streamPerRequest: boolean;
  /** The one family of revisions that it can carry: then no server is asked which one it speaks. Default: any. */
  readonly onlyEra?: 'legacy' | undefined;
  /** Resolves when messages can be sent; rejects with a typed error and leaves nothing behind. */
  open(receiver: TransportReceiver, signal: AbortSignal): Promise<void>;
  /** Never throws: what goes wrong is told to `outgoing.failed`. */
  send(outgoing: Outgoing): void;
  /** Nobody waits for this exchange any more: releases its stream, where it has one. */
  abandon(outgoing: Outgoing): void;
  /** Opens the stream for what the server says unasked, where that is a stream of its own (legacy HTTP GET). */
  listen?(headers: Readonly<Record<string, string>>): void;
  /** Ends in good order: what was sent is flushed, the peer is told, then resources are released. */
  close(headers?: Readonly<Record<string, string>>): Promise<void>;
  /** Ends at once. `closed` still resolves only when everything is released. */
  destroy(): void;
  readonly closed: Promise<CloseReason>;
  diagnostics(): TransportDiagnostics;
}
