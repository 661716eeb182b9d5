import type { CallOptions } from '../../client/calls/call-options.ts';
import { SignalboxError } from '../../core/errors.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';
import type { ServerRegistry } from '../../registry/server-registry.ts';
import { isObject, JSON_RPC_ERROR, type Params } from '../../wire/json-rpc.ts';
import { MCP_ERROR, RpcError } from '../answers/rpc-error.ts';
import type { CallContext } from './call-context.ts';
import type { Lookup } from './lookup.ts';
import { forwardedMeta } from './meta.ts';
import { checkParamHeaders } from './param-headers.ts';

type Result = Record<string, unknown>;

/** Requests that one server answers: the name leads to it, the rest passes through as it is. */
export class Forward {
  readonly #registry: ServerRegistry;
  readonly #lookup: Lookup;

  constructor(registry: ServerRegistry, lookup: Lookup) {
    this.#registry = registry;
    this.#lookup = lookup;
  }

  async callTool(params: Params, context: CallContext): Promise<Result> {
    const { server, tool } = await this.#lookup.tool(nameOf(params), context.signal);
    if (context.header !== undefined) checkParamHeaders(tool, params['arguments'], context.header);
    const own = { ...params, name: tool.name };
    return await this.#lookup.client(server).request('tools/call', passed(own), optionsOf(params, context));
  }

  async getPrompt(params: Params, context: CallContext): Promise<Result> {
    const { server, prompt } = await this.#lookup.prompt(nameOf(params), context.signal);
    const own = { ...params, name: prompt.name };
    return await this.#lookup.client(server).request('prompts/get', passed(own), optionsOf(params, context));
  }

  async readResource(params: Params, context: CallContext): Promise<Result> {
    const uri = params['uri'];
    if (typeof uri !== 'string')
      throw new RpcError(JSON_RPC_ERROR.invalidParams, 'params.uri must be a string');
    try {
      // What was kept could be passed on as fresh for longer than its server allowed.
      const options = { ...optionsOf(params, context), cache: 'reload' } as const;
      return { ...(await this.#registry.readResource(uri, options)) };
    } catch (error) {
      if (SignalboxError.is(error) && error.code === 'UNKNOWN_NAME') throw resourceNotFound(uri, context.era);
      throw error;
    }
  }

  async complete(params: Params, context: CallContext): Promise<Result> {
    const ref = isObject(params['ref']) ? params['ref'] : {};
    const { type } = ref;
    if (type === 'ref/prompt') {
      const { server, prompt } = await this.#lookup.prompt(nameOf(ref), context.signal);
      return await this.#complete(server, params, { ...ref, name: prompt.name }, context);
    }
    const { uri } = ref;
    if (type !== 'ref/resource' || typeof uri !== 'string') {
      const wanted = 'params.ref must be {type:"ref/prompt", name} or {type:"ref/resource", uri}';
      throw new RpcError(JSON_RPC_ERROR.invalidParams, wanted);
    }
    const server = await this.#lookup.templateOwner(uri);
    if (server === undefined) {
      const shown = sanitizePeerText(uri, 200);
      throw new SignalboxError('UNKNOWN_NAME', `no connected server offers the template "${shown}"`);
    }
    return await this.#complete(server, params, ref, context);
  }

  async #complete(server: string, params: Params, ref: unknown, context: CallContext): Promise<Result> {
    const client = this.#lookup.client(server);
    // What one that sleeps can do is not known before it is awake.
    if (client.state === 'sleeping') await client.ready(optionsOf(params, context));
    // A server without completions has none to offer; that is no fault of the client (F-066).
    if (client.capabilities?.completions === undefined) return { completion: { values: [] } };
    return await client.request(
      'completion/complete',
      passed({ ...params, ref }),
      optionsOf(params, context),
    );
  }
}

/** The code has changed with 2026-07-28; the URI belongs into the data of both. */
function resourceNotFound(uri: string, era: CallContext['era']): RpcError {
  const code = era === 'legacy' ? MCP_ERROR.resourceNotFound : JSON_RPC_ERROR.invalidParams;
  const data = { uri, code: 'UNKNOWN_NAME', retryable: false, delivered: 'no' };
  return new RpcError(code, 'Resource not found: no connected server offers it', data);
}

function nameOf(params: Readonly<Record<string, unknown>>): string {
  const { name } = params;
  if (typeof name === 'string') return name;
  throw new RpcError(JSON_RPC_ERROR.invalidParams, 'params.name must be a string');
}

/** Everything the client said but `_meta`, of which only a part goes on. */
function passed(params: Params): Params {
  const { _meta, ...rest } = params;
  return rest;
}

function optionsOf(params: Params, { signal, onProgress }: CallContext): CallOptions {
  return { signal, onProgress, meta: forwardedMeta(params) };
}
