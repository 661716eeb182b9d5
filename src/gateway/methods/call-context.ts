import type { EraName } from '../../protocol/eras/era.ts';
import type { Progress } from '../../protocol/mcp-types.ts';

/** What a method needs to know of the request besides its parameters. */
export interface CallContext {
  readonly era: EraName;
  /** Fires when the answer is not wanted any more; the upstream call is cancelled then. */
  readonly signal: AbortSignal;
  /** Hears progress; undefined if the client did not ask for it. */
  readonly onProgress: ((progress: Progress) => void) | undefined;
  /** A header of the request by its lower-case name; undefined on fronts without headers. */
  readonly header?: ((name: string) => string | undefined) | undefined;
}
