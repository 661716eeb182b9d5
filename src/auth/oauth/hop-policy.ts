import { SignalboxError } from '../../core/errors.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';
import { redactUrl } from '../../core/redact.ts';

/**
 * Which addresses a hop may end at. `public`: the open internet only, whatever a name stands for; `own`: as the server
 * itself is reached.
 */
export type HopReach = 'public' | 'own';

/** What decides where hops may lead. */
export interface HopPolicy {
  readonly server: string;
  /** The server that wants authorization. */
  readonly serverUrl: URL;
  /** Whether addresses of this machine and of private networks are allowed. */
  readonly allowPrivate: boolean;
  /** Origins that the user named. */
  readonly named: ReadonlySet<string>;
}

/** True for names and addresses of this machine, as the URL parser writes them. */
export function isLoopbackHost(hostname: string): boolean {
  return /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/u.test(hostname);
}

/**
 * How far a hop to this URL may reach (S06): https, or http on this machine; no userinfo; this machine and private
 * networks only for servers that are there themselves, or where the user allowed it. Whoever dials checks the addresses.
 * @throws SignalboxError AUTH_FAILED
 */
export function hopReach(url: URL, { server, serverUrl, allowPrivate, named }: HopPolicy): HopReach {
  const refused = (why: string): SignalboxError => {
    const shown = sanitizePeerText(redactUrl(url.href), 120);
    return new SignalboxError('AUTH_FAILED', `${shown} is not used for authorization: it ${why}`, { server });
  };
  const isLocal = isLoopbackHost(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLocal)) {
    throw refused('must begin with https://');
  }
  if (url.username !== '' || url.password !== '') throw refused('carries credentials');
  if (url.origin === serverUrl.origin || allowPrivate || named.has(url.origin)) return 'own';
  if (!isLocal) return 'public';
  if (isLoopbackHost(serverUrl.hostname)) return 'own';
  throw refused('is on this machine; "x-signalbox.auth.allowPrivate" allows that');
}
