/** A person is asked to open a page, where access is allowed. */
export interface AuthorizationPrompt {
  /** Name of the server that wants authorization. */
  readonly server: string;
  /** The page: https, or http on this machine. It holds no secret of ours. */
  readonly url: URL;
  /** Where the browser ends up, on this machine. */
  readonly redirectUri: string;
  /** Until when the answer is waited for, in ms since the epoch. */
  readonly expiresAtMs: number;
}

/** A person is asked to open a page on any device, and to type a code there. */
export interface DevicePrompt {
  readonly server: string;
  /** The page: https, or http on this machine. */
  readonly url: URL;
  /** The same with the code filled in, if there is such a page. */
  readonly completeUrl: URL | undefined;
  /** What to type there. Text of a peer: bounded and filtered. */
  readonly code: string;
  readonly expiresAtMs: number;
}

/** Brings a person and an authorization server together. */
export interface AuthorizationHandler {
  /**
   * Opens the page or shows its address. It need not wait for the person: the answer comes to `redirectUri`. Where the browser
   * cannot reach this machine, it may resolve with the URL that the browser ended up at.
   */
  authorize(prompt: AuthorizationPrompt, signal: AbortSignal): Promise<string | undefined | void>;
  /** Shows page and code. Default: the grant `device-code` is refused. */
  device?(prompt: DevicePrompt, signal: AbortSignal): Promise<void>;
}
