/** What is measured in one window of calls. */
export interface WindowOrder {
  readonly order: 'window';
  readonly tool: 'echo' | 'produce';
  readonly bytes: number;
  readonly inFlight: number;
  /** The window ends when both time and number of calls are reached. */
  readonly windowMs: number;
  readonly minCalls: number;
}

export interface Window {
  readonly calls: number;
  readonly wallMs: number;
  /** User and system time of the client's process alone. */
  readonly cpuMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface Opened {
  readonly importMs: number;
  readonly connectMs: number;
}

/** What one more idle client costs. */
export interface IdleCost {
  readonly connectMs: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
}

/** What a contender's process can be told to do, and what it answers (`programs/contender.mjs`). */
export interface Orders {
  open: { readonly order: 'open' };
  reconnect: { readonly order: 'reconnect' };
  window: WindowOrder;
  idle: { readonly order: 'idle'; readonly count: number; readonly bytes: number };
  close: { readonly order: 'close' };
}

export interface Answers {
  open: Opened;
  reconnect: { readonly connectMs: number };
  window: Window;
  idle: IdleCost;
  close: object;
}
