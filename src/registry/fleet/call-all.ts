import type { CallOptions } from '../../client/calls/call-options.ts';
import type { Clock } from '../../core/clock.ts';
import { messageOf, RemoteError, SignalboxError } from '../../core/errors.ts';
import type { CallToolResult } from '../../protocol/mcp-types.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { ServerDirectory } from '../servers/server-directory.ts';
import { inTurn } from './in-turn.ts';

/** Options of `registry.callAll()`; those of a call hold for each of its calls. */
export interface CallAllOptions extends CallOptions {
  /** Calls that are begun with at the same time; one that takes more than a second no longer counts. Default 8. */
  readonly parallel?: number;
}

/** How the call of a tool on one server ended. A tool that fails by itself is an answer: `success`, with `isError`. */
export type CallOutcome =
  | { readonly success: true; readonly result: CallToolResult; readonly error: undefined }
  | { readonly success: false; readonly result: undefined; readonly error: SignalboxError | RemoteError };

/** What {@link callAll} works with. */
export interface CallAllContext {
  readonly directory: ServerDirectory;
  readonly catalog: () => Catalog;
  readonly clock: Clock;
  readonly patienceMs: number;
  readonly call: (
    exposedName: string,
    args: Readonly<Record<string, unknown>>,
    options: CallOptions,
  ) => Promise<CallToolResult>;
}

const PARALLEL_CALLS = 8;

/**
 * Calls the tool of this own name on every server in service that is known to offer it. Never rejects for a server; the
 * outcomes stand in the order of registration.
 */
export async function callAll(
  context: CallAllContext,
  tool: string,
  args: Readonly<Record<string, unknown>>,
  { parallel, ...options }: CallAllOptions,
): Promise<Map<string, CallOutcome>> {
  const { directory, catalog, clock, patienceMs, call } = context;
  const offers = [...catalog().tools.values()].filter(
    (offer) => offer.tool.name === tool && directory.get(offer.server)?.isOutOfService === false,
  );
  const found = new Map<string, CallOutcome>();
  await inTurn(
    offers,
    { places: parallel ?? PARALLEL_CALLS, patienceMs, clock },
    async ({ name, server }) => {
      found.set(
        server,
        await call(name, args, options).then(
          (result): CallOutcome => ({ success: true, result, error: undefined }),
          (error: unknown): CallOutcome => ({
            success: false,
            result: undefined,
            error: asTypedError(error, server),
          }),
        ),
      );
    },
  );
  return new Map(offers.map(({ server }) => [server, found.get(server)!]));
}

function asTypedError(error: unknown, server: string): SignalboxError | RemoteError {
  if (SignalboxError.is(error) || error instanceof RemoteError) return error;
  return new SignalboxError('INTERNAL', messageOf(error), { server, cause: error });
}
