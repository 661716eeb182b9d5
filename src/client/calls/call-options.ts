import type { Progress } from '../../protocol/mcp-types.ts';

/** How one call is to be made. */
export interface CallOptions {
  /** Aborts the call: it rejects with REQUEST_ABORTED and the server is told in the manner of its era. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Time without answer or progress after which the call fails, in ms. Default: `timeout` of the entry, else 60 000.
   * Infinity: never.
   */
  readonly timeoutMs?: number | undefined;
  /** Time after which it fails whatever progress it makes, in ms. Default 600 000. Infinity: never. */
  readonly totalTimeoutMs?: number | undefined;
  /** Asks the server for progress and hears it. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /**
   * Further entries of the request's `_meta`, such as `traceparent`, `tracestate` and `baggage` (W3C). Those that the
   * protocol sets itself win.
   */
  readonly meta?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Whether a list or resource may be answered from what the server allowed to be kept (`ttlMs`). `reload` asks the
   * server in any case. Default `default`.
   */
  readonly cache?: 'default' | 'reload' | undefined;
  /**
   * What happens when a call fails and may have been executed. `safe`: a second run does no harm, try again. `never`:
   * do not, whatever is known of the tool. Default: lists and reads are tried again, a tool only if the entry says
   * `trust` and the tool calls itself read-only or idempotent.
   */
  readonly retry?: 'safe' | 'never' | undefined;
  /** What happens to a result that does not fit its tool's `outputSchema`. Default: `validate` of the entry, `off`. */
  readonly validate?: 'off' | 'warn' | 'error' | undefined;
}
