/**
 * What goes wrong with one request. Faults that replace the answer can be had with and without an execution of the
 * call: see {@link FaultTerms.executes}.
 */
export type Fault =
  /** Nothing: the request is served as it should be. With `times` it lets requests pass before what follows. */
  | { readonly kind: 'none' }
  /** The right answer, after `delayMs`. */
  | { readonly kind: 'late'; readonly delayMs: DelayMs }
  /** No answer, ever; the connection stays open. Default: not executed. */
  | { readonly kind: 'hang' }
  /** The connection breaks: the process kills itself, the socket is closed by RST. Default: not executed. */
  | { readonly kind: 'disconnect' }
  /** The process ends by itself with this exit code (0 to 255). stdio only. Default: not executed. */
  | { readonly kind: 'exit'; readonly code: number }
  /** Half of the right answer, then the connection breaks as by `disconnect`. */
  | { readonly kind: 'truncate' }
  /** Something that is no message, then the right answer. `text` is one line, default "Server started". */
  | { readonly kind: 'noise'; readonly text?: string }
  /** The right answer, several times: `copies` from 2 (the default) to 1 000. */
  | { readonly kind: 'duplicate'; readonly copies?: number }
  /** The right answer under an id that is not that of the request; default: one that nobody has used. */
  | { readonly kind: 'wrong-id'; readonly id?: string | number | null }
  /** A JSON-RPC error; default −32603 "injected error". Default: not executed. */
  | { readonly kind: 'error'; readonly code?: number; readonly message?: string }
  /** A result that is not what the method promises; default: a string where an object is due. */
  | { readonly kind: 'wrong-shape'; readonly result?: unknown }
  /** Text that is not JSON in place of the answer. `text` is one line, default `{"jsonrpc":` and words. */
  | { readonly kind: 'not-json'; readonly text?: string }
  /**
   * An HTTP status (400 to 599) in place of the answer. http and sse only. Default: not executed.
   * `retryAfter` is sent as it is: seconds, or an HTTP date.
   */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: number | string }
  /** The server has forgotten the session of the request and says 404. http and sse only. Never executed. */
  | { readonly kind: 'session-lost' }
  /** The right answer in pieces of `chunkBytes` (default 1), with `everyMs` (default 1) between them. */
  | { readonly kind: 'trickle'; readonly chunkBytes?: number; readonly everyMs?: number }
  /** The right answer, padded to `bytes` (at most 256 MiB) inside `_meta`: one huge line, event or body. */
  | { readonly kind: 'huge'; readonly bytes: number };

/** The kinds of faults that a server can have. */
export type FaultKind = Fault['kind'];

/** A fixed time in ms, or one between two bounds, drawn anew for each request. At most 2^31−1. */
export type DelayMs = number | readonly [fromMs: number, toMs: number];

/** When and how a fault happens. */
export interface FaultTerms {
  /** How often it happens, 1 or more. Default: always. Counted across restarts of a process. */
  readonly times?: number;
  /** How likely it is for each request, from 0 to 1, drawn from the random source. Default 1. */
  readonly probability?: number;
  /** Time between the execution of the call and the fault. Default 0. */
  readonly delayMs?: DelayMs;
  /**
   * Whether the call is executed before, and stands in the journal. Only for faults that replace the answer:
   * `hang`, `disconnect`, `exit`, `error`, `status`. Default `false`; all others execute, except `session-lost`.
   */
  readonly executes?: boolean;
}

/** A fault and its terms. Plain JSON. */
export type FaultRule = Fault & FaultTerms;

/**
 * Which requests a rule is about: a method (`'tools/call'`), a tool (`'tools/call:echo'`), or `'*'` for all, the
 * handshake included.
 */
export type FaultTarget = string;

/** Rules by target. */
export type FaultRules = Readonly<Record<FaultTarget, FaultRule | readonly FaultRule[]>>;

/** Faults that stand in place of the answer, so that there may be an execution behind them or not. */
export const REPLACING: ReadonlySet<FaultKind> = new Set(['hang', 'disconnect', 'exit', 'error', 'status']);

/** Whether the call is executed under this rule. */
export function executes(rule: FaultRule | undefined): boolean {
  if (rule === undefined) return true;
  if (rule.kind === 'session-lost') return false;
  return !REPLACING.has(rule.kind) || rule.executes === true;
}
