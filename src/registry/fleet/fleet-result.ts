import type { ConnectionResult } from '../../client/connection/connection-result.ts';

/** A lazy server whose offer is known: it was left asleep, and the first call starts it. */
export interface AsleepResult {
  readonly success: true;
  readonly error: undefined;
  /** Nothing was connected: there is nothing to tell of a connection. */
  readonly metadata: undefined;
  readonly asleep: true;
}

/** How one server came out of bulk work: connected, failed, or asleep. */
export type FleetResult = (ConnectionResult & { readonly asleep?: undefined }) | AsleepResult;

export const ASLEEP: AsleepResult = Object.freeze({
  success: true,
  error: undefined,
  metadata: undefined,
  asleep: true,
});
