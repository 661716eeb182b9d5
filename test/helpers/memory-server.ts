import type { ClientFactory } from '../../src/client/client-factory.ts';
import { type MemoryLink, type MemoryPeer, MemoryTransport } from '../../src/transports/memory-transport.ts';
import { isObject } from '../../src/wire/json-rpc.ts';

interface Message {
  readonly id?: number;
  readonly method: string;
  readonly params?: Record<string, unknown>;
}

/** An MCP server of the modern era in this process, whose lists and answers a test may change while it runs. */
export class MemoryServer {
  tools: Record<string, unknown>[] = [{ name: 'echo', inputSchema: { type: 'object' } }];
  resources: Record<string, unknown>[] = [];
  prompts: Record<string, unknown>[] = [];
  /** Set to make `open` fail: nobody is there. */
  isDown = false;
  /** Set to let clients listen to changes; otherwise the method is not known. */
  takesSubscriptions = false;
  /** Methods that get no answer. */
  readonly silent: Set<string> = new Set();
  /** Methods that are answered with an error. */
  readonly refused: Set<string> = new Set();
  readonly received: Message[] = [];
  connections = 0;
  readonly #links: Set<MemoryLink> = new Set();

  readonly peer: MemoryPeer = (link) => {
    this.connections++;
    if (this.isDown) queueMicrotask(() => link.close());
    this.#links.add(link);
    return {
      receive: (text) => this.#receive(link, JSON.parse(text) as Message),
      closed: () => this.#links.delete(link),
    };
  };

  /** Connections that are open now. */
  get open(): number {
    return this.#links.size;
  }

  methods(): string[] {
    return this.received.map(({ method }) => method);
  }

  /** From now on it lets itself be connected and then says nothing, in any era. */
  hang(): void {
    this.silent.add('server/discover');
    this.silent.add('initialize');
  }

  /** All clients lose their connection. */
  drop(): void {
    for (const link of this.#links) link.close();
    this.#links.clear();
  }

  /** Sends text as it is. */
  raw(text: string): void {
    for (const link of this.#links) link.send(text);
  }

  notify(method: string, params: Record<string, unknown> = {}): void {
    for (const link of this.#links) link.send(JSON.stringify({ jsonrpc: '2.0', method, params }));
  }

  #receive(link: MemoryLink, message: Message): void {
    this.received.push(message);
    if (message.id === undefined || this.silent.has(message.method)) return;
    if (message.method === 'subscriptions/listen' && this.takesSubscriptions) {
      this.#acknowledge(link, message.id, message.params);
      return;
    }
    const reply = this.#reply(message);
    const body = isObject(reply) && 'code' in reply ? { error: reply } : { result: reply };
    link.send(JSON.stringify({ jsonrpc: '2.0', id: message.id, ...body }));
  }

  /** The request stays open: what changes would be told on it. */
  #acknowledge(link: MemoryLink, id: number, params: Message['params']): void {
    const method = 'notifications/subscriptions/acknowledged';
    const _meta = { 'io.modelcontextprotocol/subscriptionId': id };
    const told = { notifications: params?.['notifications'], _meta };
    link.send(JSON.stringify({ jsonrpc: '2.0', method, params: told }));
  }

  #reply({ method, params }: Message): unknown {
    if (this.refused.has(method)) return { code: -32603, message: 'Internal error' };
    switch (method) {
      case 'server/discover':
        return {
          supportedVersions: ['2026-07-28'],
          capabilities: { tools: { listChanged: true }, resources: {}, prompts: {} },
        };
      case 'tools/list':
        return { tools: this.tools };
      case 'resources/list':
        return { resources: this.resources };
      case 'resources/templates/list':
        return { resourceTemplates: [] };
      case 'prompts/list':
        return { prompts: this.prompts };
      case 'tools/call':
        return { content: [{ type: 'text', text: JSON.stringify(params?.['arguments'] ?? null) }] };
      case 'resources/read':
        return { contents: [{ uri: params?.['uri'], text: 'x' }] };
      case 'prompts/get':
        return { messages: [{ role: 'user', content: { type: 'text', text: String(params?.['name']) } }] };
      default:
        return { code: -32601, message: 'Method not found' };
    }
  }
}

/** Makes `{ type: 'memory', url: NAME }` lead to the server of that name. */
export function registerMemory(
  factory: ClientFactory,
  servers: Readonly<Record<string, MemoryServer>>,
): void {
  factory.registerTransport(
    'memory',
    (name, entry) => new MemoryTransport(servers[entry.url ?? '']!.peer, name),
  );
}
