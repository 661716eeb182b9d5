/**
 * The `Transport` of the official MCP packages as far as it concerns us, by structure: `@modelcontextprotocol/client`
 * and `@modelcontextprotocol/server` 2.x and `@modelcontextprotocol/sdk` 1.x all fit it, and none of them has to be
 * installed for it.
 */
export interface OfficialTransport {
  /** Sets up the connection. Called once, when the callbacks are in place. */
  start(): Promise<void>;
  send(message: object, options?: OfficialSendOptions): Promise<void>;
  close(): Promise<void>;
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: OfficialMessageHandler | undefined;
  readonly sessionId?: string | undefined;
  /** Told once the version has been agreed on. */
  setProtocolVersion?: ((version: string) => void) | undefined;
  /** Ends the session of an HTTP server. */
  terminateSession?: (() => Promise<void>) | undefined;
  /** 2.x: true if each request has an answer stream of its own, which `requestSignal` ends. */
  readonly hasPerRequestStream?: boolean | undefined;
}

/** Written as a method so that handlers of narrower messages fit, which is what the official types have. */
export type OfficialMessageHandler = { handle(message: object, extra?: object): void }['handle'];

/** What the official clients say of a message; the last three only 2.x, to transports with a stream for each request. */
export interface OfficialSendOptions {
  /** Where a broken answer stream goes on. Our transports see to that themselves and ignore it. */
  readonly resumptionToken?: string | undefined;
  /** The request of the peer that the message has to do with. Of no use to a client. */
  readonly relatedRequestId?: string | number | undefined;
  /** Ends the answer stream of this request. */
  readonly requestSignal?: AbortSignal | undefined;
  /** The answer stream of this request has ended, for whatever reason but `requestSignal`. */
  readonly onRequestStreamEnd?: (() => void) | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}
