import type { SignalboxError } from '../../core/errors.ts';
import type { FleetResult } from '../fleet/fleet-result.ts';

/**
 * What was done about one name. `invalid`: its entry cannot be used; what runs under the name, if anything, goes on.
 * `disabled` servers are `added` and `changed` like others, and not connected.
 */
export type AppliedChange = 'added' | 'changed' | 'unchanged' | 'removed' | 'invalid';

/** How the servers of a registry were brought in line with what is wanted: one of these for each name. */
export interface AppliedServer {
  readonly name: string;
  readonly change: AppliedChange;
  /** How connecting it ended; undefined where nothing was connected. */
  readonly connection: FleetResult | undefined;
  /** Why its entry cannot be used; undefined unless it is `invalid`. */
  readonly error: SignalboxError | undefined;
}

/** The servers of a registry were compared with what is wanted, and what has changed is being seen to. */
export interface AppliedEvent {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  /** Servers whose entries cannot be used, and why. */
  readonly invalid: readonly { readonly server: string; readonly error: SignalboxError }[];
  /** How many are as they were. */
  readonly unchanged: number;
  /** One readable sentence. */
  readonly reason: string;
}
