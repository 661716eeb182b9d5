import type { CallOptions } from '../../client/calls/call-options.ts';
import type { Progress } from '../../protocol/mcp-types.ts';
import type { CatalogTool } from '../../registry/catalog/catalog.ts';
import type { ContentLimits } from './model-content.ts';
import type { MissingTools, ToolSelection } from './tool-source.ts';

/** A call that a model wants to be made. */
export interface ToolCallRequest extends CatalogTool {
  /** What the model gave: an object, and nothing else is known of it. */
  readonly args: Readonly<Record<string, unknown>>;
  /** By which the model's provider knows the call. Undefined where there is none. */
  readonly toolCallId: string | undefined;
  /** Fires when nobody waits for the call any more. */
  readonly signal: AbortSignal | undefined;
}

/** `true`: make the call. `false`, or a sentence that the model is told: do not. */
export type Approval = boolean | string;

/** What all adapters can be told. */
export interface AdapterOptions
  extends ToolSelection,
    ContentLimits,
    Pick<CallOptions, 'signal' | 'timeoutMs' | 'totalTimeoutMs' | 'retry' | 'validate'> {
  /**
   * What happens when tools are missing: because a server is not connected, a named tool is not offered, or there are too
   * many. `error` refuses with SERVER_UNAVAILABLE; a function is told of them. Default `ignore`: the model gets the others.
   */
  readonly onMissing?: 'ignore' | 'error' | ((missing: readonly MissingTools[]) => void) | undefined;
  /**
   * Asked before each call is made, except those of read-only tools of servers that the configuration trusts
   * (`x-signalbox.trust`). If it throws, the call is not made. Default: every call is made.
   */
  readonly approve?: ((call: ToolCallRequest) => Approval | PromiseLike<Approval>) | undefined;
  /** Asks servers for progress, and hears it with the call that it belongs to. Default: nobody asks. */
  readonly onProgress?: ((progress: Progress, call: ToolCallRequest) => void) | undefined;
  /**
   * Entries of each request's `_meta`, such as `traceparent`, or a function that makes them for a call. Default: none.
   */
  readonly meta?:
    | Readonly<Record<string, unknown>>
    | ((call: ToolCallRequest) => Readonly<Record<string, unknown>> | undefined)
    | undefined;
  /**
   * Longest description of a tool, and of anything in its schema, in characters. Default: 1 024 for OpenAI, which takes no
   * more; otherwise 4 096.
   */
  readonly maxDescriptionLength?: number | undefined;
}
