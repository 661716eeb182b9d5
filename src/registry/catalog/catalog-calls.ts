import type { CallOptions } from '../../client/calls/call-options.ts';
import type { McpClient } from '../../client/mcp-client.ts';
import type { Clock } from '../../core/clock.ts';
import { SignalboxError } from '../../core/errors.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';
import type { CallToolResult, GetPromptResult, ReadResourceResult } from '../../protocol/mcp-types.ts';
import { requireInService } from '../servers/in-service.ts';
import type { ServerDirectory } from '../servers/server-directory.ts';
import type { NameResolver } from './name-resolver.ts';

/** What {@link CatalogCalls} works with. */
export interface CatalogCallsOptions {
  readonly directory: ServerDirectory;
  readonly resolver: NameResolver;
  readonly clock: Clock;
}

/** Calls by exposed name or URI: finds the server, and leaves it what is left of the time. */
export class CatalogCalls {
  readonly #options: CatalogCallsOptions;

  constructor(options: CatalogCallsOptions) {
    this.#options = options;
  }

  tool(name: string, args: Readonly<Record<string, unknown>>, options: CallOptions): Promise<CallToolResult> {
    return this.#call(
      options,
      (left) => this.#options.resolver.tool(name, left),
      (client, { tool }, left) => client.callTool(tool.name, args, left),
    );
  }

  prompt(
    name: string,
    args: Readonly<Record<string, string>>,
    options: CallOptions,
  ): Promise<GetPromptResult> {
    return this.#call(
      options,
      (left) => this.#options.resolver.prompt(name, left),
      (client, { prompt }, left) => client.getPrompt(prompt.name, args, left),
    );
  }

  async resource(
    uri: string,
    options: CallOptions & { readonly server?: string },
  ): Promise<ReadResourceResult> {
    const { directory, resolver } = this.#options;
    directory.requireOpen();
    const server = options.server ?? resolver.resourceOwner(uri);
    if (server === undefined) {
      const shown = sanitizePeerText(uri, 200);
      throw new SignalboxError('UNKNOWN_NAME', `no connected server offers the resource "${shown}"`);
    }
    return await requireInService(directory.require(server)).client.readResource(uri, options);
  }

  /**
   * Finds the server and calls it in the same turn: between the two it could be replaced by one that is not connected
   * yet.
   */
  async #call<Item extends { readonly server: string }, Result>(
    options: CallOptions,
    find: (left: CallOptions) => Item | Promise<Item>,
    call: (client: McpClient, item: Item, left: CallOptions) => Promise<Result>,
  ): Promise<Result> {
    const { clock, directory } = this.#options;
    directory.requireOpen();
    const startedAt = clock.now();
    let found = find(options);
    while (found instanceof Promise) {
      const waitedFor = await found;
      const isThere = directory.get(waitedFor.server)?.isConnected === true;
      found = isThere ? waitedFor : find(this.#rest(options, startedAt));
    }
    return await call(directory.require(found.server).client, found, this.#rest(options, startedAt));
  }

  /** What is left of a call's time after its server was found. */
  #rest(options: CallOptions, startedAt: number): CallOptions {
    const { timeoutMs, totalTimeoutMs } = options;
    if (timeoutMs === undefined && totalTimeoutMs === undefined) return options;
    const elapsedMs = this.#options.clock.now() - startedAt;
    const left = (ms: number | undefined): number | undefined =>
      ms === undefined ? undefined : Math.max(1, ms - elapsedMs);
    return { ...options, timeoutMs: left(timeoutMs), totalTimeoutMs: left(totalTimeoutMs) };
  }
}
