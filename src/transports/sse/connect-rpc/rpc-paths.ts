import type { ResolvedConnectRpc } from '../../../config/dialect-settings.ts';

/** A URL below another one, whose query it keeps: keys may stand there. */
export function below(base: URL, path: string): URL {
  const url = new URL(base);
  url.pathname = `${base.pathname.replace(/\/+$/u, '')}/${path.replace(/^\/+/u, '')}`;
  return url;
}

/** A URL with the session in its query, where that is wanted. */
export function withSession(
  url: URL,
  sessionId: string | undefined,
  { sessionParam }: ResolvedConnectRpc,
): URL {
  if (sessionId === undefined || sessionParam === false) return url;
  const own = new URL(url);
  own.searchParams.set(sessionParam, sessionId);
  return own;
}
