import type { Clock } from '../../core/clock.ts';
import { SignalboxError } from '../../core/errors.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';
import { type WaitBounds, withinTime } from '../../core/within-time.ts';
import type { ServerDirectory } from '../servers/server-directory.ts';
import type { ServerInstance } from '../servers/server-instance.ts';
import type { Catalog, CatalogPrompt, CatalogTool } from './catalog.ts';
import { toolBlocked } from './drift/definition-change.ts';
import { mayBelongTo } from './exposed-names.ts';
import { matchesTemplate } from './uri-template.ts';

/** How long a name may take to be resolved. */
export interface ResolveOptions {
  readonly signal?: AbortSignal | undefined;
  /** How long a server that is not connected is waited for, in ms. Default: its `timeouts.request`. */
  readonly timeoutMs?: number | undefined;
}

/** What a {@link NameResolver} works with. */
export interface NameResolverOptions {
  readonly clock: Clock;
  readonly directory: ServerDirectory;
  readonly catalog: () => Catalog;
}

/** Finds the server behind an exposed name or a URI, and wakes it where nobody has asked for it yet. */
export class NameResolver {
  readonly #options: NameResolverOptions;

  constructor(options: NameResolverOptions) {
    this.#options = options;
  }

  tool(name: string, options: ResolveOptions): CatalogTool | Promise<CatalogTool> {
    return this.#find('tool', name, (catalog) => catalog.tools.get(name), options);
  }

  prompt(name: string, options: ResolveOptions): CatalogPrompt | Promise<CatalogPrompt> {
    return this.#find('prompt', name, (catalog) => catalog.prompts.get(name), options);
  }

  /** The server that lists a resource, or has a template that its URI fits; undefined if none does. */
  resourceOwner(uri: string): string | undefined {
    const catalog = this.#options.catalog();
    const listed = catalog.resources.get(uri);
    if (listed !== undefined) return listed.server;
    return catalog.resourceTemplates.find(({ template }) => matchesTemplate(template.uriTemplate, uri))
      ?.server;
  }

  /** Synchronous where the server is connected: that is the way of every ordinary call. */
  #find<Item extends { readonly server: string }>(
    what: string,
    name: string,
    find: (catalog: Catalog) => Item | undefined,
    options: ResolveOptions,
  ): Item | Promise<Item> {
    const catalog = this.#options.catalog();
    const known = find(catalog);
    const owner = this.#server((known ?? catalog.blockedTools.get(name))?.server);
    if (known !== undefined && owner?.isConnected === true && !isInDoubt(owner)) return known;
    return this.#wake(what, name, find, owner === undefined ? this.#candidates(name) : [owner], options);
  }

  /** Names of servers can begin alike (`a` and `a__b`): each of them may be meant, the longest name first. */
  #candidates(name: string): ServerInstance[] {
    return this.#options.directory
      .all()
      .filter((server) => !server.isConnected && mayBelongTo(server.name, name))
      .sort((one, other) => other.name.length - one.name.length);
  }

  async #wake<Item>(
    what: string,
    name: string,
    find: (catalog: Catalog) => Item | undefined,
    candidates: readonly ServerInstance[],
    options: ResolveOptions,
  ): Promise<Item> {
    const { clock, catalog } = this.#options;
    const startedAt = clock.now();
    let reason: SignalboxError | undefined;
    for (const candidate of candidates) {
      const limitMs = options.timeoutMs ?? candidate.client.settings.timeouts.request;
      const deadlineAt = Math.max(startedAt + limitMs, clock.now() + 1);
      const { signal } = options;
      let fault = await connected(candidate, signal, deadlineAt - clock.now());
      // What was known of a server holds while its lists are read anew, as it does for every other call.
      if (fault === undefined && (find(catalog()) === undefined || isInDoubt(candidate)))
        fault = await listed(candidate, clock, { signal, deadlineAt });
      reason ??= fault;
      const found = fault === undefined ? find(catalog()) : undefined;
      if (found !== undefined) return found;
    }
    if (reason !== undefined) throw reason;
    const refused = what === 'tool' ? catalog().blockedTools.get(name) : undefined;
    if (refused !== undefined) throw toolBlocked(refused.server, refused.blocked);
    const shown = sanitizePeerText(name, 128);
    throw new SignalboxError('UNKNOWN_NAME', `no connected server offers a ${what} "${shown}"`);
  }

  #server(name: string | undefined): ServerInstance | undefined {
    return name === undefined ? undefined : this.#options.directory.get(name);
  }
}

/** Whether a tool of this server may be blocked as soon as its lists are read again (S15). */
function isInDoubt(server: ServerInstance): boolean {
  return server.client.settings.drift === 'block' && server.isStale('tools');
}

/** Waits until a server is connected. Resolves with why it is not. */
async function connected(
  server: ServerInstance,
  signal: AbortSignal | undefined,
  timeoutMs: number,
): Promise<SignalboxError | undefined> {
  if (server.isOutOfService) return unavailable(server, undefined);
  const { client } = server;
  try {
    // Without the caller's signal: the server is wanted even when this caller has gone.
    if (server.state === 'disconnected' || server.state === 'sleeping') server.wake('woken by a call');
    await client.ready({ signal, timeoutMs });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    return unavailable(server, error);
  }
  return undefined;
}

/** Waits until the lists of a server are read. Resolves with why they are not: its time is that of a call. */
async function listed(
  server: ServerInstance,
  clock: Clock,
  bounds: WaitBounds,
): Promise<SignalboxError | undefined> {
  const late = new SignalboxError(
    'SERVER_UNAVAILABLE',
    'its lists were not read in time; the request was not sent',
    { server: server.name },
  );
  try {
    await withinTime(isInDoubt(server) ? server.refresh() : server.settled(), bounds, clock, () => late);
    return undefined;
  } catch (error) {
    if (error !== late) throw error;
    return late;
  }
}

function unavailable({ name, state, reason }: ServerInstance, cause: unknown): SignalboxError {
  return new SignalboxError('SERVER_UNAVAILABLE', `the server is ${state}: ${reason}`, {
    server: name,
    cause,
  });
}
