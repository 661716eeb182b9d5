import { SignalboxError } from '../../core/errors.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';
import { redactUrl } from '../../core/redact.ts';

/** Longer addresses are refused, in characters. */
export const MAX_PAGE_URL = 8192;

/**
 * Checks the address of a page that a person shall open (S11): https, or http on this machine, nothing else. What passes
 * holds no character that a shell or a terminal would read, as the URL parser escapes them.
 * @throws SignalboxError AUTH_FAILED
 */
export function checkPageUrl(given: URL | string, server: string): URL {
  const text = String(given);
  const refused = (why: string): SignalboxError => {
    const shown = sanitizePeerText(redactUrl(text), 80);
    return new SignalboxError('AUTH_FAILED', `the page ${JSON.stringify(shown)} is not opened: it ${why}`, {
      server,
    });
  };
  if (text.length > MAX_PAGE_URL) throw refused(`is longer than ${MAX_PAGE_URL} characters`);
  if (!URL.canParse(text)) throw refused('is no URL');
  const url = new URL(text);
  const isLocal = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/u.test(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLocal))
    throw refused('must begin with https://');
  if (url.username !== '' || url.password !== '') throw refused('carries credentials');
  // The parser leaves these as they are in host or query; no honest address needs them.
  if (/[$`'"\\<>|^{}\s]/u.test(url.href)) throw refused('has characters that do not belong into an address');
  return url;
}
