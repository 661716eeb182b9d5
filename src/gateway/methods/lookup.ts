import { SignalboxError } from '../../core/errors.ts';
import type { CatalogPrompt, CatalogTool } from '../../registry/catalog/catalog.ts';
import type { ServerRegistry } from '../../registry/server-registry.ts';
import type { ServerInstance } from '../../registry/servers/server-instance.ts';

export interface LookupOptions {
  readonly registry: ServerRegistry;
  /** How long a name waits for its server to become connected, in ms. */
  readonly waitMs: number;
}

/** Finds where an exposed name leads, and wakes the server behind it where it sleeps. */
export class Lookup {
  readonly #registry: ServerRegistry;
  readonly #waitMs: number;

  constructor(options: LookupOptions) {
    this.#registry = options.registry;
    this.#waitMs = options.waitMs;
  }

  /** @throws SignalboxError UNKNOWN_NAME, SERVER_UNAVAILABLE */
  tool(name: string, signal: AbortSignal): CatalogTool | Promise<CatalogTool> {
    return this.#registry.resolveTool(name, { signal, timeoutMs: this.#waitMs });
  }

  /** @throws SignalboxError UNKNOWN_NAME, SERVER_UNAVAILABLE */
  prompt(name: string, signal: AbortSignal): CatalogPrompt | Promise<CatalogPrompt> {
    return this.#registry.resolvePrompt(name, { signal, timeoutMs: this.#waitMs });
  }

  /** The server that offers a template under exactly this URI. */
  async templateOwner(uriTemplate: string): Promise<string | undefined> {
    const { items } = await this.#registry.listResourceTemplates();
    return items.find(({ template }) => template.uriTemplate === uriTemplate)?.server;
  }

  /** The client that stands for a server. @throws SignalboxError UNKNOWN_SERVER */
  client(server: string): ServerInstance['client'] {
    const instance = this.#registry.getServer(server);
    if (instance !== undefined) return instance.client;
    throw new SignalboxError('UNKNOWN_SERVER', 'the server has just been unregistered', { server });
  }
}
