import type { SignalboxError } from '../core/errors.ts';
import type { AuthChallenge } from './challenge.ts';

/** The request that credentials are wanted for. */
export interface CredentialRequest {
  readonly method: string;
  readonly url: URL;
}

/** Header names, in lower case, and values in turn. */
export type CredentialHeaders = readonly string[];

/** A server refused a request, before it did anything, because of its credentials. */
export interface CredentialRefusal {
  readonly status: 401 | 403;
  /** What the server wants, as it says. Text of a peer: bounded, not sanitised. */
  readonly challenges: readonly AuthChallenge[];
  /** All headers of the answer, names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly request: CredentialRequest;
  /** What was sent with it; undefined: nothing. */
  readonly sent: CredentialHeaders | undefined;
  /** How often this one request was refused, this time included. */
  readonly refusals: number;
}

/**
 * What is done about a refusal. `again`: there are other credentials now, so the request is made once more; `denied`: with
 * this error it fails; `leave`: the refusal stands as it came, with more details where there are any.
 */
export type CredentialVerdict =
  | { readonly kind: 'again' }
  | { readonly kind: 'denied'; readonly error: SignalboxError }
  | { readonly kind: 'leave'; readonly details?: Readonly<Record<string, unknown>> | undefined };

/**
 * Where the credentials of one server come from. It sits below the transports: whatever request goes out over HTTP asks it
 * for headers, and tells it when they were refused.
 */
export interface CredentialSource {
  /**
   * Headers for a request; undefined for none. A promise only where they have to be fetched first; if it rejects, the
   * request is not sent and fails with the error.
   */
  headers(request: CredentialRequest): CredentialHeaders | undefined | Promise<CredentialHeaders | undefined>;
  /** Never rejects. Many requests that are refused at once share one renewal. */
  refused(refusal: CredentialRefusal): Promise<CredentialVerdict>;
  /** Sees the headers of answers; absent where nothing is to be learned from them. */
  answered?(request: CredentialRequest, headers: CredentialRefusal['headers']): void;
  /** The text without any credential of this source: servers like to repeat what they were sent. */
  conceal(text: string): string;
}
