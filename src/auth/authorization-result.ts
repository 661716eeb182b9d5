/** What is known about the authorization for one server. Holds no secret. */
export interface AuthorizationStatus {
  /** Whether there is a token, or a way to get one without a person. */
  readonly authorized: boolean;
  readonly issuer: string | undefined;
  readonly clientId: string | undefined;
  /** What was granted, separated by spaces. */
  readonly scope: string | undefined;
  /** When the access token ends, in ms since the epoch; undefined: nobody said. */
  readonly expiresAtMs: number | undefined;
  /** Whether it is renewed without a person. */
  readonly renewable: boolean;
}
