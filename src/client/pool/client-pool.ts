import { randomBytes } from 'node:crypto';
import type { ParsedEntry } from '../../config/parse-entry.ts';
import type { Logger } from '../../core/log.ts';
import { DRAIN_MS, type McpClient } from '../mcp-client.ts';
import { ClientLease } from './client-lease.ts';
import { connectionIdentity } from './connection-identity.ts';
import { NewestEntry } from './newest-entry.ts';

/** One client and everybody who has a lease on it. */
interface SharedClient {
  readonly client: McpClient;
  readonly identity: string;
  readonly entry: NewestEntry;
  readonly leases: Set<ClientLease>;
}

/** Clients that several use together, one for each identity. */
export class ClientPool {
  readonly #build: (parsed: ParsedEntry) => McpClient;
  readonly #logger: Logger;
  /** Random: no identity can be compared with a guess. */
  readonly #key: Uint8Array = randomBytes(32);
  readonly #shared: Map<string, SharedClient> = new Map();
  /** Clients whose last lease was given back, until they have ended. */
  readonly #ending: Set<McpClient> = new Set();

  constructor(build: (parsed: ParsedEntry) => McpClient, logger: Logger) {
    this.#build = build;
    this.#logger = logger;
  }

  /** Connections that are shared at the moment. */
  get size(): number {
    return this.#shared.size;
  }

  lease(parsed: ParsedEntry, principal: string | undefined): ClientLease {
    const identity = connectionIdentity(parsed, principal, this.#key);
    const shared = this.#shared.get(identity) ?? this.#share(identity, parsed);
    // What is not part of the identity, a rotated token, holds from the next connection on.
    shared.entry.renew(parsed.entry);
    const lease = new ClientLease({
      name: parsed.name,
      entry: parsed.entry,
      client: shared.client,
      identity,
      leases: shared.leases,
      logger: this.#logger,
      released: (given, drainMs) => this.#released(shared, given, drainMs),
    });
    shared.leases.add(lease);
    return lease;
  }

  /** Ends all shared clients, whoever has leases on them. */
  async endAll(drainMs: number | undefined): Promise<void> {
    const clients = [...[...this.#shared.values()].map(({ client }) => client), ...this.#ending];
    this.#shared.clear();
    await Promise.all(clients.map((client) => client.end({ drainMs: drainMs ?? DRAIN_MS })));
  }

  #share(identity: string, parsed: ParsedEntry): SharedClient {
    const entry = new NewestEntry(parsed);
    const shared = { client: this.#build(entry), identity, entry, leases: new Set<ClientLease>() };
    this.#shared.set(identity, shared);
    return shared;
  }

  async #released(shared: SharedClient, lease: ClientLease, drainMs: number | undefined): Promise<void> {
    const { client, identity, leases } = shared;
    leases.delete(lease);
    if (leases.size > 0) {
      // Those that are left do not want it at the moment.
      if (!lease.isWantedByOthers) await client.disconnect({ drainMs: drainMs ?? DRAIN_MS });
      return;
    }
    // At once: whoever asks now gets a connection that lives.
    if (this.#shared.get(identity) === shared) this.#shared.delete(identity);
    this.#ending.add(client);
    await client.end({ drainMs: drainMs ?? DRAIN_MS });
    this.#ending.delete(client);
  }
}
