import type { MemoryLink, MemoryPeer } from '../../transports/memory-transport.ts';

/** A transport as the servers of the official packages take one, by structure. */
export interface ServerTransport {
  start(): Promise<void>;
  send(message: object): Promise<void>;
  close(): Promise<void>;
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: { handle(message: object, extra?: object): void }['handle'] | undefined;
}

/** The end of a connection in memory on which an official server sits. */
class MemoryServerTransport implements ServerTransport {
  onclose: (() => void) | undefined;
  onerror: ((error: Error) => void) | undefined;
  onmessage: ServerTransport['onmessage'];
  readonly #link: MemoryLink;
  /** What came before the server was ready. */
  #early: string[] | undefined = [];

  constructor(link: MemoryLink) {
    this.#link = link;
  }

  start(): Promise<void> {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const text of early) this.receive(text);
    return Promise.resolve();
  }

  send(message: object): Promise<void> {
    this.#link.send(JSON.stringify(message));
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#link.close();
    this.ended();
    return Promise.resolve();
  }

  receive(text: string): void {
    if (this.#early === undefined) this.onmessage?.(JSON.parse(text) as object);
    else this.#early.push(text);
  }

  ended(): void {
    const { onclose } = this;
    this.onclose = undefined;
    onclose?.();
  }
}

/**
 * Servers of the official packages, 2.x and 1.x, in this process: one for each connection.
 *
 * @param connect makes a server and connects it to the transport. A connection whose server fails to connect ends.
 *
 * @example
 * const peer = officialServerPeer((transport) => createServer().connect(transport));
 */
export function officialServerPeer(connect: (transport: ServerTransport) => Promise<unknown>): MemoryPeer {
  return (link) => {
    const transport = new MemoryServerTransport(link);
    void connect(transport).catch(() => link.close());
    return { receive: (text) => transport.receive(text), closed: () => transport.ended() };
  };
}
