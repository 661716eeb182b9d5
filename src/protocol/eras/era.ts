import type { Params } from '../../wire/json-rpc.ts';

/** The two ways in which revisions speak: `legacy` (2024-11-05 to 2025-11-25) and `modern` (2026-07-28). */
export type EraName = 'legacy' | 'modern';

/** What a result says of itself: `unknown` is a `resultType` that nobody here understands. */
export type ResultReading = 'complete' | 'input_required' | 'unknown';

/**
 * How a request is dressed and a result is read: what the two families of revisions do differently. Whatever is the
 * same for all messages of a connection is prepared once, when the era is made.
 */
export interface Era {
  readonly name: EraName;
  readonly protocolVersion: string;
  /** The method that proves that the server is alive. */
  readonly pingMethod: string;
  /** True if the server may send requests, which then must be answered. */
  readonly answersRequests: boolean;
  /** True if several messages may come in one array. */
  readonly receivesBatches: boolean;
  /** The inside of `_meta` for one request, ready to be spliced in; empty for none. */
  meta(progressToken: number | undefined): string;
  /** Headers that a message of this method needs on transports that have headers. */
  headers(method: string, params: Params | undefined): Readonly<Record<string, string>> | undefined;
  readResult(result: Readonly<Record<string, unknown>>): ResultReading;
  /** Whether a request is cancelled by a notification, given how the transport carries answers. */
  cancelsByNotification(streamPerRequest: boolean): boolean;
}
