import { onAbort, throwIfAborted } from '../../core/abort.ts';
import type { Clock } from '../../core/clock.ts';
import { SignalboxError } from '../../core/errors.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';
import type { CatalogPrompt, CatalogTool } from '../../registry/catalog.ts';
import { NAME_SEPARATOR } from '../../registry/exposed-names.ts';
import type { ServerInstance } from '../../registry/server-instance.ts';
import type { ServerRegistry } from '../../registry/server-registry.ts';

export interface LookupOptions {
  readonly registry: ServerRegistry;
  readonly clock: Clock;
  /** How long a name waits for its server to become connected, in ms. */
  readonly waitMs: number;
}

/** Finds where an exposed name leads, and wakes the server behind it where it sleeps. */
export class Lookup {
  readonly #registry: ServerRegistry;
  readonly #clock: Clock;
  readonly #waitMs: number;

  constructor(options: LookupOptions) {
    this.#registry = options.registry;
    this.#clock = options.clock;
    this.#waitMs = options.waitMs;
  }

  /** @throws SignalboxError UNKNOWN_NAME, SERVER_UNAVAILABLE */
  tool(name: string, signal: AbortSignal): CatalogTool | Promise<CatalogTool> {
    return (
      this.#registry.findTool(name) ?? this.#wake('tool', name, () => this.#registry.findTool(name), signal)
    );
  }

  /** @throws SignalboxError UNKNOWN_NAME, SERVER_UNAVAILABLE */
  prompt(name: string, signal: AbortSignal): CatalogPrompt | Promise<CatalogPrompt> {
    return (
      this.#registry.findPrompt(name) ??
      this.#wake('prompt', name, () => this.#registry.findPrompt(name), signal)
    );
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

  async #wake<Item>(
    what: string,
    name: string,
    find: () => Item | undefined,
    signal: AbortSignal,
  ): Promise<Item> {
    // Names of servers can begin alike (`a` and `a__b`): each of them may be meant.
    const owners = this.#registry
      .getAllServers()
      .filter((server) => name.startsWith(`${server.name}${NAME_SEPARATOR}`));
    const over = new AbortController();
    const timer = this.#clock.setTimeout(() => over.abort(), this.#waitMs);
    let reason: SignalboxError | undefined;
    try {
      for (const owner of owners) {
        reason = (await this.#connected(owner, AbortSignal.any([signal, over.signal]))) ?? reason;
        throwIfAborted(signal);
        const found = find();
        if (found !== undefined) return found;
      }
    } finally {
      timer.cancel();
    }
    if (reason !== undefined) throw reason;
    throw new SignalboxError(
      'UNKNOWN_NAME',
      `no connected server offers a ${what} "${sanitizePeerText(name, 128)}"`,
    );
  }

  /** Waits until a server is connected and its lists are read. Resolves with why it is not. */
  async #connected(server: ServerInstance, limit: AbortSignal): Promise<SignalboxError | undefined> {
    // F-128: what has given up is not tried again for every call; it says at once what is wrong.
    const isFinal = server.state === 'error' || server.state === 'unauthorized';
    if (server.isOutOfService || isFinal) return unavailable(server);
    if (!server.isConnected) {
      // Without the caller's signal: the server is wanted even when this caller has gone.
      await settledOr(limit, server.client.connect());
      if (!server.isConnected) return unavailable(server);
    }
    await settledOr(limit, server.settled());
    return undefined;
  }
}

function unavailable({ name, state, reason, error }: ServerInstance): SignalboxError {
  return new SignalboxError('SERVER_UNAVAILABLE', `the server is ${state}: ${reason}`, {
    server: name,
    cause: error,
  });
}

/** Waits for a promise however it ends, but no longer than until `limit` fires. */
async function settledOr(limit: AbortSignal, work: Promise<unknown>): Promise<void> {
  let release = (): void => {};
  const over = new Promise<void>((resolve) => {
    if (limit.aborted) resolve();
    release = onAbort(limit, resolve);
  });
  await Promise.race([
    over,
    work.then(
      () => undefined,
      () => undefined,
    ),
  ]);
  release();
}
