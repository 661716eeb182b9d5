import type { SignalboxError } from '../../core/errors.ts';

/**
 * The life of one connection (architecture: two state machines).
 *
 * | from \ event   | connect      | opened         | ready       | lost           | retry         | gave-up | denied         | disconnect | closed         | sleep      |
 * |----------------|--------------|----------------|-------------|----------------|---------------|---------|----------------|------------|----------------|------------|
 * | `disconnected` | `connecting` | –              | –           | –              | –             | –       | –              | –          | –              | `sleeping` |
 * | `sleeping`     | `connecting` | –              | –           | –              | –             | –       | –              | `closing`  | –              | –          |
 * | `connecting`   | –            | `initializing` | –           | –              | `connecting`  | `error` | `unauthorized` | `closing`  | –              | –          |
 * | `initializing` | –            | –              | `connected` | –              | see below     | `error` | `unauthorized` | `closing`  | –              | –          |
 * | `connected`    | –            | –              | –           | `reconnecting` | –             | `error` | `unauthorized` | `closing`  | –              | –          |
 * | `reconnecting` | –            | `initializing` | –           | –              | `reconnecting`| `error` | `unauthorized` | `closing`  | –              | –          |
 * | `error`        | `connecting` | –              | –           | –              | –             | –       | –              | `closing`  | –              | –          |
 * | `unauthorized` | `connecting` | –              | –           | –              | –             | –       | –              | `closing`  | –              | –          |
 * | `closing`      | –            | –              | –           | –              | –             | –       | –              | –          | `disconnected` | `sleeping` |
 *
 * `retry` leads from `initializing` back to where the attempt came from: `connecting` for a first connection,
 * `reconnecting` for one that had been up. An attempt in the background begins with `connect`, as one that was asked for.
 */
export type ConnectionState =
  | { readonly kind: 'disconnected' }
  | { readonly kind: 'sleeping' }
  | { readonly kind: 'connecting'; readonly attempt: number }
  | { readonly kind: 'initializing'; readonly attempt: number; readonly again: boolean }
  | { readonly kind: 'connected' }
  | { readonly kind: 'reconnecting'; readonly attempt: number; readonly cause: SignalboxError }
  | {
      readonly kind: 'error';
      readonly cause: SignalboxError;
      /** When the next attempt is made in the background, in ms since the epoch; undefined: none is. */
      readonly retryAt: number | undefined;
    }
  | { readonly kind: 'unauthorized'; readonly cause: SignalboxError }
  | { readonly kind: 'closing' };

/** The states of a connection by name; docs/lifecycle.md draws how they follow each other. */
export type ConnectionStateName = ConnectionState['kind'];

export type ConnectionEvent =
  | { readonly type: 'connect' }
  /** The transport is open; the protocol is being set up. */
  | { readonly type: 'opened' }
  | { readonly type: 'ready' }
  /** An established connection ended by itself. */
  | { readonly type: 'lost'; readonly cause: SignalboxError }
  /** An attempt failed and another one follows. */
  | { readonly type: 'retry'; readonly cause: SignalboxError }
  /** No further attempt follows for now: one at `retryAt`, or none by itself. */
  | { readonly type: 'gave-up'; readonly cause: SignalboxError; readonly retryAt: number | undefined }
  | { readonly type: 'denied'; readonly cause: SignalboxError }
  | { readonly type: 'disconnect' }
  | { readonly type: 'closed' }
  | { readonly type: 'sleep' };

/** The state after `event`, or undefined where the machine refuses it. Pure. */
export function transition(state: ConnectionState, event: ConnectionEvent): ConnectionState | undefined {
  switch (event.type) {
    case 'connect':
      return isAtRest(state) ? { kind: 'connecting', attempt: 1 } : undefined;
    case 'opened':
      if (state.kind === 'connecting') return { kind: 'initializing', attempt: state.attempt, again: false };
      if (state.kind === 'reconnecting') return { kind: 'initializing', attempt: state.attempt, again: true };
      return undefined;
    case 'ready':
      return state.kind === 'initializing' ? { kind: 'connected' } : undefined;
    case 'lost':
      return state.kind === 'connected'
        ? { kind: 'reconnecting', attempt: 1, cause: event.cause }
        : undefined;
    case 'retry':
      return retried(state, event.cause);
    case 'gave-up':
      return isActive(state) ? { kind: 'error', cause: event.cause, retryAt: event.retryAt } : undefined;
    case 'denied':
      return isActive(state) ? { kind: 'unauthorized', cause: event.cause } : undefined;
    case 'disconnect':
      return state.kind === 'disconnected' || state.kind === 'closing' ? undefined : { kind: 'closing' };
    case 'closed':
      return state.kind === 'closing' ? { kind: 'disconnected' } : undefined;
    case 'sleep':
      return state.kind === 'closing' || state.kind === 'disconnected' ? { kind: 'sleeping' } : undefined;
  }
}

function retried(state: ConnectionState, cause: SignalboxError): ConnectionState | undefined {
  switch (state.kind) {
    case 'connecting':
      return { kind: 'connecting', attempt: state.attempt + 1 };
    case 'reconnecting':
      return { kind: 'reconnecting', attempt: state.attempt + 1, cause };
    case 'initializing': {
      const attempt = state.attempt + 1;
      return state.again ? { kind: 'reconnecting', attempt, cause } : { kind: 'connecting', attempt };
    }
    default:
      return undefined;
  }
}

/** States that a `connect` may leave. */
function isAtRest(state: ConnectionState): boolean {
  return ['disconnected', 'sleeping', 'error', 'unauthorized'].includes(state.kind);
}

/** States in which work on the connection is going on, or it is up. */
function isActive(state: ConnectionState): boolean {
  return ['connecting', 'initializing', 'connected', 'reconnecting'].includes(state.kind);
}
