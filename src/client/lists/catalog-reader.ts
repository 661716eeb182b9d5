import { RemoteError, SignalboxError } from '../../core/errors.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';
import type {
  CompleteResult,
  GetPromptResult,
  ReadResourceResult,
  ServerCapabilities,
  Tool,
} from '../../protocol/mcp-types.ts';
import type { Session } from '../../protocol/session/session.ts';
import { isObject, JSON_RPC_ERROR, type Params } from '../../wire/json-rpc.ts';
import type { CallOptions } from '../calls/call-options.ts';
import type { Caller } from '../calls/caller.ts';
import type { RefusedTool, ToolBook } from '../calls/tool-book.ts';
import { type ListBounds, type Listing, readPages } from './listing.ts';
import type { ResponseCache } from './response-cache.ts';
import { schemaFault, type ToolBounds } from './tool-bounds.ts';

/** Tools that are warned of by name when one list is read; a hostile list must not fill the log. */
const MAX_WARNINGS = 10;

/** One kind of list. */
export interface ListKind {
  readonly method: string;
  /** The field that holds the items. */
  readonly key: string;
  /** The field that each item must have. */
  readonly nameKey: string;
  /** The capability without which the list is empty. */
  readonly capability: 'tools' | 'resources' | 'prompts';
}

export const LISTS = {
  tools: { method: 'tools/list', key: 'tools', nameKey: 'name', capability: 'tools' },
  resources: { method: 'resources/list', key: 'resources', nameKey: 'uri', capability: 'resources' },
  resourceTemplates: {
    method: 'resources/templates/list',
    key: 'resourceTemplates',
    nameKey: 'uriTemplate',
    capability: 'resources',
  },
  prompts: { method: 'prompts/list', key: 'prompts', nameKey: 'name', capability: 'prompts' },
} as const satisfies Record<string, ListKind>;

/** What a {@link CatalogReader} asks of its client. */
export interface CatalogOwner {
  readonly name: string;
  readonly settings: { readonly limits: ListBounds & ToolBounds };
  readonly connection: { readonly session: Session | undefined };
  readonly caller: Caller;
  readonly cache: ResponseCache;
  readonly book: ToolBook;
  /** Of the present or last connection. */
  readonly capabilities: ServerCapabilities | undefined;
  warn(message: string): void;
}

/** Reads what a server offers: every page, within bounds, from the cache where the server allowed it. */
export class CatalogReader {
  readonly #client: CatalogOwner;

  constructor(client: CatalogOwner) {
    this.#client = client;
  }

  async tools(options: CallOptions): Promise<Tool[]> {
    const { book, connection, settings } = this.#client;
    const faults: RefusedTool[] = [];
    const sound = (await this.list<Tool>(LISTS.tools, options)).filter((tool) => {
      const why = schemaFault(tool, settings.limits);
      if (why !== undefined) faults.push({ name: tool.name, why });
      return why === undefined;
    });
    const { offered, refused } = book.note(sound, mirrorsParams(connection.session));
    this.#warnOf([...faults, ...refused]);
    return offered;
  }

