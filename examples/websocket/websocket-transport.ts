import {
  type BuilderContext,
  type CloseReason,
  type Outgoing,
  type ServerEntry,
  SignalboxError,
  type SignalboxErrorCode,
  type Transport,
  type TransportContext,
  type TransportDiagnostics,
  type TransportReceiver,
} from 'signalbox';
import { WebSocket } from 'ws';

/** How long the other side may take to say goodbye, in ms. */
const CLOSE_MS = 2000;

/** For `factory.registerTransport('ws', webSocketBuilder)`: entries `{ "type": "ws", "url": "ws://…", "headers": {} }`. */
export const webSocketBuilder = (_name: string, entry: ServerEntry, context: BuilderContext): Transport =>
  new WebSocketTransport(entry.url ?? '', entry.headers ?? {}, context);

/** MCP over WebSocket: one text frame a message. */
export class WebSocketTransport implements Transport {
  readonly kind = 'ws';
  /** All messages share one stream. */
  readonly streamPerRequest = false;
  readonly closed: Promise<CloseReason>;
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #context: TransportContext;
  /** Given to the socket, not yet out of it. */
  readonly #leaving: Set<Outgoing> = new Set();
  #socket: WebSocket | undefined;
  #resolveClosed!: (reason: CloseReason) => void;
  /** Why it ends: our own wish, or what the socket complained of. */
  #cause: CloseReason | undefined;
  #hasEnded = false;

  /** Must not connect: that is what `open` is for. */
  constructor(url: string, headers: Readonly<Record<string, string>>, context: TransportContext) {
    this.#url = url;
    this.#headers = headers;
    this.#context = context;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  async open(receiver: TransportReceiver, signal: AbortSignal): Promise<void> {
    if (this.#socket !== undefined || this.#hasEnded) throw this.#error('CONNECTION_CLOSED', 'it is not new');
    if (signal.aborted) this.#lose(this.#error('REQUEST_ABORTED', 'the caller aborted the opening'));
    else this.#connect(receiver);
    const abort = (): void => {
      this.#lose(this.#error('REQUEST_ABORTED', 'the caller aborted the opening'));
      this.#socket?.terminate();
    };
    signal.addEventListener('abort', abort);
    const opened = new Promise<undefined>(
      (resolve) => void this.#socket?.once('open', () => resolve(undefined)),
    );
    const reason = await Promise.race([opened, this.closed]);
    signal.removeEventListener('abort', abort);
    if (reason?.kind === 'local') throw this.#error('CONNECTION_CLOSED', 'it was closed while it opened');
    if (reason !== undefined) throw reason.error;
  }

  send(outgoing: Outgoing): void {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) {
      outgoing.failed(this.#error('CONNECTION_CLOSED', 'the connection is not open'));
      return;
    }
    const { sendQueueBytes } = this.#context.limits;
    const waiting = socket.bufferedAmount;
    if (waiting > 0 && waiting + Buffer.byteLength(outgoing.text) > sendQueueBytes) {
      outgoing.failed(this.#error('BACKPRESSURE', `the server does not read: ${waiting} bytes wait already`));
      return;
    }
    this.#leaving.add(outgoing);
    // Without an error the frame is out of this process, which is before its answer can be in it.
    socket.send(outgoing.text, (error) => {
      if (error == null && this.#leaving.delete(outgoing)) outgoing.flushed();
    });
  }

  /** All messages share one stream: there is nothing to release. */
  abandon(): void {}

  async close(): Promise<void> {
    this.#cause ??= { kind: 'local' };
    if (this.#socket === undefined) this.#end();
    else {
      // What was sent before leaves before the goodbye; a peer that does not answer it is not waited for.
      this.#socket.close(1000);
      const timer = this.#context.clock.setTimeout(() => this.#socket?.terminate(), CLOSE_MS);
      await this.closed;
      timer.cancel();
    }
  }

  destroy(): void {
    this.#cause ??= { kind: 'local' };
    if (this.#socket === undefined) this.#end();
    else this.#socket.terminate();
  }

  diagnostics(): TransportDiagnostics {
    // Tokens like to stand in the query.
    const { protocol, host, pathname } = new URL(this.#url);
    return { url: `${protocol}//${host}${pathname}` };
  }

  #connect(receiver: TransportReceiver): void {
    const { limits } = this.#context;
    const options = { headers: this.#headers, maxPayload: limits.frameBytes, perMessageDeflate: false };
    const socket = new WebSocket(this.#url, 'mcp', options);
    this.#socket = socket;
    socket.on('message', (data: Buffer, isBinary) => {
      const text = data.toString('utf8');
      if (!isBinary && /^\s*[[{]/u.test(text)) receiver.message(text, undefined);
      else receiver.noise('not-json', text.slice(0, 200));
    });
    let wasOpen = false;
    socket.once('open', () => {
      wasOpen = true;
    });
    socket.on('error', (cause: Error & { code?: string }) => {
      if (cause.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH')
        this.#lose(this.#error('FRAME_TOO_LARGE', 'a message is larger than limits.frameBytes', cause));
      else if (!wasOpen) this.#lose(this.#error('CONNECT_FAILED', `no connection: ${cause.message}`, cause));
      else this.#lose(this.#error('CONNECTION_LOST', `the connection broke: ${cause.message}`, cause));
    });
    socket.on('close', (code) => {
      this.#lose(this.#error('CONNECTION_LOST', `the server ended the connection (${code})`));
      this.#end();
    });
  }

  /** The first reason counts: what comes after it comes of it. */
  #lose(error: SignalboxError): void {
    this.#cause ??= { kind: 'lost', error };
    if (this.#socket === undefined) this.#end();
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    for (const outgoing of this.#leaving)
      outgoing.failed(
        this.#error('CONNECTION_LOST', 'the connection ended while the message left', undefined, true),
      );
    this.#leaving.clear();
    this.#resolveClosed(this.#cause ?? { kind: 'local' });
  }

  #error(code: SignalboxErrorCode, message: string, cause?: unknown, mayHaveLeft = false): SignalboxError {
    const delivered = mayHaveLeft || code === 'CONNECTION_LOST' ? 'unknown' : 'no';
    return new SignalboxError(code, message, { server: this.#context.server, delivered, cause });
  }
}
