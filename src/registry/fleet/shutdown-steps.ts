/** The steps of a shutdown, in their order. */
export const SHUTDOWN_STEPS = [
  'stop-accepting',
  'drain',
  'close-connections',
  'clean-up',
  'end-processes',
  'persist',
] as const;

/** The names of {@link SHUTDOWN_STEPS}. */
export type ShutdownStepName = (typeof SHUTDOWN_STEPS)[number];
