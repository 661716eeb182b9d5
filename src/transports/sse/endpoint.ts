import { SignalboxError } from '../../core/errors.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';
import { redactUrl } from '../../core/redact.ts';

/** Longest URI that an `endpoint` event may name, in characters. */
const MAX_ENDPOINT_LENGTH = 8192;

/**
 * Where messages are posted, from the `endpoint` event of an HTTP+SSE server. Only the origin that was configured is
 * accepted: the requests carry its credentials (F-116).
 *
 * @param from the URL of the event stream, which relative URIs refer to
 */
export function resolveEndpoint(uri: string, from: URL, server: string): URL | SignalboxError {
  const refused = (why: string): SignalboxError =>
    new SignalboxError(
      'ENDPOINT_REFUSED',
      `the endpoint ${JSON.stringify(sanitizePeerText(redactUrl(uri), 120))} ${why}; credentials stay with ${from.origin}`,
      { server },
    );
  if (uri.length > MAX_ENDPOINT_LENGTH) return refused(`is longer than ${MAX_ENDPOINT_LENGTH} characters`);
  if (!URL.canParse(uri, from.href)) return refused('is no URI');
  const url = new URL(uri, from);
  // "null" is the origin of javascript:, data: and the like, and never that of http or https.
  if (url.origin !== from.origin) return refused('is of another origin');
  if (url.username !== '' || url.password !== '') return refused('carries credentials');
  url.hash = '';
  return url;
}
