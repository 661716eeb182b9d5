import type { CloseReason, Outgoing, Transport, TransportDiagnostics, TransportReceiver } from 'signalbox';

interface Message {
  readonly id?: number;
  readonly method: string;
}

/** A transport of one's own: here its "wire" is a function in the same process that answers every request. */
export class MyTransport implements Transport {
  readonly kind = 'ws';
  readonly streamPerRequest = false;
  readonly closed: Promise<CloseReason>;
  #end!: (reason: CloseReason) => void;
  #receiver: TransportReceiver | undefined;

  readonly entry: { readonly url?: string | undefined };

  constructor(entry: { readonly url?: string | undefined }) {
    this.entry = entry;
    this.closed = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  open(receiver: TransportReceiver): Promise<void> {
    this.#receiver = receiver;
    return Promise.resolve();
  }

  send(outgoing: Outgoing): void {
    outgoing.flushed();
    const { id, method } = JSON.parse(outgoing.text) as Message;
    if (id === undefined) return;
    const result =
      method === 'server/discover'
        ? {
            resultType: 'complete',
            supportedVersions: ['2026-07-28'],
            capabilities: { tools: {} },
            ttlMs: 0,
            cacheScope: 'private',
          }
        : {
            resultType: 'complete',
            content: [{ type: 'text', text: `${method} over ${this.entry.url ?? 'nothing'}` }],
          };
    queueMicrotask(() => this.#receiver?.message(JSON.stringify({ jsonrpc: '2.0', id, result }), undefined));
  }

  abandon(): void {}

  close(): Promise<void> {
    this.destroy();
    return Promise.resolve();
  }

  destroy(): void {
    this.#end({ kind: 'local' });
  }

  diagnostics(): TransportDiagnostics {
    return {};
  }
}
