import { sanitizePeerText } from '../../core/peer-text.ts';
import { kindOf } from './findings.ts';
import { type Check, mapOf, shaped } from './value-checks.ts';

/** Stands in a `url`, and in the `args` and `env` of its `launch`, for the port that the server got. */
export const PORT_PLACEHOLDER = '{port}';

/** Headers that the protocol or the connection itself sets (S08). All of `mcp-*` belongs to them too. */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  'accept-encoding',
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'content-type',
  'accept',
  'keep-alive',
  'upgrade',
  'expect',
  'te',
  'trailer',
  'last-event-id',
]);

/** RFC 9110, token. */
export const HEADER_NAME: RegExp = /^[!#$%&'*+.^_`|~\dA-Za-z-]+$/u;
/** What Node can send: tab, printable ASCII, Latin-1. */
const HEADER_VALUE = /^[\t\u0020-\u007E\u0080-\u00FF]*$/u;

/** True for a header, in lower case, that the protocol or the connection itself sets. */
export function isReservedHeader(name: string): boolean {
  return RESERVED_HEADERS.has(name) || name.startsWith('mcp-');
}

const HEADERS = { type: 'object', additionalProperties: { type: ['string', 'number'] } };
/** Headers of every request. Values are never quoted: they hold credentials. */
export const headers: Check = shaped(HEADERS, (value, at, findings) => {
  const seen = new Map<string, string>();
  return mapOf((name, one, itemAt) => {
    const lower = name.toLowerCase();
    const twin = seen.get(lower);
    seen.set(lower, name);
    if (!HEADER_NAME.test(name)) return findings.problem(itemAt, 'is not a valid header name');
    if (isReservedHeader(lower)) {
      return findings.problem(itemAt, 'is set by the protocol itself; remove it');
    }
    if (twin !== undefined) {
      return findings.problem(itemAt, `is the same header as "${twin}"; keep one of them`);
    }
    if (typeof one === 'number' && Number.isFinite(one)) return String(one);
    if (typeof one !== 'string') return findings.problem(itemAt, `is ${kindOf(one)}; write text`);
    if (/[\r\n\0]/u.test(one)) {
      return findings.problem(
        itemAt,
        'contains a line break or NUL; remove it (often at the end of a secret)',
      );
    }
    if (!HEADER_VALUE.test(one)) {
      return findings.problem(itemAt, 'contains a character that HTTP headers cannot carry');
    }
    return one;
  })(value, at, findings);
});

/** Address of a server. `{port}` counts as a number. Only its scheme is ever quoted: queries hold credentials. */
export const address: Check = shaped({ type: 'string', minLength: 1 }, (value, at, findings) => {
  if (typeof value !== 'string') return findings.problem(at, `is ${kindOf(value)}; write a URL as text`);
  if (value.trim() === '') return findings.problem(at, 'is empty; write the URL of the server');
  // Node drops line breaks and tabs from a URL without a word.
  // oxlint-disable-next-line no-control-regex -- these are what is refused
  if (/[\u0000-\u0020\u007F]/u.test(value)) {
    return findings.problem(at, 'contains a space or a control character; remove it');
  }
  const filled = value.replaceAll(PORT_PLACEHOLDER, '1');
  if (!URL.canParse(filled)) {
    return findings.problem(at, 'is not a URL; write one like "https://example.com/mcp"');
  }
  const { protocol, username, password } = new URL(filled);
  if (protocol !== 'http:' && protocol !== 'https:') {
    return findings.problem(at, `begins with ${sanitizePeerText(protocol, 20)}; write an http or https URL`);
  }
  if (username !== '' || password !== '') {
    return findings.problem(at, 'contains a user name or password; send it in "headers" instead');
  }
  return value;
});
