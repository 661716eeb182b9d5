import type { CallOptions } from '../../client/calls/call-options.ts';
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

  async tool(
    name: string,
    args: Readonly<Record<string, unknown>>,
    options: CallOptions,
  ): Promise<CallToolResult> {
    const { clock, directory, resolver } = this.#options;
    directory.requireOpen();
    const startedAt = clock.now();
    const { server, tool } = await resolver.tool(name, options);
    return await directory.require(server).client.callTool(tool.name, args, this.#rest(options, startedAt));
  }

  async prompt(
    name: string,
    args: Readonly<Record<string, string>>,
    options: CallOptions,
  ): Promise<GetPromptResult> {
    const { clock, directory, resolver } = this.#options;
    directory.requireOpen();
    const startedAt = clock.now();
    const { server, prompt } = await resolver.prompt(name, options);
    const { client } = directory.require(server);
    return await client.getPrompt(prompt.name, args, this.#rest(options, startedAt));
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
