import type { FaultRule } from '../../../src/testing/index.ts';

/** What happens to a fault server at one moment. */
export type ServerDeed =
  /** Requests meet these rules from now on. */
  | { readonly do: 'set'; readonly target: string; readonly rules: readonly FaultRule[] }
  | { readonly do: 'clear' }
  /** Its process is killed (stdio). */
  | { readonly do: 'kill' }
  /** It takes everything and does nothing: SIGSTOP for a process, a pause of the service over HTTP. */
  | { readonly do: 'freeze' }
  | { readonly do: 'thaw' }
  /** Nobody listens any more; after `start` it has forgotten its sessions, as after a crash (http, sse). */
  | { readonly do: 'stop' }
  | { readonly do: 'start' }
  /** All connections break by RST (http, sse). */
  | { readonly do: 'drop' }
  /** All sessions are forgotten (http, sse). */
  | { readonly do: 'forget' };
