import type { SchemaNode } from './keyword.ts';

/** A schema document that can be evaluated: every schema object in it, by identity. */
export interface PreparedSchema {
  /** A boolean, or a key of `nodes`. */
  readonly root: unknown;
  readonly nodes: ReadonlyMap<unknown, SchemaNode>;
  /** Does `unevaluatedProperties` or `unevaluatedItems` stand anywhere in it? */
  readonly asksForEvaluated: boolean;
}