  #warnOf(refused: readonly RefusedTool[]): void {
    for (const { name, why } of refused.slice(0, MAX_WARNINGS)) {
      this.#client.warn(`the tool "${sanitizePeerText(name, 128)}" is left out: ${sanitizePeerText(why)}`);
    }
    const more = refused.length - MAX_WARNINGS;
    if (more > 0) this.#client.warn(`${more} more tools are left out for such reasons`);
  }

  async list<Item>(kind: ListKind, options: CallOptions): Promise<Item[]> {
    const { caller } = this.#client;
    const warn = (message: string): void => this.#client.warn(message);
    await caller.session(options.signal, options.timeoutMs);
    // A feature that was not declared must not be used (lifecycle, operation phase); it offers nothing then.
    if (this.#client.capabilities?.[kind.capability] === undefined) return [];
    try {
      const listing = await this.#pages<Item>(kind, options);
      if (listing.truncated !== undefined) warn(`the answer to ${kind.method} was cut: ${listing.truncated}`);
      if (listing.malformed > 0) {
        warn(
          `${listing.malformed} entries of ${kind.method} lack "${kind.nameKey}" or nest too deep, and were left out`,
        );
      }
      const repeated = listing.items.length - new Set(listing.items.map((item) => nameOf(item, kind))).size;
      // F-124: whoever looks one up by its name finds the first.
      if (repeated > 0)
        warn(`${repeated} entries of ${kind.method} repeat a "${kind.nameKey}"; the first one counts`);
      return listing.items;
    } catch (error) {
      // F-066: declared, but not there. Resource templates are optional anyway.
      if (!(error instanceof RemoteError) || error.code !== JSON_RPC_ERROR.methodNotFound) throw error;
      if (kind !== LISTS.resourceTemplates)
        warn(`the server declares ${kind.capability} but does not know ${kind.method}`);
      return [];
    }
  }

  async read(uri: string, options: CallOptions): Promise<ReadResourceResult> {
    const { caller, cache } = this.#client;
    const method = 'resources/read';
    const params = { uri };
    const kept = options.cache === 'reload' ? undefined : cache.get(method, params);
    if (kept !== undefined) return kept as unknown as ReadResourceResult;
    const { turn } = cache;
    let isOwn = false;
    const onInputRequired = (): void => {
      isOwn = true;
    };
    const result = await caller.request(method, params, options, { onInputRequired });
    if (!Array.isArray(result['contents'])) throw this.#invalid(method, 'it has no array "contents"');
    if (!isOwn) cache.put(method, params, result, turn);
    return result as unknown as ReadResourceResult;
  }

  async prompt(
    name: string,
    args: Readonly<Record<string, string>>,
    options: CallOptions,
  ): Promise<GetPromptResult> {
    const method = 'prompts/get';
    const result = await this.#client.caller.request(method, { name, arguments: args }, options);
    if (!Array.isArray(result['messages'])) throw this.#invalid(method, 'it has no array "messages"');
    return result as unknown as GetPromptResult;
  }

  async complete(
    ref: Readonly<Record<string, string>>,
    argument: { readonly name: string; readonly value: string },
    options: CallOptions,
  ): Promise<CompleteResult> {
    const method = 'completion/complete';
    const result = await this.#client.caller.request(method, { ref, argument }, options);
    if (!isObject(result['completion'])) throw this.#invalid(method, 'it has no "completion"');
    return result as unknown as CompleteResult;
  }

  #invalid(method: string, why: string): SignalboxError {
    return new SignalboxError('INVALID_RESULT', `the answer to ${method} is unusable: ${why}`, {
      server: this.#client.name,
      delivered: 'yes',
    });
  }

  /** A cursor that is no longer valid makes a patchwork of the pages that are kept: the list begins anew, once. */
  async #pages<Item>(kind: ListKind, options: CallOptions): Promise<Listing<Item>> {
    const { settings, cache, name } = this.#client;
    const read = (how: CallOptions): Promise<Listing<Item>> =>
      readPages<Item>(
        (cursor) => this.#page(kind, cursor === undefined ? {} : { cursor }, how),
        kind.key,
        kind.nameKey,
        settings.limits,
        name,
      );
    const hadPages = options.cache !== 'reload' && cache.get(kind.method, {}) !== undefined;
    try {
      return await read(options);
    } catch (error) {
      if (!(error instanceof RemoteError) || error.code !== JSON_RPC_ERROR.invalidParams) throw error;
      cache.forgetList(kind.capability);
      if (!hadPages) throw error;
      return await read({ ...options, cache: 'reload' });
    }
  }

  async #page(kind: ListKind, params: Params, options: CallOptions): Promise<Record<string, unknown>> {
    const { caller, cache } = this.#client;
    const kept = options.cache === 'reload' ? undefined : cache.get(kind.method, params);
    if (kept !== undefined) return kept;
    const { turn } = cache;
    const page = await caller.request(kind.method, params, options);
    cache.put(kind.method, params, page, turn);
    return page;
  }
}

function nameOf(item: unknown, { nameKey }: ListKind): unknown {
  return (item as Readonly<Record<string, unknown>>)[nameKey];
}

/** Whether the parameters of calls are mirrored in headers: in the modern era, over HTTP. */
function mirrorsParams(session: Session | undefined): boolean {
  return session?.era?.name === 'modern' && session.transport.streamPerRequest;
}
