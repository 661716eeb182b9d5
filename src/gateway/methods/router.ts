import { LEGACY_VERSIONS, MODERN_VERSIONS } from '../../protocol/versions.ts';
import type { ServerRegistry } from '../../registry/server-registry.ts';
import { JSON_RPC_ERROR, type Params } from '../../wire/json-rpc.ts';
import { RpcError } from '../answers/rpc-error.ts';
import type { CallContext } from './call-context.ts';
import { Forward } from './forward.ts';
import { Lists } from './lists.ts';
import type { Lookup } from './lookup.ts';
import { CAPABILITIES, instructionsFor } from './self-description.ts';

type Method = (params: Params, context: CallContext) => Promise<Record<string, unknown>>;

/** What `server/discover` and errors about versions name: both eras are served, newest first. */
export const SUPPORTED_VERSIONS: readonly string[] = [...MODERN_VERSIONS, ...LEGACY_VERSIONS];

/** Knows every method of both eras that is answered with one result, and who answers it. */
export class Router {
  readonly #shared: ReadonlyMap<string, Method>;
  readonly #only: Readonly<Record<CallContext['era'], ReadonlyMap<string, Method>>>;

  constructor(registry: ServerRegistry, lookup: Lookup) {
    const lists = new Lists(registry);
    const forward = new Forward(registry, lookup);
    this.#shared = new Map<string, Method>([
      ['tools/list', (params, context) => lists.tools(params, context)],
      ['tools/call', (params, context) => forward.callTool(params, context)],
      ['resources/list', (params) => lists.resources(params)],
      ['resources/templates/list', (params) => lists.resourceTemplates(params)],
      ['resources/read', (params, context) => forward.readResource(params, context)],
      ['prompts/list', (params) => lists.prompts(params)],
      ['prompts/get', (params, context) => forward.getPrompt(params, context)],
      ['completion/complete', (params, context) => forward.complete(params, context)],
    ]);
    const discovery = (): Promise<Record<string, unknown>> =>
      Promise.resolve({
        supportedVersions: SUPPORTED_VERSIONS,
        capabilities: CAPABILITIES,
        instructions: instructionsFor(registry),
      });
    this.#only = {
      modern: new Map<string, Method>([['server/discover', discovery]]),
      legacy: new Map<string, Method>([['ping', () => Promise.resolve({})]]),
    };
  }

  /** @throws RpcError, RemoteError, SignalboxError */
  async handle(method: string, params: Params, context: CallContext): Promise<Record<string, unknown>> {
    const answer = this.#shared.get(method) ?? this.#only[context.era].get(method);
    if (answer === undefined) throw new RpcError(JSON_RPC_ERROR.methodNotFound, 'Method not found');
    return await answer(params, context);
  }
}
