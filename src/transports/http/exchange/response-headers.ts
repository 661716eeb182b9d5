/** Response headers as undici hands them on: names in lower case, repeated headers as an array. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** The first value of a header. */
export function firstHeader(headers: ResponseHeaders, name: string): string | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return typeof value === 'string' ? value : value?.[0];
}

/** All values of a header, joined as HTTP joins them. */
export function joinedHeader(headers: ResponseHeaders, name: string): string | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return typeof value === 'string' ? value : value?.join(', ');
}

/** What a body claims to be, as far as MCP cares. */
export type BodyKind = 'json' | 'event-stream' | 'other';

const JSON_CHARSETS: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii']);

/** Reads `content-type` by its essence, whatever the case and the parameters (F-083). */
export function bodyKind(headers: ResponseHeaders): BodyKind {
  const value = firstHeader(headers, 'content-type');
  // The two spellings that nearly all servers use need no parsing.
  if (value === 'application/json') return 'json';
  if (value === 'text/event-stream') return 'event-stream';
  if (value === undefined) return 'other';
  const [essence = '', ...parameters] = value.toLowerCase().split(';');
  const kind = essence.trim();
  // Event streams are UTF-8 whatever a parameter says; JSON in another charset would be misread.
  if (kind === 'text/event-stream') return 'event-stream';
  if (kind !== 'application/json') return 'other';
  const charset = parameters.map((text) => text.trim()).find((text) => text.startsWith('charset='));
  if (charset === undefined) return 'json';
  return JSON_CHARSETS.has(charset.slice('charset='.length).replaceAll('"', '').trim()) ? 'json' : 'other';
}

/** The content coding of a body, or undefined if it comes as it is. Several in a row are one string with commas. */
export function contentCoding(headers: ResponseHeaders): string | undefined {
  // Nearly no answer has one: looking is all that it may cost.
  if (headers['content-encoding'] === undefined) return undefined;
  const value = joinedHeader(headers, 'content-encoding')?.trim().toLowerCase();
  return value === undefined || value === '' || value === 'identity' ? undefined : value;
}
