/** Letters, digits, `-`, `.`, `_`, `~`: what never needs encoding (RFC 3986, 2.3). */
const NOT_UNRESERVED = /[^A-Za-z\d._~-]/gu;
/** The same and what is reserved, without `#`, `&`, `+`, `=`, `[`, `]`, `%`: those would end or split a query. */
const NOT_HARMLESS = /[^A-Za-z\d._~:/?@!$'()*,;-]/gu;
/** Half a character: it has no bytes. */
const LONE_SURROGATE = /\p{Surrogate}/gu;

/**
 * Text as a part of a URL: everything but unreserved characters is encoded, so that it cannot end the part it stands in.
 *
 * @param allowReserved whether reserved characters that do no harm in a query stay as they are. Default `false`.
 */
export function percentEncoded(text: string, allowReserved: boolean = false): string {
  const sound = text.replace(LONE_SURROGATE, '\uFFFD');
  return sound.replace(allowReserved ? NOT_HARMLESS : NOT_UNRESERVED, bytesOf);
}

function bytesOf(character: string): string {
  return [...Buffer.from(character, 'utf8')]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('');
}
