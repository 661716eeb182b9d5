import { sanitizePeerText } from '../../core/peer-text.ts';
import { redactUrl } from '../../core/redact.ts';
import type { PartialList } from '../../registry/catalog/fleet-catalog.ts';
import type { ServerRegistry } from '../../registry/server-registry.ts';
import { isObject, JSON_RPC_ERROR, type Params } from '../../wire/json-rpc.ts';
import { RpcError } from '../answers/rpc-error.ts';
import type { CallContext } from './call-context.ts';
import { MISSING_KEY } from './meta.ts';

type Result = Record<string, unknown>;

/** The aggregated lists. Each is one page: the servers' pages have been read already. */
export class Lists {
  readonly #registry: ServerRegistry;

  constructor(registry: ServerRegistry) {
    this.#registry = registry;
  }

  async tools(params: Params, { era }: CallContext): Promise<Result> {
    refuseCursor(params);
    const list = await this.#registry.listTools();
    const tools = list.items.map(({ name, tool }) => {
      const exposed: Result = { ...tool, name };
      // Clients of those revisions refuse a result without the object that such a schema promises them.
      if (era === 'legacy' && hasForeignOutput(exposed)) delete exposed['outputSchema'];
      return exposed;
    });
    return { tools, ...missing(list) };
  }

  async prompts(params: Params): Promise<Result> {
    refuseCursor(params);
    const list = await this.#registry.listPrompts();
    return { prompts: list.items.map(({ name, prompt }) => ({ ...prompt, name })), ...missing(list) };
  }

  async resources(params: Params): Promise<Result> {
    refuseCursor(params);
    const list = await this.#registry.listResources();
    return { resources: list.items.map(({ resource }) => resource), ...missing(list) };
  }

  async resourceTemplates(params: Params): Promise<Result> {
    refuseCursor(params);
    const list = await this.#registry.listResourceTemplates();
    return { resourceTemplates: list.items.map(({ template }) => template), ...missing(list) };
  }
}

/** Every list is whole, so no cursor was ever given out: not even an empty one. */
function refuseCursor(params: Params): void {
  if (params['cursor'] === undefined) return;
  throw new RpcError(JSON_RPC_ERROR.invalidParams, 'Invalid cursor: this server gives out none');
}

function hasForeignOutput({ outputSchema }: Result & { outputSchema?: unknown }): boolean {
  return outputSchema !== undefined && (!isObject(outputSchema) || outputSchema['type'] !== 'object');
}

/** F-128: a list that lacks something says what, instead of failing. */
function missing(list: PartialList<unknown>): Result {
  if (list.complete) return {};
  const servers = list.missing.map(({ server, reason }) => ({
    server,
    reason: redactUrl(sanitizePeerText(reason, 200)),
  }));
  return { _meta: { [MISSING_KEY]: servers } };
}
