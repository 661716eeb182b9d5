import { SignalboxError } from '../../core/errors.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';

/** The code of an OAuth error (`invalid_grant`), if that is what was thrown. Text of a peer, bounded. */
export function oauthErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.name !== 'OAuthError') return undefined;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? sanitizePeerText(code, 60) : undefined;
}

/**
 * Anything that went wrong on the way to a token, as one of our errors. The words of the authorization server stand in it
 * bounded and filtered, and without what we sent.
 */
export function authFailed(
  what: string,
  error: unknown,
  { server, conceal }: { readonly server: string; readonly conceal: (text: string) => string },
): SignalboxError {
  if (SignalboxError.is(error)) return error;
  const code = oauthErrorCode(error);
  const said = sanitizePeerText(conceal(wordsOf(error)), 200);
  const tail = said === '' || said === code ? '' : `: ${said}`;
  // Not as cause: its message and its fields are unfiltered text of a peer.
  return new SignalboxError('AUTH_FAILED', `${what}${code === undefined ? '' : ` (${code})`}${tail}`, {
    server,
    details: code === undefined ? {} : { error: code },
  });
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // The list of everything that is wrong with an answer helps nobody but its author.
  return error.name === 'ZodError' || error.name === '$ZodError'
    ? 'the answer lacks what it must hold'
    : error.message;
}
