/** How much a peer's schema, and the check of a value against it, may cost. */
export interface SchemaBounds {
  /** Size of the schema as JSON, in bytes. Default 262 144. */
  readonly maxBytes: number;
  /** Schemas within schemas. Default 32. */
  readonly maxDepth: number;
  /** Schemas in one document, itself included. Default 10 000. */
  readonly maxSubschemas: number;
  /** Steps of one check: about one for each schema applied, property looked at and 64 characters read. Default 1 000 000. */
  readonly maxSteps: number;
  /** Schemas applied within each other, which bounds endless references and the stack. Default 512. */
  readonly maxNesting: number;
  /** Problems reported of one value. Default 10. */
  readonly maxProblems: number;
}

export const SCHEMA_BOUNDS: SchemaBounds = Object.freeze({
  maxBytes: 262_144,
  maxDepth: 32,
  maxSubschemas: 10_000,
  maxSteps: 1_000_000,
  maxNesting: 512,
  maxProblems: 10,
});
