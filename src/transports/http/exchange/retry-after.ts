const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /u;

/**
 * Reads a `Retry-After` header: seconds or an HTTP date, as a delay in ms from `wallNowMs`; a date that has passed
 * is 0. Undefined for anything else, such as a negative number (F-077). The value is not capped: whoever waits
 * decides how long is too long.
 */
export function parseRetryAfter(header: string | undefined, wallNowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d{1,12}$/u.test(text)) return Number(text) * 1000;
  // Date.parse alone would take "-5" for a date.
  if (!HTTP_DATE.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - wallNowMs);
}
