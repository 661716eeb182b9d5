import type { Redactor } from '../../core/redact.ts';
import { isObject } from '../../wire/json-rpc.ts';
import type { ToolApproval } from '../catalog/drift/saved-approvals.ts';
import type { ServerCatalog } from '../catalog/server-catalog.ts';
import { redactorOf, secretValuesOf } from '../servers/entry-secrets.ts';
import type { ServerInstance } from '../servers/server-instance.ts';
import { entryIdentity } from './entry-identity.ts';
import { isDate, isText, lastStatusOf } from './last-status.ts';
import type { SavedServer } from './state-store.ts';

const MAX_NAME = 1000;
const MAX_IDENTITY = 100;
/** Servers in one state. */
const MAX_SERVERS = 10_000;

/** What one server may be recalled by, as it was found: each part is checked by whoever takes it over. */
export interface FoundServer {
  readonly name: string;
  readonly identity: string;
  readonly seenAt: string;
  readonly status: unknown;
  readonly catalog: unknown;
  readonly client: unknown;
  readonly approvals: unknown;
}

/** What {@link readState} has found. */
export interface FoundState {
  readonly servers: readonly FoundServer[];
  /** Entries that are no servers. */
  readonly leftOut: number;
}

/**
 * Reads a state that anybody may have written; undefined if it is none. Names are no keys of objects here (S20), and
 * each part of a server is read where it is used: catalog and approvals, era and totals, status.
 */
export function readState(saved: unknown): FoundState | undefined {
  if (!isObject(saved) || saved['version'] !== 1 || !Array.isArray(saved['servers'])) return undefined;
  const byName = new Map<string, FoundServer>();
  const all = saved['servers'] as unknown[];
  for (const one of all) {
    if (byName.size >= MAX_SERVERS) break;
    if (!isObject(one)) continue;
    const { name, identity, seenAt, status, catalog, client, approvals } = one;
    if (!isText(name, MAX_NAME) || !isText(identity, MAX_IDENTITY) || !isDate(seenAt)) continue;
    byName.set(name, {
      name,
      identity,
      seenAt,
      status: isObject(status) ? status : undefined,
      catalog: isObject(catalog) ? catalog : undefined,
      client: isObject(client) ? client : undefined,
      approvals: Array.isArray(approvals) ? approvals : [],
    });
  }
  return { servers: [...byName.values()], leftOut: all.length - byName.size };
}

/** Tells what is kept of a server, and keeps its secrets out of that (S18). */
export class ServerAccount {
  readonly identity: string;
  readonly redactor: Redactor;
  readonly #instance: ServerInstance;
  /** As they stand in JSON. */
  readonly #secrets: readonly string[];
  #catalog: ServerCatalog | undefined;
  #cleanCatalog: ServerCatalog | undefined;

  constructor(instance: ServerInstance) {
    const { entry } = instance;
    this.#instance = instance;
    this.identity = entryIdentity(entry);
    this.redactor = redactorOf(entry);
    this.#secrets = secretValuesOf(entry).map((secret) => JSON.stringify(secret).slice(1, -1));
  }

  /** How it is now. */
  status(): SavedServer['status'] {
    return lastStatusOf(this.#instance.status(), this.redactor);
  }

  /** @param status how it was, at the moment that counts */
  save(seenAt: string, status: SavedServer['status']): SavedServer {
    const { name, client } = this.#instance;
    return {
      name,
      identity: this.identity,
      seenAt,
      status,
      catalog: this.#savedCatalog(),
      client: client.memory.save(),
      approvals: this.approvals(),
    };
  }

  /** A description with a secret in it is not kept; that the tool has changed shows without it. */
  approvals(): readonly ToolApproval[] {
    return this.#instance.approvals
      .saved()
      .map((approval) => (this.#isClean(approval) ? approval : { ...approval, description: '' }))
      .filter((approval) => this.#isClean(approval));
  }

  /** Entries that hold a secret of their server, as one that repeats its environment may write them, are not kept. */
  #savedCatalog(): ServerCatalog {
    const { catalog } = this.#instance;
    if (this.#cleanCatalog === undefined || this.#catalog !== catalog) {
      this.#catalog = catalog;
      this.#cleanCatalog = {
        tools: catalog.tools.filter((item) => this.#isClean(item)),
        resources: catalog.resources.filter((item) => this.#isClean(item)),
        resourceTemplates: catalog.resourceTemplates.filter((item) => this.#isClean(item)),
        prompts: catalog.prompts.filter((item) => this.#isClean(item)),
      };
    }
    return this.#cleanCatalog;
  }

  #isClean(item: unknown): boolean {
    if (this.#secrets.length === 0) return true;
    const text = JSON.stringify(item);
    return !this.#secrets.some((secret) => text.includes(secret));
  }
}
