/** Printable ASCII without spaces at the edges may stand in a header as it is. */
const PLAIN = /^(?:[\x21-\x7E](?:[\x20-\x7E]*[\x21-\x7E])?)?$/u;
const PREFIX = '=?base64?';
const SUFFIX = '?=';

/**
 * Encodes a value for a mirrored header (`Mcp-Name`, `Mcp-Param-*`): as it is where that is safe, else base64 of its
 * UTF-8 between the sentinels (2026-07-28, Streamable HTTP, Value Encoding).
 */
export function encodeHeaderValue(value: string): string {
  const ambiguous = value.startsWith(PREFIX) && value.endsWith(SUFFIX);
  if (!ambiguous && PLAIN.test(value)) return value;
  return `${PREFIX}${Buffer.from(value, 'utf8').toString('base64')}${SUFFIX}`;
}

/** Reverses {@link encodeHeaderValue}; undefined if the sentinels hold no valid base64 of UTF-8. */
export function decodeHeaderValue(value: string): string | undefined {
  if (!value.startsWith(PREFIX) || !value.endsWith(SUFFIX)) return value;
  const encoded = value.slice(PREFIX.length, value.length - SUFFIX.length);
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/u.test(encoded)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(encoded, 'base64'));
  } catch {
    return undefined;
  }
}
