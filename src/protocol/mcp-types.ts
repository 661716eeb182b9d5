/**
 * The shapes of MCP as this client hands them out. Fields that a revision adds, or that a server invents, are kept:
 * each shape is open. Only what is needed on every call is checked.
 */
interface Open {
  readonly [key: string]: unknown;
}

/** Who a client or a server says it is. */
export interface Implementation extends Open {
  readonly name: string;
  readonly version: string;
  readonly title?: string;
}

/** What a client declares to be able to do. */
export interface ClientCapabilities extends Open {
  readonly roots?: object;
  readonly sampling?: object;
  readonly elicitation?: object;
  readonly extensions?: Readonly<Record<string, object>>;
}

/** What a server declares to be able to do. */
export interface ServerCapabilities extends Open {
  readonly tools?: { readonly listChanged?: boolean };
  readonly resources?: { readonly listChanged?: boolean; readonly subscribe?: boolean };
  readonly prompts?: { readonly listChanged?: boolean };
  readonly completions?: object;
  readonly logging?: object;
}

/** What a tool says of itself. Hints of the server, not to be believed without reason. */
export interface ToolAnnotations extends Open {
  readonly title?: string;
  readonly readOnlyHint?: boolean;
  readonly destructiveHint?: boolean;
  readonly idempotentHint?: boolean;
  readonly openWorldHint?: boolean;
}

/** A tool as a server lists it. */
export interface Tool extends Open {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly inputSchema?: Readonly<Record<string, unknown>>;
  readonly outputSchema?: Readonly<Record<string, unknown>>;
  readonly annotations?: ToolAnnotations;
}

/** A resource as a server lists it. */
export interface Resource extends Open {
  readonly uri: string;
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly mimeType?: string;
}

/** A family of resources, by a URI template (RFC 6570). */
export interface ResourceTemplate extends Open {
  readonly uriTemplate: string;
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly mimeType?: string;
}

/** One argument of a prompt. */
export interface PromptArgument extends Open {
  readonly name: string;
  readonly description?: string;
  readonly required?: boolean;
}

/** A prompt as a server lists it. */
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

/** What a tool answered. With `isError` the tool itself failed; that is an answer, not an error of the call. */
export interface CallToolResult extends Open {
  readonly content: readonly ContentBlock[];
  /** Any JSON value since 2026-07-28, an object before: test presence with `in`. */
  readonly structuredContent?: unknown;
  /** True if the tool itself failed; the call as such succeeded. */
  readonly isError?: boolean;
}

/** The content of one resource: `text`, or `blob` in base64. */
export interface ResourceContents extends Open {
  readonly uri: string;
  readonly mimeType?: string;
  readonly text?: string;
  /** base64 */
  readonly blob?: string;
}

/** What `resources/read` answers. */
export interface ReadResourceResult extends Open {
  readonly contents: readonly ResourceContents[];
}

/** One message of a prompt. */
export interface PromptMessage extends Open {
  readonly role: string;
  readonly content: unknown;
}

/** What `prompts/get` answers. */
export interface GetPromptResult extends Open {
  readonly description?: string;
  readonly messages: readonly PromptMessage[];
}

/** What `completion/complete` answers. */
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
