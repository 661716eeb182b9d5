/** Where the tools of a REST service come from, and which of its operations are taken. */
export interface OpenApiSettings {
  /**
   * The OpenAPI 3.0, 3.1 or 3.2 document, as JSON or YAML: an http or https URL, or the path of a file. Relative paths
   * start at the folder of the config file. `{port}` is the port of `launch`.
   */
  readonly document: string;
  /** Only operations that have one of these tags, in its exact spelling. Default: all. */
  readonly tags?: readonly string[] | undefined;
  /** Only operations with one of these ids; `*` stands for any text. Default: all. */
  readonly operations?: readonly string[] | undefined;
  /** Operations to leave out, by id, also of those that the other two let through. Default: none. */
  readonly exclude?: readonly string[] | undefined;
  /**
   * What the paths of the document start at: a URL of the origin of `url`, or a path on it. Default: `url` if it has a
   * path, else the path of the first server of the document that is of the same origin.
   */
  readonly server?: string | undefined;
  /** Whether operations marked as deprecated become tools. Default `true`; their description says so. */
  readonly deprecated?: boolean | undefined;
  /** Whether tools get an `outputSchema`. Default `false`: many services answer otherwise than they say. */
  readonly outputSchemas?: boolean | undefined;
  /** Whether a document that breaks the rules of OpenAPI is refused. Default `true`; `false`: what can be read is used. */
  readonly strict?: boolean | undefined;
}

/** {@link OpenApiSettings} with every default filled in. */
export interface ResolvedOpenApi {
  readonly document: string;
  /** Undefined: all. */
  readonly tags: readonly string[] | undefined;
  /** Undefined: all. */
  readonly operations: readonly string[] | undefined;
  readonly exclude: readonly string[];
  readonly server: string | undefined;
  readonly deprecated: boolean;
  readonly outputSchemas: boolean;
  readonly strict: boolean;
}

/** Fills in the defaults. Expects checked settings; a text is the document alone. */
export function resolveOpenApi(given: OpenApiSettings | string | undefined): ResolvedOpenApi | undefined {
  if (given === undefined) return undefined;
  const own: OpenApiSettings = typeof given === 'string' ? { document: given } : given;
  return Object.freeze({
    document: own.document,
    tags: own.tags === undefined ? undefined : Object.freeze([...own.tags]),
    operations: own.operations === undefined ? undefined : Object.freeze([...own.operations]),
    exclude: Object.freeze([...(own.exclude ?? [])]),
    server: own.server,
    deprecated: own.deprecated ?? true,
    outputSchemas: own.outputSchemas ?? false,
    strict: own.strict ?? true,
  });
}

/** True for a document that is fetched, false for one that is a file. */
export function isDocumentUrl(document: string): boolean {
  return /^https?:\/\//iu.test(document);
}
