import type { CallOptions } from '../calls/call-options.ts';

/** What is wanted of a task. */
export interface TaskOptions {
  /**
   * How long the server shall keep the task, in ms from its creation. Default: as the server likes. Only a server of
   * the legacy era is asked; a modern one decides by itself. Either may allow less.
   */
  readonly ttlMs?: number | undefined;
}

/**
 * How a tool is called as a task. Time limits, `signal` and `onProgress` are those of the call itself, which is
 * answered as soon as the task exists; how long the result is waited for is up to `TaskHandle.result`.
 */
export interface TaskCallOptions extends CallOptions {
  /** `true` for a task without special wishes. */
  readonly task: true | TaskOptions;
}
