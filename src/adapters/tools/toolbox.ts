import type { CallOptions } from '../../client/calls/call-options.ts';
import { abortError, onAbort, throwIfAborted } from '../../core/abort.ts';
import { SignalboxError } from '../../core/errors.ts';
import { sanitizePeerLines, sanitizePeerText } from '../../core/peer-text.ts';
import type { CallToolResult, Progress } from '../../protocol/mcp-types.ts';
import type { CatalogTool } from '../../registry/catalog/catalog.ts';
import { fingerprintOf } from '../../registry/catalog/drift/fingerprint.ts';
import { checkNumber, type NumberRule } from '../../resilience/number-options.ts';
import { isObject } from '../../wire/json-rpc.ts';
import type { AdapterOptions, Approval, ToolCallRequest } from './adapter-options.ts';
import { plainArguments, withOwnNames } from './argument-names.ts';
import { withEitherSignal } from './either-signal.ts';
import { modelName } from './model-name.ts';
import { type ModelSchema, modelSchema } from './model-schema.ts';
import { callFailed, ToolCallError, toolFailed } from './tool-call-error.ts';
import { isTrusted, type MissingTools, selectTools, type ToolSource } from './tool-source.ts';

/** A tool as a model is offered it. */
export interface OfferedTool extends CatalogTool {
  /** Its name for the model; `name` is the one in the registry. */
  readonly modelName: string;
  /** For people; filtered. */
  readonly title: string | undefined;
  /** Filtered and bounded; never empty. */
  readonly description: string;
  readonly schema: ModelSchema;
  /** Arguments that the model knows by another name than the server. */
  readonly ownNames: ReadonlyMap<string, string>;
}

/** What belongs to one call. */
export interface ToolboxCall {
  readonly toolCallId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How the providers behind an adapter differ. */
export interface ToolboxDefaults {
  readonly maxTools: number;
  readonly maxDescriptionLength: number;
}

const BOUNDS = {
  maxTools: { min: 0, whole: true, orInfinity: true },
  maxDescriptionLength: { min: 1, whole: true },
  maxTextBytes: { min: 0, whole: true },
  maxImageBytes: { min: 0, whole: true },
} as const satisfies Partial<Record<keyof AdapterOptions, NumberRule>>;

const DEFAULTS: ToolboxDefaults = { maxTools: Number.POSITIVE_INFINITY, maxDescriptionLength: 4096 };

/** The tools that one model is offered, and the way of its calls: what all adapters have in common. */
export class Toolbox {
  readonly options: AdapterOptions;
  readonly #source: ToolSource;
  readonly #defaults: ToolboxDefaults;
  #tools: ReadonlyMap<string, OfferedTool> = new Map();
  #missing: readonly MissingTools[] = [];

  private constructor(source: ToolSource, options: AdapterOptions, defaults: ToolboxDefaults) {
    this.#source = source;
    this.options = options;
    this.#defaults = defaults;
  }

  /**
   * @throws SignalboxError INVALID_ARGUMENT, UNKNOWN_SERVER; SERVER_UNAVAILABLE if tools are missing and `onMissing` is `error`; with a client
   * also what `McpClient.listTools` throws
   */
  static async open(
    source: ToolSource,
    options: AdapterOptions,
    defaults: ToolboxDefaults = DEFAULTS,
  ): Promise<Toolbox> {
    for (const [name, rule] of Object.entries(BOUNDS)) {
      const value = options[name as keyof typeof BOUNDS];
      if (value !== undefined) checkNumber(name, value, rule);
    }
    const box = new Toolbox(source, options, defaults);
    await box.refresh();
    return box;
  }

