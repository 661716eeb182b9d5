/**
 * The shapes of MCP as this client hands them out. Fields that a revision adds, or that a server invents, are kept:
 * each shape is open. Only what is needed on every call is checked.
 */
interface Open {
  readonly [key: string]: unknown;
}

export interface Implementation extends Open {
  readonly name: string;
  readonly version: string;
  readonly title?: string;
}

export interface ClientCapabilities extends Open {
  readonly roots?: object;
  readonly sampling?: object;
  readonly elicitation?: object;
  readonly extensions?: Readonly<Record<string, object>>;
}

export interface ServerCapabilities extends Open {
  readonly tools?: { readonly listChanged?: boolean };
  readonly resources?: { readonly listChanged?: boolean; readonly subscribe?: boolean };
  readonly prompts?: { readonly listChanged?: boolean };
  readonly completions?: object;
  readonly logging?: object;
}

export interface ToolAnnotations extends Open {
  readonly title?: string;
  readonly readOnlyHint?: boolean;
  readonly destructiveHint?: boolean;
  readonly idempotentHint?: boolean;
  readonly openWorldHint?: boolean;
}

export interface Tool extends Open {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly inputSchema?: Readonly<Record<string, unknown>>;
  readonly outputSchema?: Readonly<Record<string, unknown>>;
  readonly annotations?: ToolAnnotations;
}

export interface Resource extends Open {
  readonly uri: string;
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly mimeType?: string;
}

export interface ResourceTemplate extends Open {
  readonly uriTemplate: string;
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly mimeType?: string;
}

export interface PromptArgument extends Open {
  readonly name: string;
  readonly description?: string;
  readonly required?: boolean;
}

export interface Prompt extends Open {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly arguments?: readonly PromptArgument[];
}

/** A block of content: `text`, `image`, `audio`, `resource`, `resource_link`, or what a later revision adds. */
export interface ContentBlock extends Open {
  readonly type: string;
  readonly text?: string;
}

export interface CallToolResult extends Open {
  readonly content: readonly ContentBlock[];
  /** Any JSON value since 2026-07-28, an object before: test presence with `in`. */
  readonly structuredContent?: unknown;
  /** True if the tool itself failed; the call as such succeeded. */
  readonly isError?: boolean;
}

export interface ResourceContents extends Open {
  readonly uri: string;
  readonly mimeType?: string;
  readonly text?: string;
  /** base64 */
  readonly blob?: string;
}

export interface ReadResourceResult extends Open {
  readonly contents: readonly ResourceContents[];
}

export interface PromptMessage extends Open {
  readonly role: string;
  readonly content: unknown;
}

export interface GetPromptResult extends Open {
  readonly description?: string;
  readonly messages: readonly PromptMessage[];
}

export interface CompleteResult extends Open {
  readonly completion: {
    readonly values: readonly string[];
    readonly total?: number;
    readonly hasMore?: boolean;
  };
}

/** What `notifications/progress` says of one call. */
export interface Progress extends Open {
  readonly progress: number;
  readonly total?: number;
  readonly message?: string;
}

/** Who a client says it is. */
export interface ClientIdentity {
  readonly info: Implementation;
  readonly capabilities: ClientCapabilities;
}
