/** From the most to the least talkative. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

/** How much is logged; `trace` adds every protocol message. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** True if lines of `level` are wanted where `threshold` was asked for. */
export function isLogged(level: LogLevel, threshold: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(threshold);
}