  get tools(): readonly OfferedTool[] {
    return [...this.#tools.values()];
  }

  get missing(): readonly MissingTools[] {
    return this.#missing;
  }

  /**
   * Takes the tools as they are offered now; calls under way go on. Resolves with whether anything is different.
   * @throws as {@link open}; the tools stay what they were then
   */
  async refresh(): Promise<boolean> {
    const maxTools = this.options.maxTools ?? this.#defaults.maxTools;
    const { tools, missing } = await selectTools(this.#source, { ...this.options, maxTools });
    this.#tellMissing(missing);
    const next = new Map<string, OfferedTool>();
    for (const one of tools) {
      const name = modelName(one.name);
      // A list that names a tool twice means its first one, as it does in the registry (F-124).
      if (!next.has(name)) next.set(name, this.#offer(name, one));
    }
    const before = this.#tools;
    this.#tools = next;
    this.#missing = missing;
    return !isSame(before, next);
  }

  /** Whether a person is to be asked before a tool runs: what a server says of its own tools counts only if it is trusted. */
  needsApproval({ server, tool }: CatalogTool): boolean {
    return !(tool.annotations?.readOnlyHint === true && isTrusted(this.#source, server));
  }

  request(name: string, args: unknown, { toolCallId, signal }: ToolboxCall): ToolCallRequest & OfferedTool {
    const offered = this.#tools.get(name);
    if (offered === undefined) {
      const shown = sanitizePeerText(name, 128);
      throw new ToolCallError(
        'UNKNOWN_TOOL',
        `There is no tool "${shown}". Use one of those that are offered.`,
      );
    }
    if (isObject(args)) return { ...offered, args: withOwnNames(args, offered.ownNames), toolCallId, signal };
    const { server, name: tool } = offered;
    throw new ToolCallError('BAD_ARGUMENTS', 'The arguments are no JSON object. Nothing was called.', {
      server,
      tool,
    });
  }

  /**
   * Makes a call for a model, once.
   * @param name as the model knows the tool
   * @throws ToolCallError with words for the model; SignalboxError REQUEST_ABORTED if a signal of the caller has fired
   */
  async call(name: string, args: unknown, call: ToolboxCall = {}): Promise<CallToolResult> {
    return await withEitherSignal(this.options.signal, call.signal, async (signal) => {
      throwIfAborted(signal);
      const request = this.request(name, args, { ...call, signal });
      await this.#approved(request);
      const result = await this.#send(request);
      if (result.isError === true) throw toolFailed(request.name, request.server, result);
      return result;
    });
  }

  async #send(request: ToolCallRequest): Promise<CallToolResult> {
    const { name, server, args, signal } = request;
    try {
      return await this.#source.callTool(name, args, this.#callOptions(request));
    } catch (error) {
      if (signal?.aborted === true) throw error;
      throw callFailed(name, server, error);
    }
  }

  #callOptions(request: ToolCallRequest): CallOptions {
    const { timeoutMs, totalTimeoutMs, retry, validate, meta, onProgress } = this.options;
    return {
      signal: request.signal,
      timeoutMs,
      totalTimeoutMs,
      retry,
      validate,
      meta: typeof meta === 'function' ? meta(request) : meta,
      onProgress: onProgress && ((progress: Progress): void => onProgress(progress, request)),
    };
  }

  async #approved(request: ToolCallRequest): Promise<void> {
    const { approve } = this.options;
    if (approve === undefined || !this.needsApproval(request)) return;
    const { name: tool, server } = request;
    let verdict: Approval;
    try {
      verdict = await orAborted(approve(request), request.signal, server);
    } catch (cause) {
      if (request.signal?.aborted === true) throw cause;
      const message = 'The call could not be approved. It was not made.';
      throw new ToolCallError('CALL_REFUSED', message, { tool, server, cause });
    }
    if (verdict === true) return;
    const why = typeof verdict === 'string' && verdict !== '' ? `: ${verdict}` : '.';
    throw new ToolCallError('CALL_REFUSED', `The call was not approved, and not made${why}`, {
      tool,
      server,
    });
  }

  #offer(name: string, one: CatalogTool): OfferedTool {
    const { tool, server } = one;
    const maxText = this.options.maxDescriptionLength ?? this.#defaults.maxDescriptionLength;
    const title = sanitizePeerText(tool.title ?? tool.annotations?.title ?? '', 128);
    const said =
      typeof tool.description === 'string' ? sanitizePeerLines(tool.description, maxText).trim() : '';
    const otherwise = title === '' ? `The tool ${name} of the server ${server}.` : title;
    return {
      ...one,
      modelName: name,
      title: title === '' ? undefined : title,
      description: said === '' ? otherwise : said,
      ...plainArguments(modelSchema(tool, maxText)),
    };
  }

  #tellMissing(missing: readonly MissingTools[]): void {
    const { onMissing = 'ignore' } = this.options;
    if (missing.length === 0 || onMissing === 'ignore') return;
    if (onMissing !== 'error') {
      onMissing(missing);
      return;
    }
    const list = missing.map(({ server, tool, reason }) => `${server ?? tool}: ${reason}`).join('; ');
    throw new SignalboxError('SERVER_UNAVAILABLE', `tools are missing: ${sanitizePeerText(list, 1000)}`, {
      details: { missing },
    });
  }
}

function isSame(one: ReadonlyMap<string, OfferedTool>, other: ReadonlyMap<string, OfferedTool>): boolean {
  if (one.size !== other.size) return false;
  const names = [...other.keys()];
  return [...one].every(([name, { tool }], at) => {
    const now = other.get(name);
    return (
      names[at] === name && now !== undefined && fingerprintOf(now.tool).whole === fingerprintOf(tool).whole
    );
  });
}

/** A person takes time; whoever has given up does not wait for the answer. */
async function orAborted<Value>(
  value: Value | PromiseLike<Value>,
  signal: AbortSignal | undefined,
  server: string,
): Promise<Value> {
  let release = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    release = onAbort(signal, () => reject(abortError(signal!, server)));
  });
  try {
    return await Promise.race([value, aborted]);
  } finally {
    release();
  }
}
